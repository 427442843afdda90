import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readOrCreateLocalSecret } from "./local-secret.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nod-secret-"));
});
afterEach(() => rm(folder, { recursive: true }));
const path = (): string => join(folder, "data", "local-auth.key");

test("the secret is made once, for its owner's eyes only, and leaves nothing beside it", async () => {
  const first = await readOrCreateLocalSecret(path());
  expect(first.byteLength).toBe(32);
  expect((await stat(path())).mode & 0o777).toBe(0o600);
  expect(await readOrCreateLocalSecret(path())).toEqual(first);
  expect(await readdir(join(folder, "data"))).toEqual(["local-auth.key"]);
});

test("processes that start together share one secret", async () => {
  const secrets = await Promise.all(Array.from({ length: 8 }, () => readOrCreateLocalSecret(path())));
  expect(new Set(secrets.map((each) => Buffer.from(each).toString("hex"))).size).toBe(1);
});

test("a secret that others could read is closed to them", async () => {
  await readOrCreateLocalSecret(path());
  await chmod(path(), 0o644);
  await readOrCreateLocalSecret(path());
  expect((await stat(path())).mode & 0o777).toBe(0o600);
});

test("a file that holds something else is not used as a secret", async () => {
  await readOrCreateLocalSecret(path());
  await writeFile(path(), "short\n");
  await expect(readOrCreateLocalSecret(path())).rejects.toThrow(/does not hold a secret/);
});
