/**
 * Applies a seed, a SQL file of rows that an installation starts with, in one transaction.
 *
 *   await applySeed({ url: database.ownerUrl, file: "server/seeds/default-paper-watchlist.sql" });
 *
 * A seed is written to be applied again and again (`on conflict …`), because the start does so.
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import pg from "pg";
import { controlsTransaction, lineOf, reasonOf } from "./sql-file.ts";

/** `message` names the file, the line and the reason; nothing of the seed was kept. */
export class SeedFailed extends Error {
  override readonly name = "SeedFailed";
}

/** @throws {SeedFailed} */
export async function applySeed(seed: { url: string; file: string }): Promise<void> {
  const name = basename(seed.file);
  const sql = await readFile(seed.file, "utf8").catch((error: unknown) => {
    throw new SeedFailed(`${seed.file} cannot be read`, { cause: error });
  });
  if (controlsTransaction(sql)) throw new SeedFailed(`${name}: begins or ends a transaction itself; a seed runs in one`);
  const client = new pg.Client({ connectionString: seed.url, application_name: "nod-seed", connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined); // the running query rejects with it
  try {
    await client.connect();
    await client.query("begin");
    await client.query(sql);
    await client.query("commit");
  } catch (error) {
    throw new SeedFailed(`${name}${lineOf(error, sql)}: ${reasonOf(error)}`, { cause: error });
  } finally {
    await client.end(); // rolls back what is not committed
  }
}
