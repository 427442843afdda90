/** The real Firebase library in the page and firebase-admin in the server; Google itself is stood in for, on both sides. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { useTestDatabase } from "../../../server/test/support/database.ts";
import type {} from "../../../server/test/support/global-setup.ts"; // declares what the run provides
import { launchChromium } from "./support/chromium.ts";
import { openPage, phone } from "./support/phone.ts";
import { startStack, type Stack } from "./support/stack.ts";

const database = useTestDatabase();
const account = { localId: "firebase-ada", email: "ada@example.org" };
const password = "analytical";

/** What firebase-admin asks of the emulator: whether the account still stands. */
let emulator: Server;
let stack: Stack;
let browser: Browser;
beforeAll(async () => {
  emulator = createServer((_request, response) => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ users: [account] })));
  emulator.listen(0, "127.0.0.1");
  await once(emulator, "listening");
  const address = emulator.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const settings = { AUTH_MODE: "firebase", FIREBASE_PROJECT_ID: "nod-test", FIREBASE_AUTH_EMULATOR_HOST: `127.0.0.1:${address.port}`, FIREBASE_WEB_API_KEY: "public-key", FIREBASE_WEB_APP_ID: "1:2:web:3" };
  [stack, browser] = await Promise.all([startStack(database, "flat", settings), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  emulator?.close();
});

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** As the emulator's: nobody signs it, and only a server that was told of the emulator takes it. */
function idToken(): string {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { iss: "https://securetoken.google.com/nod-test", aud: "nod-test", sub: account.localId, user_id: account.localId, auth_time: now - 1, iat: now - 1, exp: now + 3_600, email: account.email };
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`;
}

async function signInPage(): Promise<Page> {
  const { page, faults, close } = await openPage(browser, phone);
  onTestFinished(async () => {
    await close();
    expect(faults).toEqual([]);
  });
  await page.context().route("https://identitytoolkit.googleapis.com/**", async (route) => {
    const url = route.request().url();
    const headers = { "access-control-allow-origin": "*" };
    if (url.includes("accounts:signInWithPassword")) {
      const sent: unknown = route.request().postDataJSON();
      const right = typeof sent === "object" && sent !== null && "password" in sent && sent.password === password;
      return right
        ? route.fulfill({ headers, json: { ...account, idToken: idToken(), refreshToken: "refresh", expiresIn: "3600", registered: true } })
        : route.fulfill({ headers, status: 400, json: { error: { code: 400, message: "INVALID_LOGIN_CREDENTIALS" } } });
    }
    return route.fulfill({ headers, json: { users: [{ ...account, providerUserInfo: [] }] } });
  });
  await page.goto(stack.address);
  return page;
}

test("signing in by e-mail: a wrong password says so, the right one opens the inbox, a reload keeps it, signing out ends it", async () => {
  const page = await signInPage();
  await page.getByRole("button", { name: "Continue with Google" }).waitFor();
  expect(await page.getByLabel("Your name on this machine").count()).toBe(0);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill("wrong-password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "E-mail or password do not fit." }).waitFor();
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Nothing to decide" }).waitFor();
  await page.getByTitle("Live", { exact: true }).waitFor();

  await page.reload();
  await page.getByRole("heading", { name: "Nothing to decide" }).waitFor();
  expect(await page.evaluate(() => [sessionStorage, localStorage].flatMap((storage) => Object.values(storage)).join(" "))).not.toContain("eyJ");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByText("Signed in as firebase-ada").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Continue with Google" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Continue with Google" }).waitFor();
});
