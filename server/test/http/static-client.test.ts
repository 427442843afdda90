import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../support/contract-client.ts";
import { startApp, type AppParts, type RunningApp } from "../support/http-app.ts";

const unused = (): Promise<never> => Promise.reject(new Error("not part of this test"));
const services: AppParts = {
  questions: { open: unused, one: unused },
  answers: { answer: unused },
  undo: unused,
  configs: { read: unused, replace: unused, check: unused, templates: unused, chooseTemplate: unused },
  orders: { page: unused, story: unused },
  activity: { page: unused, story: unused },
  standings: { performance: unused, rules: unused },
  market: { latest: unused, priceLine: unused },
  devices: { list: unused, remember: unused, forget: unused },
  snoozes: { list: unused, set: unused },
  previews: { preview: unused, skipped: unused },
  trading: { status: unused, switchOn: unused, switchOff: unused, preview: unused },
  ensureUser: unused,
  now: unused,
};
const page = "<!doctype html><title>Nod</title>";

let folder: string;
let app: RunningApp;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nod-client-"));
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), page);
  await writeFile(join(folder, "assets", "app-B8xw0Zq1.js"), "export {};");
  await writeFile(join(folder, "assets", "app-B8xw0Zq1.js.br"), brotliCompressSync("export {};"));
  await writeFile(join(folder, "icon.svg"), "<svg/>");
  await writeFile(join(folder, ".env"), "SECRET=1");
  app = await startApp(services, { settings: { clientFolder: folder } });
});
afterAll(async () => {
  await app?.close();
  await rm(folder, { recursive: true });
});

describe("the client's files", () => {
  test.each(["/", "/index.html", "/activity", "/questions/42"])("%s is the page, asked for anew each time", async (path) => {
    expect(await call(app.server, `GET ${path}`)).toMatchObject({ status: 200, text: page, headers: { "cache-control": "no-cache" } });
  });

  test("a file named by its content may be kept for ever, another may not", async () => {
    expect(await call(app.server, "GET /assets/app-B8xw0Zq1.js")).toMatchObject({ status: 200, headers: { "cache-control": "public, max-age=31536000, immutable" } });
    expect(await call(app.server, "GET /icon.svg")).toMatchObject({ status: 200, headers: { "cache-control": "no-cache" } });
  });

  test("what the build compressed goes out compressed to whoever takes it, under its own name and type", async () => {
    const plain = await call(app.server, "GET /assets/app-B8xw0Zq1.js", { headers: { "accept-encoding": "identity" } });
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const { status, headers } = await call(app.server, "GET /assets/app-B8xw0Zq1.js", { headers: { "accept-encoding": "gzip, br" } });
    expect({ status, headers }).toMatchObject({ status: 200, headers: { "content-encoding": "br", vary: "Accept-Encoding", "cache-control": "public, max-age=31536000, immutable" } });
    expect(headers["content-type"]).toMatch(/javascript/);
    expect((await call(app.server, "GET /icon.svg", { headers: { "accept-encoding": "br" } })).headers["content-encoding"]).toBeUndefined();
  });

  test.each(["/assets/app-gone1234.js", "/missing.png", "/.env", "/..%2f..%2fpackage.json", "/v1/unknown", "/hubs/unknown"])("%s is 404 and not the page", async (path) => {
    expect(await call(app.server, `GET ${path}`)).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  test("nothing but reading is answered with the page", async () => {
    expect((await call(app.server, "POST /activity", { body: {} })).status).toBe(404);
  });

  test("a build that is not there is 404, not an error", async () => {
    const bare = await startApp(services, { settings: { clientFolder: join(folder, "not-built") } });
    try {
      expect((await call(bare.server, "GET /")).status).toBe(404);
    } finally {
      await bare.close();
    }
  });
});

describe("the page's rights", () => {
  const directives = async (url: RunningApp): Promise<Map<string, string>> => {
    const policy = (await call(url.server, "GET /")).headers["content-security-policy"] ?? "";
    return new Map(policy.split(";").map((each) => [each.split(" ")[0] ?? "", each]));
  };

  test("scripts come from our files only, and nobody frames us", async () => {
    const policy = await directives(app);
    expect(policy.get("script-src")).toBe("script-src 'self'");
    expect(policy.get("connect-src")).toBe("connect-src 'self'");
    expect(policy.get("default-src")).toBe("default-src 'none'");
    expect(policy.get("frame-ancestors")).toBe("frame-ancestors 'none'");
    const { headers } = await call(app.server, "GET /");
    expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin" });
    expect(headers["x-powered-by"]).toBeUndefined();
  });

  test("with Firebase, sign-in may talk to Google", async () => {
    const withFirebase = await startApp(services, { settings: { clientFolder: folder, firebaseProjectId: "nod-test" } });
    try {
      const policy = await directives(withFirebase);
      expect(policy.get("connect-src")).toBe("connect-src 'self' https://identitytoolkit.googleapis.com https://securetoken.googleapis.com https://firebaseinstallations.googleapis.com https://fcmregistrations.googleapis.com");
      expect(policy.get("script-src")).not.toContain("unsafe-inline");
    } finally {
      await withFirebase.close();
    }
  });
});
