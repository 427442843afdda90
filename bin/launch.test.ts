import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findBenchmarks, runBenchmarks } from "./bench.mjs";
import { sourcesDigest } from "./client-build.mjs";
import { installationDigest } from "./install.mjs";
import { supportsNode } from "./node-version.mjs";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nod-root-"));
  await put("package.json", "{}");
  await put("package-lock.json", '{ "packages": {} }');
  await put("tsconfig.base.json", "{}");
  await put("packages/alpha/package.json", "{}");
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

test.each([
  ["20.19.0", true],
  ["20.18.3", false],
  ["18.20.8", false],
  ["22.0.0", true],
  ["24.9.0", true],
])("Node %s can start Nod: %s", (version, supported) => {
  expect(supportsNode(version)).toBe(supported);
});

describe("what is up to date is not done again", () => {
  test("dependencies are installed when what decides them changes, not when a checkout gives the files new times", async () => {
    const before = await installationDigest(root);
    await utimes(join(root, "package-lock.json"), new Date(), new Date());
    expect(await installationDigest(root)).toBe(before);
    await put("package-lock.json", '{ "packages": { "express": {} } }');
    expect(await installationDigest(root)).not.toBe(before);
  });

  test("the client is built when a source of it changes, is added, renamed or removed; not for its tests or its own output", async () => {
    await put("client/web/src/card.tsx", "1");
    await put("packages/contract/src/question.ts", "1");
    const before = await sourcesDigest(root);
    await put("client/web/dist/assets/card.js", "built");
    await put("client/web/src/card.test.ts", "tested");
    expect(await sourcesDigest(root)).toBe(before);
    await put("packages/contract/src/question.ts", "2");
    const changed = await sourcesDigest(root);
    await put("client/web/src/deck.tsx", "1");
    const added = await sourcesDigest(root);
    await rm(join(root, "client/web/src/card.tsx"));
    expect(new Set([before, changed, added, await sourcesDigest(root)]).size).toBe(4);
  });
});

describe("benchmarks", () => {
  beforeEach(async () => {
    await put("server/bench/tick.ts", 'import { appendFileSync } from "node:fs"; appendFileSync("ran", `tick ${process.argv.slice(2).join(" ")}\\n`);');
    await put("server/bench/support/load.ts", "export const load = 1;");
    await put("packages/alpha/bench/hub.ts", "process.exit(3);");
  });

  const run = async (name: string | undefined, args: string[] = []): Promise<number> => runBenchmarks(await findBenchmarks(root), { root, node: process.execPath, name, args });

  test("are found by the name of their file, and not in the folders below", async () => {
    expect([...(await findBenchmarks(root)).keys()]).toEqual(["tick", "hub"]);
  });

  test("one can be named and given arguments", async () => {
    expect(await run("tick", ["--users", "10"])).toBe(0);
    expect(await readFile(join(root, "ran"), "utf8")).toBe("tick --users 10\n");
  });

  test("a failing one does not keep the others from running, and fails the whole", async () => {
    expect(await run(undefined)).toBe(1);
  });

  test("an unknown name fails", async () => {
    expect(await run("nothing")).toBe(1);
  });

  test("two of the same name are refused", async () => {
    await put("packages/alpha/bench/tick.ts", "");
    await expect(findBenchmarks(root)).rejects.toThrow("two benchmarks are called tick: server/bench/tick.ts and packages/alpha/bench/tick.ts");
  });
});
