/**
 * A process that begins: reading, checking and compiling everybody's config until the first evaluation is done, against a plain
 * `SELECT` of the same rows by the same driver. `--quick` takes 5,000 users and proves nothing.
 */
import { createCompiledConfigs } from "../src/trading/config/compiled-configs.ts";
import { createFactBook } from "../src/trading/market/fact-book.ts";
import { beforeAllFacts, readFactsChangedSince } from "../src/trading/market/facts-table.ts";
import { readSessions } from "../src/trading/market/session-table.ts";
import { openBenchDatabase } from "./support/bench-database.ts";
import { watchEventLoop, type LongestBlock } from "./support/event-loop.ts";
import { calmPrice, populate, rulesPerUser, setMarket } from "./support/population.ts";
import { createResults } from "./support/results.ts";
import { median, note, showMs, sideBySide, timed } from "./support/side-by-side.ts";

const quick = process.argv.includes("--quick");
const userCount = quick ? 5_000 : 100_000;
const rounds = quick ? 3 : 7;

const database = await openBenchDatabase();
try {
  const { pool } = database;
  note(`${userCount.toLocaleString("en")} users, each with a document of his own`);
  await populate(database, userCount);
  const longestBlocks: LongestBlock[] = [];
  const { ratios } = await sideBySide(rounds, {
    load: async () => {
      // A market that was seen long ago is not evaluated.
      await setMarket(database, calmPrice);
      globalThis.gc?.();
      const loop = watchEventLoop();
      const ms = await timed(async () => {
        const configs = createCompiledConfigs(pool, (problem) => {
          throw new Error(`${problem.subject}: ${JSON.stringify(problem.errors)}`);
        });
        await configs.load();
        const book = createFactBook();
        const changed = book.absorb((await readFactsChangedSince(pool, beforeAllFacts)).facts);
        const { markets, unknown } = configs.rules.evaluate(book, await readSessions(pool), changed, []);
        if (markets === 0 || unknown > 0) throw new Error(`${unknown} of ${markets} markets were not evaluated`);
        if (configs.rules.size !== userCount * rulesPerUser) throw new Error(`${configs.rules.size} rules were compiled`);
      });
      longestBlocks.push(loop.longest());
      return ms;
    },
    select: async () => {
      globalThis.gc?.();
      return timed(async () => {
        const { rows } = await pool.query("select firebase_uid, template_name, config, revision, enabled from user_trading_config");
        if (rows.length !== userCount) throw new Error(`${rows.length} rows were read`);
      });
    },
  });
  const results = createResults("load", quick);
  results.figure({ name: "cold load and compile of 100,000 configs ÷ a plain SELECT of them", goal: { atMost: 1.8 }, values: ratios("load", "select") });
  results.figure({ name: "longest that a load keeps the event loop, of processor time", goal: { below: 50 }, unit: "ms", values: longestBlocks.map(({ onProcessorMs }) => onProcessorMs) });
  note(`  by the clock, whoever had the processor meanwhile: ${showMs(median(longestBlocks.map(({ byClockMs }) => byClockMs)))}`);
  await results.record(pool);
} finally {
  await database.close();
}
