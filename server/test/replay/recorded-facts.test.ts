/** A day as the running tick asked about it, and the same day once more from what was stored of it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Rule } from "@nod/contract/trading-config";
import { newUuid } from "../../src/core/ids.ts";
import { price, usd } from "../../src/core/decimal.ts";
import { addDays, newYorkDate, newYorkInstant } from "../../src/core/trading-day.ts";
import { readGivenAnswers } from "../../src/pipeline/given-answers-table.ts";
import { recordFacts } from "../../src/trading/market/facts-table.ts";
import { replayStored } from "../../src/trading/preview/replay-stored.ts";
import { recordSession } from "../../src/trading/market/session-table.ts";
import type { Fact } from "../../src/trading/ports.ts";
import type { ReplaySession } from "../../src/trading/replay/bars-timeline.ts";
import { defaultCosts } from "../../src/trading/replay/costs.ts";
import { recordedAnswers } from "../../src/trading/replay/recorded-answers.ts";
import { skipAll } from "../../src/trading/replay/replay.ts";
import { startTick, type TickWorker } from "../../src/workers/tick.ts";
import type { TickReport } from "../../src/workers/tick-observer.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createFakeMarket } from "../support/fake-market.ts";
import { addUsers, configWith } from "../support/trading-users.ts";

let database: TestDatabase;
let worker: TickWorker | null = null;
let session: ReplaySession;
const reports: TickReport[] = [];
const errors: unknown[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  const now = new Date();
  const tradingDay = newYorkDate(now);
  session = { assetClass: "us_equity", tradingDay, previous: addDays(tradingDay, -1), opensAtMs: newYorkInstant(tradingDay, "00:00").getTime(), closesAtMs: newYorkInstant(tradingDay, "23:59").getTime() + 60_000 - 1 };
  await recordSession(database.ownerPool, { isOpen: true, nextOpen: new Date(session.closesAtMs + 1), nextClose: new Date(session.closesAtMs), timestamp: now });
  await database.ownerPool.query("insert into market_calendar (trading_day, opens_at, closes_at) values ($1::date, $2::timestamptz, $3::timestamptz)", [tradingDay, new Date(session.opensAtMs), new Date(session.closesAtMs)]);
});
afterEach(async () => {
  await worker?.stop();
  worker = null;
  await database.drop();
});

const shared = { question_template: "{{symbol}}?", on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 }, expires_in_seconds: 300, max_staleness_seconds: 600, max_drift_bps: 50 } as const;
const rules: Rule[] = [
  { id: "spy_dip", type: "price_below_pct_of_ref", symbol: "SPY", ref_metric: "prev_close", threshold_pct: -1, cooldown_seconds: 86_400, ...shared },
  { id: "aig_dip", type: "price_below_pct_of_ref", symbol: "AIG", ref_metric: "prev_close", threshold_pct: -1.5, cooldown_seconds: 86_400, ...shared },
  { id: "spy_cross", type: "price_crosses_level", symbol: "SPY", level: 166, direction: "any", cooldown_seconds: 0, ...shared },
  { id: "spy_low", type: "condition", symbol: "SPY", when: { op: "<", left: "last", right: 166 }, cooldown_seconds: 0, ...shared },
  { id: "spy_steps", type: "condition", symbol: "SPY", when: { all: [{ op: "<=", left: "last", right: 165.5 }, { not: { op: "=", left: "last", right: "day_low" } }] }, cooldown_seconds: 0, ...shared },
  { id: "aig_deep", type: "condition", symbol: "AIG", when: { op: "<", left: { change: "percent", from: "prev_close" }, right: -2 }, fire: { mode: "once" }, cooldown_seconds: 0, ...shared },
];
/** What SPY and AIG did on 2013-10-08, in a dozen glances; null: nothing was heard of it. */
const day: readonly (readonly [spy: string | null, aig: string | null, spysLow?: string])[] = [
  ["167.45", "48.80", "167.40"], ["166.57", "48.48"], ["165.99", null, "165.95"], [null, "48.20"], ["166.10", "47.96"], ["165.80", "47.99"], ["165.72", null, "165.70"],
  ["165.95", "47.70", "165.45"], ["166.02", "47.90"], ["165.50", "47.76", "165.45"], ["165.45", null], ["165.48", "47.60"],
];

async function glance([spy, aig, low]: (typeof day)[number], isFirst: boolean): Promise<void> {
  const now = new Date();
  const of = (symbol: string, metric: Fact["metric"], value: string): Fact => ({ feed: "iex", assetClass: "us_equity", symbol, metric, price: price(value), volume: null, asOf: now, tradingDay: metric === "last_trade" ? null : session.tradingDay });
  await recordFacts(database.pool, [
    ...(isFirst ? [of("SPY", "prev_close", "167.42"), of("AIG", "prev_close", "48.73")] : []),
    ...(spy === null ? [] : [of("SPY", "last_trade", spy)]),
    ...(aig === null ? [] : [of("AIG", "last_trade", aig)]),
    ...(low === undefined ? [] : [of("SPY", "day_low", low)]),
  ]);
}

async function ticked(): Promise<void> {
  const before = reports.length;
  worker?.wake();
  await expect.poll(() => reports.length, { timeout: 60_000 }).toBeGreaterThan(before);
}

type Asked = { rule: string; symbol: string; price: string };

test("replaying what was stored of a day asks exactly what was asked on that day, in its order", async () => {
  // Whoever skips so much is asked whether to pause, when ten seconds have passed; a replay asks nothing of the kind.
  const config = configWith(rules, { restraint: { one_card_per_symbol: false, pause_after_skips: 0 } });
  await addUsers(database.ownerPool, "t_alice", config, ["alice"]);
  worker = startTick({
    pool: database.pool, market: createFakeMarket(), owner: newUuid(), intervalMs: 86_400_000, ingestEnabled: false, evaluationEnabled: true,
    observer: { tickFinished: (report) => reports.push(report), tickFailed: (error) => errors.push(error) },
  });
  await expect.poll(() => reports.length, { timeout: 60_000 }).toBeGreaterThan(0);
  for (const [n, seen] of day.entries()) {
    await glance(seen, n === 0);
    await ticked();
    // Skipped at once, as the replay does.
    await database.ownerPool.query("with q as (update questions set status = 'rejected', closed_at = now() where status = 'open' returning firebase_uid) update user_pipeline_state set phase = 'done' where firebase_uid in (select firebase_uid from q)");
  }
  expect(errors).toEqual([]);
  const { rows: asked } = await database.ownerPool.query<Asked>(
    "select metadata ->> 'rule_id' as rule, metadata ->> 'symbol' as symbol, metadata ->> 'price' as price from questions order by created_at, array_position($1::text[], metadata ->> 'rule_id')",
    [rules.map(({ id }) => id)],
  );
  expect(asked.length).toBeGreaterThan(6);
  expect(new Set(asked.map(({ rule }) => rule)).size).toBe(rules.length);

  // The session counts as over, though the day may have hours left: nothing was recorded of them.
  const given = await readGivenAnswers(database.pool, "alice", { from: new Date(session.opensAtMs), to: new Date(session.closesAtMs) });
  expect(given.map(({ status }) => status)).toEqual(asked.map(() => "rejected"));
  const answers = recordedAnswers(given.map(({ ruleId, askedAt }) => ({ ruleId, askedAtMs: askedAt.getTime(), says: "skip", amountUsd: null })));
  const late = await replayStored(database.pool, { config, answers, startsWithUsd: usd("10000"), costs: defaultCosts, now: new Date(session.closesAtMs), range: { lastDays: 1 }, maxMs: -1 });
  expect(late).toMatchObject({ cut_short: true, trading_days: 0, from: null, asked: 0 });
  for (const said of [skipAll, answers]) {
    const { questions } = await replayStored(database.pool, {
      config, source: "facts", answers: said, startsWithUsd: usd("10000"), costs: defaultCosts, now: new Date(session.closesAtMs), range: { from: session.tradingDay, to: session.tradingDay }, maxMs: Infinity,
    });
    expect(questions.map((question): Asked => ({ rule: question.rule_id, symbol: question.symbol, price: question.price }))).toEqual(asked);
    expect(new Set(questions.map(({ answer }) => answer))).toEqual(new Set(["skip"]));
  }
});
