/** Applies a file of `server/seeds` to a test's database, as the owner, before its tests. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll } from "vitest";
import type { TestDatabase } from "./database.ts";

export function applySeed(database: TestDatabase, name: string): void {
  beforeAll(async () => {
    await database.ownerPool.query(await readFile(join(import.meta.dirname, "../../seeds", `${name}.sql`), "utf8"));
  });
}
