import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page, Worker } from "playwright-core";
import { expect, test } from "vitest";
import { dip } from "./support/person.ts";
import { cardOf, phone, swipe } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();
const installable = { ...phone, serviceWorkers: "allow" as const };

/** The page's own worker, once it serves the page. */
async function workerOf(page: Page): Promise<Worker> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller === null) await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  });
  const [worker] = page.context().serviceWorkers();
  if (worker === undefined) throw new Error("no service worker");
  return worker;
}

test("it can be installed: a manifest with its icons, all of them there", async () => {
  const { address } = world.stack();
  const manifest: unknown = await (await fetch(`${address}/manifest.webmanifest`)).json();
  expect(manifest).toMatchObject({ name: "Nod", display: "standalone", start_url: "/" });
  for (const icon of ["icon.svg", "icon-192.png", "icon-512.png", "icon-maskable-512.png", "apple-touch-icon.png"]) expect((await fetch(`${address}/${icon}`)).status).toBe(200);
  expect((await fetch(`${address}/sw.js`)).headers.get("cache-control")).toBe("no-cache");
});

test("without a connection Nod still opens, says that it is offline, and sends and keeps no answer", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA" }]);
  const page = await world.open(person, installable);
  await workerOf(page);
  dip(world.stack(), "NVDA");
  await cardOf(page, "NVDA").waitFor();
  await page.context().setOffline(true);
  await page.reload();
  await page.getByText("Answers are not sent, and not kept for later.").waitFor();
  await page.context().setOffline(false);
  const card = cardOf(page, "NVDA");
  await card.waitFor();
  await page.getByText("Answers are not sent").waitFor({ state: "detached" });
  expect(await world.answersOf(person)).toEqual([]);
  await page.waitForTimeout(500);
  await swipe(page, card, "right");
  await page.getByRole("status").filter({ hasText: "Bought $10.00" }).waitFor();
  expect(await world.answersOf(person)).toEqual([10]);
});

test("a new version waits until its person takes it", async () => {
  const person = await world.person("grace", [{ symbol: "MSFT" }]);
  const page = await world.open(person, installable);
  await workerOf(page);
  // The same worker under another address is a newer one to the browser.
  await page.evaluate(() => navigator.serviceWorker.register("/sw.js?newer"));
  const reload = page.getByRole("status").getByRole("button", { name: "Reload" });
  await reload.waitFor();
  const loaded = page.waitForEvent("load");
  await reload.click();
  await loaded;
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toContain("?newer");
});

/** Names of the server's own settings, keys as they are written, and where it was built: nothing that a browser needs. */
const secret = /ALPACA_API_|DATABASE_|_SECRET|SERVICE_ACCOUNT|BEGIN [A-Z ]*PRIVATE KEY|postgres(ql)?:\/\/|sourceMappingURL|APCA-/;

test("nothing secret is in what every browser is given: no settings of the server, no keys, no sources, not the folder it was built in", () => {
  const folder = join(import.meta.dirname, "../dist");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => /\.(js|css|html|webmanifest|svg)$/.test(path));
  expect(files.length).toBeGreaterThan(10);
  const repository = join(import.meta.dirname, "../../..");
  for (const path of files) {
    const text = readFileSync(join(folder, path), "utf8");
    expect({ path, found: secret.exec(text)?.[0] ?? null }).toEqual({ path, found: null });
    expect({ path, namesTheFolder: text.includes(repository) }).toEqual({ path, namesTheFolder: false });
  }
  expect(readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".map"))).toEqual([]);
});

test("what a page keeps: the token in this tab alone, and nowhere what was asked, answered or held", async () => {
  const person = await world.person("joan", [{ symbol: "AMZN" }]);
  const page = await world.open(person, installable);
  await workerOf(page);
  dip(world.stack(), "AMZN");
  await cardOf(page, "AMZN").waitFor();
  const kept = await page.evaluate(async () => {
    const responses: string[] = [];
    for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) responses.push(new URL(request.url).pathname);
    return { local: Object.values(localStorage).join(" "), tab: Object.keys(sessionStorage), cookies: document.cookie, responses, databases: (await indexedDB.databases()).map(({ name }) => name) };
  });
  expect(kept).toMatchObject({ tab: ["nod.session"], cookies: "", databases: [] });
  expect(kept.local).not.toMatch(/eyJ|AMZN/);
  expect(kept.responses.filter((path) => /^\/(v1|hubs)\//.test(path))).toEqual([]);
  expect(kept.responses).toContain("/index.html");
});

test("a push shows that a card waits, and not a word of what it asks", async () => {
  const person = await world.person("hedy", [{ symbol: "TSLA" }]);
  const page = await world.open(person, installable);
  await page.context().grantPermissions(["notifications"], { origin: world.stack().address });
  const worker = await workerOf(page);
  const session = await page.context().newCDPSession(page);
  const registration = Promise.withResolvers<string>();
  session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    for (const { registrationId, scopeURL } of registrations) if (scopeURL === `${world.stack().address}/`) registration.resolve(registrationId);
  });
  await session.send("ServiceWorker.enable");
  const id = "0195f2c8-9a4e-7b1c-8f0d-2f6f0f1f2a3b";
  await session.send("ServiceWorker.deliverPushMessage", { origin: world.stack().address, registrationId: await registration.promise, data: JSON.stringify({ data: { question_id: id }, from: "1" }) });
  const shown = (): Promise<unknown> =>
    worker.evaluate(async () => {
      const scope: unknown = Reflect.get(globalThis, "registration");
      if (!(scope instanceof ServiceWorkerRegistration)) return null;
      return (await scope.getNotifications()).map(({ title, body, tag, data }) => ({ title, body, tag, data: JSON.stringify(data) }));
    });
  await expect.poll(shown, { timeout: 20_000 }).toEqual([{ title: "Nod asks", body: "A card is waiting for your decision.", tag: id, data: JSON.stringify({ path: `/questions/${id}` }) }]);
});
