/**
 * The warm tick of 100,000 users with five rules each, one rule in ten firing: against the bulk statements that write the same
 * rows, against a loop over users, against itself where all that holds is suppressed, and against itself after one config in a
 * hundred has changed. `--quick` takes 2,000 users and proves nothing.
 */
import { toTradingQuestions, type TradingQuestions } from "../src/pipeline/ask-trading.ts";
import { createFactBook } from "../src/trading/market/fact-book.ts";
import { beforeAllFacts, readFactsChangedSince } from "../src/trading/market/facts-table.ts";
import { readSessions } from "../src/trading/market/session-table.ts";
import type { TickReport } from "../src/workers/tick-observer.ts";
import { openBenchDatabase, type BenchDatabase } from "./support/bench-database.ts";
import { watchEventLoop, type LongestBlock } from "./support/event-loop.ts";
import { tickUserByUser, unknownToAll } from "./support/loop-over-users.ts";
import { calmPrice, changeConfigs, dippedPrice, populate, rulesPerUser, setMarket } from "./support/population.ts";
import { createResults } from "./support/results.ts";
import { median, note, showMs, sideBySide, timed } from "./support/side-by-side.ts";
import { fillState, rest, startTicker, type Ticker } from "./support/ticker.ts";
import { prepareWrites, writePrepared } from "./support/unavoidable-writes.ts";

const quick = process.argv.includes("--quick");
const userCount = quick ? 2_000 : 100_000;
const loopUserCount = quick ? 100 : 400;
const rounds = quick ? 3 : 5;
const results = createResults("tick", quick);

const database = await openBenchDatabase();
try {
  await run(database);
  await results.record(database.pool);
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
    note("\nin turns: the tick, the bulk statements that write the same rows, a loop over users, a tick after one config in a hundred changed");
    await compare(db, ticker);
  } finally {
    await ticker.worker.stop();
  }
}

/** What follows a tick in which all that holds was asked: three ticks that may ask nobody, each for another reason. */
type Suppressed = { open: number[]; toldCooling: number[]; cooling: number[] };

async function compare(db: BenchDatabase, ticker: Ticker): Promise<void> {
  const { rows } = await db.pool.query<{ firebase_uid: string }>("select firebase_uid from users order by md5(firebase_uid) limit $1", [loopUserCount]);
  const loopUsers = rows.map((row) => row.firebase_uid);
  const reports: TickReport[] = [];
  const longestBlocks: LongestBlock[] = [];
  const statementCounts = new Set<number>();
  const suppressed: Suppressed = { open: [], toldCooling: [], cooling: [] };
  const written: number[] = [];
  const { medians, ratio, ratios } = await sideBySide(rounds, {
    tick: async () => {
      await rest(db, ticker);
      const before = ticker.statements();
      const loop = watchEventLoop();
      const report = await firingTick(ticker);
      longestBlocks.push(loop.longest());
      statementCounts.add(ticker.statements() - before);
      reports.push(report);
      await suppressedTicks(db, ticker, report, suppressed);
      return report.totalMs;
    },
    statements: async () => {
      await rest(db, ticker);
      await setMarket(db, dippedPrice);
      const prepared = prepareWrites(await whatFires(db, ticker), new Map());
      written.push(prepared.questions);
      return timed(() => writePrepared(db.pool, prepared));
    },
    loop: async () => {
      await rest(db, ticker);
      await setMarket(db, dippedPrice);
      return timed(async () => {
        if ((await tickUserByUser(db.pool, loopUsers)) === 0) throw new Error("the loop asked nobody");
      });
    },
    changed: async () => {
      await rest(db, ticker);
      const changedUsers = await changeConfigs(db);
      const report = await firingTick(ticker);
      if (report.changedUsers !== changedUsers) throw new Error(`${report.changedUsers} of ${changedUsers} changed configs were taken in`);
      return report.totalMs;
    },
  });
  for (const [round, report] of reports.entries()) if (report.asked !== written[round]) throw new Error(`the tick asked ${report.asked}, and ${written[round]} rows were written beside it`);
  const asked = reports[0]?.asked ?? 0;
  const part = (pick: (report: TickReport) => number): string => showMs(median(reports.map(pick)));
  note(`  ${asked.toLocaleString("en")} of ${(userCount * rulesPerUser).toLocaleString("en")} rules fired (${((100 * asked) / userCount / rulesPerUser).toFixed(1)} %)`);
  note(`  medians: tick ${showMs(medians.tick)} (configs ${part((r) => r.refreshMs)}, evaluation ${part((r) => r.evaluateMs)}, asking ${part((r) => r.askMs)}), statements ${showMs(medians.statements)}, loop over ${loopUserCount.toLocaleString("en")} users ${showMs(medians.loop)}`);
  note(`  SQL statements in a tick, begin and commit included, renewals of the lease not: ${[...statementCounts].join(", ")}`);
  const ofTick = (times: readonly number[]): number[] => times.map((ms, round) => ms / (reports[round]?.totalMs ?? Number.NaN));
  results.figure({ name: "warm tick ÷ the bulk statements that write the same rows", goal: { atMost: 1.5 }, values: ratios("tick", "statements") });
  results.figure({ name: "loop over users on the latest table ÷ warm tick, per user", goal: { atLeast: 100 }, values: ratios("loop", "tick").map((each) => (each * userCount) / loopUserCount) });
  results.figure({ name: "suppressed tick, all in cooldown ÷ the firing one", goal: { atMost: 0.15 }, values: ofTick(suppressed.cooling) });
  note(`  the same where this process does not know of the cooldowns yet: ${median(ofTick(suppressed.toldCooling)).toFixed(2)}, and with every card still open: ${median(ofTick(suppressed.open)).toFixed(2)}`);
  results.figure({ name: "tick after 1 % of the configs changed ÷ warm tick", goal: { atMost: 1.3 }, values: ratios("changed", "tick") });
  results.figure({ name: "longest that a firing tick keeps the event loop, of processor time", goal: { below: 50 }, unit: "ms", values: longestBlocks.map(({ onProcessorMs }) => onProcessorMs) });
  note(`  by the clock, whoever had the processor meanwhile: ${showMs(median(longestBlocks.map(({ byClockMs }) => byClockMs)))}`);
  note(`  (loop ÷ tick as they were run: ${ratio("loop", "tick").toFixed(2)})`);
}

async function firingTick(ticker: Ticker): Promise<TickReport> {
  const report = await ticker.tickAt(dippedPrice);
  if (report.asked !== report.fired || report.asked === 0) throw new Error(`asked ${report.asked} of ${report.fired}`);
  return report;
}

async function suppressedTicks({ ownerPool }: BenchDatabase, ticker: Ticker, fired: TickReport, times: Suppressed): Promise<void> {
  const tick = async (into: number[]): Promise<TickReport> => {
    const report = await ticker.tickAt(dippedPrice);
    if (report.asked !== 0 || report.fired + report.quiet !== fired.fired) throw new Error(`${report.asked} were asked twice, ${report.fired} and ${report.quiet} held`);
    into.push(report.totalMs);
    return report;
  };
  // Nobody has answered yet, and a cooldown is over before the cards are.
  await ownerPool.query("update user_pipeline_state set cooldown_until = '-infinity' where phase <> 'done'");
  ticker.forgetCooldowns();
  await tick(times.open);
  await ownerPool.query("update user_pipeline_state set phase = 'done', cooldown_until = now() + interval '1 hour' where phase <> 'done'");
  ticker.forgetCooldowns();
  await tick(times.toldCooling);
  if ((await tick(times.cooling)).quiet !== fired.fired) throw new Error("the process has forgotten what it was told");
}

/** The rows that a tick would write now, by the same evaluation. */
async function whatFires(db: BenchDatabase, ticker: Ticker): Promise<TradingQuestions> {
  const book = createFactBook();
  const { facts } = await readFactsChangedSince(db.pool, beforeAllFacts);
  const changed = book.absorb(facts);
  return toTradingQuestions(ticker.worker.configs.rules.evaluate(book, await readSessions(db.pool), changed, []).firings, unknownToAll);
}
