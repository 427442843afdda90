/**
 * What everybody's compiled rules take, after the first evaluation and a collection: JavaScript's heap and the arrays outside
 * it. `--quick` takes 5,000 users and proves nothing.
 */
import { setTimeout as nextTurn } from "node:timers/promises";
import { createCompiledConfigs, type CompiledConfigs } from "../src/trading/config/compiled-configs.ts";
import { createFactBook } from "../src/trading/market/fact-book.ts";
import { beforeAllFacts, readFactsChangedSince } from "../src/trading/market/facts-table.ts";
import { readSessions } from "../src/trading/market/session-table.ts";
import { openBenchDatabase } from "./support/bench-database.ts";
import { calmPrice, populate, rulesPerUser, setMarket } from "./support/population.ts";
import { createResults } from "./support/results.ts";
import { note } from "./support/side-by-side.ts";

const quick = process.argv.includes("--quick");
const userCount = quick ? 5_000 : 100_000;
const rounds = quick ? 2 : 5;
const megabyte = 1_000_000;

if (globalThis.gc === undefined) throw new Error("run with --expose-gc, as npm run bench does");
const collect = globalThis.gc;

/** What is measured, from its loading until it is thrown away. */
const held: CompiledConfigs[] = [];

const database = await openBenchDatabase();
try {
  const { pool } = database;
  note(`${userCount.toLocaleString("en")} users × ${rulesPerUser} rules, each with a document of his own`);
  await populate(database, userCount);
  await setMarket(database, calmPrice);
  // Once before it counts: code and connections take memory too.
  await load();
  held.length = 0;
  const values: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = await bytesInUse();
    await load();
    const bytes = (await bytesInUse()) - before;
    const compiled = held.reduce((sum, { rules }) => sum + rules.size, 0);
    if (compiled !== userCount * rulesPerUser) throw new Error(`${compiled} rules are held`);
    held.length = 0;
    values.push(((bytes / megabyte) * 100_000) / userCount);
    note(`  round ${round + 1}: ${Math.round(bytes / userCount)} bytes a user`);
  }
  const results = createResults("memory", quick);
  results.figure({ name: "memory per 100,000 users' compiled rules", goal: { atMost: 150 }, unit: "MB", values });
  await results.record(pool);
} finally {
  await database.close();
}

async function load(): Promise<void> {
  const configs = createCompiledConfigs(database.pool, (problem) => {
    throw new Error(`${problem.subject}: ${JSON.stringify(problem.errors)}`);
  });
  await configs.load();
  const book = createFactBook();
  const changed = book.absorb((await readFactsChangedSince(database.pool, beforeAllFacts)).facts);
  configs.rules.evaluate(book, await readSessions(database.pool), changed, []);
  held.push(configs);
}

async function bytesInUse(): Promise<number> {
  // What the last turn still holds is not what is measured.
  await nextTurn();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
