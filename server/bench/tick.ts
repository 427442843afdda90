/**
 * The warm tick of 100,000 users with five rules each, one rule in ten firing, against the bulk statements that write the same
 * rows, and against a loop over users. `--quick` takes 2,000 users and proves nothing.
 */
import { createCountingPool } from "../test/support/counting-pool.ts";
import { toTradingQuestions, type TradingQuestions } from "../src/pipeline/ask-trading.ts";
import { createFactBook } from "../src/trading/market/fact-book.ts";
import { beforeAllFacts, readFactsChangedSince } from "../src/trading/market/facts-table.ts";
import { readSessions } from "../src/trading/market/session-table.ts";
import { startTick, type TickWorker } from "../src/workers/tick.ts";
import type { TickReport } from "../src/workers/tick-observer.ts";
import { openBenchDatabase, type BenchDatabase } from "./support/bench-database.ts";
import { tickUserByUser, unknownToAll } from "./support/loop-over-users.ts";
import { calmPrice, dippedPrice, populate, rulesPerUser, setMarket } from "./support/population.ts";
import { median, note, showMs, sideBySide, timed, verdict } from "./support/side-by-side.ts";
import { prepareWrites, writePrepared } from "./support/unavoidable-writes.ts";

const quick = process.argv.includes("--quick");
const userCount = quick ? 2_000 : 100_000;
const loopUserCount = quick ? 100 : 1_000;
const rounds = quick ? 3 : 5;

const database = await openBenchDatabase();
try {
  await run(database);
} finally {
  await database.close();
}

async function run(db: BenchDatabase): Promise<void> {
  note(`${userCount.toLocaleString("en")} users × ${rulesPerUser} rules, each with a document of his own`);
  await populate(db, userCount);
  await setMarket(db, calmPrice);
  const ticker = startTicker(db);
  try {
    const first = await ticker.tick();
    note(`first tick, which loads and compiles all configs: ${showMs(first.totalMs)} (${showMs(first.refreshMs)} of it for the configs)`);
    await fillState(db);
    note("\nin turns: the tick, the bulk statements that write the same rows, a loop over users");
    await compare(db, ticker);
    await showSuppressed(db, ticker);
  } finally {
    await ticker.worker.stop();
  }
}

type Ticker = { worker: TickWorker; tick(): Promise<TickReport>; statements(): number };

/** The worker itself, woken by hand, without a market to fetch from. */
function startTicker(db: BenchDatabase): Ticker {
  const pool = createCountingPool(db.pool);
  let next = Promise.withResolvers<TickReport>();
  const worker = startTick({
    pool,
    market: { fetchFacts: () => Promise.resolve([]) },
    owner: "bench",
    intervalMs: 86_400_000,
    ingestEnabled: false,
    evaluationEnabled: true,
    observer: { tickFinished: (report) => next.resolve(report), tickFailed: (error) => next.reject(error) },
  });
  return {
    worker,
    statements: () => pool.statements,
    async tick() {
      const report = await next.promise;
      next = Promise.withResolvers();
      return report;
    },
  };
}

async function tickOn(db: BenchDatabase, ticker: Ticker, lastTrade: string): Promise<TickReport> {
  await setMarket(db, lastTrade);
  ticker.worker.wake();
  return ticker.tick();
}

/** The state in which a warm tick finds the tables: everybody has been asked before, nothing is open. */
async function rest({ ownerPool }: BenchDatabase): Promise<void> {
  await ownerPool.query("truncate questions, user_outbox cascade");
  await ownerPool.query("update user_pipeline_state set phase = 'done', cooldown_until = '-infinity' where phase <> 'done'");
  await ownerPool.query("update user_outbox_heads set last_seq = 0 where last_seq > 0");
  await ownerPool.query("vacuum analyze questions, user_outbox, user_pipeline_state, user_outbox_heads, user_trading_state");
}

/** Everybody has been asked about everything before. */
async function fillState({ ownerPool }: BenchDatabase): Promise<void> {
  await ownerPool.query(
    `insert into user_pipeline_state (firebase_uid, pipeline_key, subject, phase)
     select firebase_uid, 'trading', 'dip_' || n, 'done' from users, generate_series(0, $1::int4 - 1) n`,
    [rulesPerUser],
  );
  await ownerPool.query("insert into user_outbox_heads (firebase_uid) select firebase_uid from users");
  await ownerPool.query("insert into user_trading_state (firebase_uid) select firebase_uid from users on conflict do nothing");
}

async function compare(db: BenchDatabase, ticker: Ticker): Promise<void> {
  const { rows } = await db.pool.query<{ firebase_uid: string }>("select firebase_uid from users order by md5(firebase_uid) limit $1", [loopUserCount]);
  const loopUsers = rows.map((row) => row.firebase_uid);
  const reports: TickReport[] = [];
  const statementCounts = new Set<number>();
  const { medians, ratio } = await sideBySide(rounds, {
    tick: async () => {
      await rest(db);
      const before = ticker.statements();
      const report = await tickOn(db, ticker, dippedPrice);
      statementCounts.add(ticker.statements() - before);
      if (report.asked !== report.fired || report.asked === 0) throw new Error(`asked ${report.asked} of ${report.fired}`);
      reports.push(report);
      return report.totalMs;
    },
    statements: async () => {
      await rest(db);
      await setMarket(db, dippedPrice);
      const prepared = prepareWrites(await whatFires(db, ticker), new Map());
      if (reports[0] !== undefined && prepared.questions !== reports[0].asked) throw new Error(`${prepared.questions} rows against ${reports[0].asked}`);
      return timed(() => writePrepared(db.pool, prepared));
    },
    loop: async () => {
      await rest(db);
      await setMarket(db, dippedPrice);
      return timed(async () => {
        if ((await tickUserByUser(db.pool, loopUsers)) === 0) throw new Error("the loop asked nobody");
      });
    },
  });
  const asked = reports[0]?.asked ?? 0;
  const part = (pick: (report: TickReport) => number): string => showMs(median(reports.map(pick)));
  note(`  ${asked.toLocaleString("en")} of ${(userCount * rulesPerUser).toLocaleString("en")} rules fired (${((100 * asked) / userCount / rulesPerUser).toFixed(1)} %)`);
  note(`  medians: tick ${showMs(medians.tick)} (configs ${part((r) => r.refreshMs)}, evaluation ${part((r) => r.evaluateMs)}, asking ${part((r) => r.askMs)}), statements ${showMs(medians.statements)}, loop over ${loopUserCount.toLocaleString("en")} users ${showMs(medians.loop)}`);
  note(`  SQL statements in a tick, begin and commit, and renewals of the lease meanwhile included: ${[...statementCounts].join(", ")}`);
  verdict("tick ÷ the bulk statements that write the same rows", ratio("tick", "statements"), { atMost: 2 }, quick);
  verdict("loop ÷ tick, per user", (ratio("loop", "tick") * userCount) / loopUserCount, { atLeast: 50 }, quick);
}

/** The rows that a tick would write now, by the same evaluation. */
async function whatFires(db: BenchDatabase, ticker: Ticker): Promise<TradingQuestions> {
  const book = createFactBook();
  const { facts } = await readFactsChangedSince(db.pool, beforeAllFacts);
  const changed = book.absorb(facts);
  return toTradingQuestions(ticker.worker.configs.rules.evaluate(book, await readSessions(db.pool), changed, []).firings, unknownToAll);
}

/** For orientation: everything holds again, and the database finds that everybody has been asked. */
async function showSuppressed(db: BenchDatabase, ticker: Ticker): Promise<void> {
  await rest(db);
  const firing = await tickOn(db, ticker, dippedPrice);
  const suppressed = await tickOn(db, ticker, dippedPrice);
  if (suppressed.asked !== 0) throw new Error(`${suppressed.asked} were asked twice`);
  note(`\na tick in which the database suppresses all ${suppressed.fired.toLocaleString("en")} firings: ${showMs(suppressed.totalMs)}, ${(suppressed.totalMs / firing.totalMs).toFixed(2)} of the firing one`);
}
