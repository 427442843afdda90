import { Decimal } from "decimal.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReferenceMetric, ReferenceRule, TradingConfig } from "@nod/contract/trading-config";
import { price, type Price } from "../../core/decimal.ts";
import { compileConfig } from "../config/compile.ts";
import { createFactBook, type FactBook } from "../market/fact-book.ts";
import type { LatestFact } from "../market/facts-table.ts";
import type { MarketSessions } from "../market/session-table.ts";
import type { FactMetric } from "../ports.ts";
import { createRuleIndex, type RuleIndex } from "./rule-index.ts";

const now = new Date("2026-03-03T15:00:00Z");
const today = "2026-03-03";
const sessions: MarketSessions = {
  now,
  newYorkDate: today,
  us_equity: { state: "open", tradingDay: today, nextOpen: null, nextClose: null },
  crypto: { state: "open", tradingDay: today, nextOpen: null, nextClose: null },
};
const secondsAgo = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000);

const rule = (changes: Partial<ReferenceRule> = {}): ReferenceRule => ({
  id: "r", type: "price_below_pct_of_ref", symbol: "SPY", ref_metric: "prev_close", threshold_pct: -1.5, question_template: "?",
  on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 }, cooldown_seconds: 60, expires_in_seconds: 60, max_staleness_seconds: 180, max_drift_bps: 50, ...changes,
});
const configOf = (rules: ReferenceRule[], changes: Partial<TradingConfig> = {}): TradingConfig => ({
  version: 1, enabled: true, mode: "paper", rules,
  data_inputs: [{ id: "all", source: "alpaca", asset_class: "us_equity", symbols: ["SPY", "IBM"], feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade", "daily_bar", "prev_close"] }],
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
  ...changes,
});
const fact = (metric: FactMetric, at: string, changes: Partial<LatestFact> = {}): LatestFact => ({
  feed: "iex", assetClass: "us_equity", symbol: "SPY", metric, price: price(at), volume: null, asOf: secondsAgo(metric === "last_trade" ? 5 : 40_000), tradingDay: metric === "last_trade" ? null : today, ...changes,
});
const bookOf = (...facts: LatestFact[]): FactBook => {
  const book = createFactBook();
  book.absorb(facts);
  return book;
};
const key = "iex us_equity SPY";
const indexOf = (rules: ReferenceRule[]): RuleIndex => {
  const index = createRuleIndex();
  index.add("alice", compileConfig(configOf(rules), "1.1"));
  return index;
};
/** The ids of the rules that fire, looked at through their symbol. */
const firing = (rules: ReferenceRule[], book: FactBook, at = sessions): string[] => indexOf(rules).evaluate(book, at, new Set([key]), []).firings.map((found) => found.rule.rule.id);

describe("a rule fires", () => {
  const dip = [fact("last_trade", "98.5"), fact("prev_close", "100")];

  test("exactly at its threshold, and not a billionth before it", () => {
    expect(firing([rule()], bookOf(...dip))).toEqual(["r"]);
    expect(firing([rule()], bookOf(fact("last_trade", "98.500000001"), fact("prev_close", "100")))).toEqual([]);
    expect(firing([rule({ type: "price_above_pct_of_ref", threshold_pct: 1.5 })], bookOf(fact("last_trade", "101.5"), fact("prev_close", "100")))).toEqual(["r"]);
    expect(firing([rule({ type: "price_above_pct_of_ref", threshold_pct: 1.5 })], bookOf(fact("last_trade", "101.499999999"), fact("prev_close", "100")))).toEqual([]);
  });

  test("with the facts that made it so", () => {
    const [found] = indexOf([rule()]).evaluate(bookOf(...dip), sessions, new Set([key]), []).firings;
    expect(found).toMatchObject({ firebaseUid: "alice", reading: { price: "98.5", ref: "100", pct: "-1.5", priceAsOf: secondsAgo(5) } });
  });

  test("against the open, the high and the low of the day too", () => {
    const references: ReferenceMetric[] = ["day_open", "day_high", "day_low"];
    for (const reference of references) expect(firing([rule({ ref_metric: reference })], bookOf(fact("last_trade", "98.5"), fact(reference, "100")))).toEqual(["r"]);
  });

  test("only where its own reference moved", () => {
    const rules = [rule(), rule({ id: "by_open", ref_metric: "day_open" })];
    expect(firing(rules, bookOf(...dip, fact("day_open", "98.6")))).toEqual(["r"]);
  });
});

describe("unknown never fires", () => {
  const last = fact("last_trade", "90");
  const close = fact("prev_close", "100");
  const cases: [string, LatestFact[], MarketSessions?][] = [
    ["without a last trade", [close]],
    ["without the reference", [last]],
    ["with the reference of another feed", [last, { ...close, feed: "sip" }]],
    ["with the price of another feed", [{ ...last, feed: "sip" }, close]],
    ["with a reference of yesterday", [last, { ...close, tradingDay: "2026-03-02" }]],
    ["with a reference of no day", [last, { ...close, tradingDay: null }]],
    ["with a trade of yesterday", [{ ...last, asOf: new Date("2026-03-02T20:59:00Z") }, close]],
    ["with a trade older than the rule allows", [{ ...last, asOf: secondsAgo(181) }, close]],
    ["while the market is closed", [last, close], { ...sessions, us_equity: { ...sessions.us_equity, state: "closed" } }],
    ["while it is not known whether the market is open", [last, close], { ...sessions, us_equity: { state: "unknown", tradingDay: null, nextOpen: null, nextClose: null } }],
  ];
  const patient = rule({ max_staleness_seconds: 86_400 });
  test.each(cases)("%s", (name, facts, at) => {
    expect(firing([name.includes("older") ? rule() : patient], bookOf(...facts), at ?? sessions)).toEqual([]);
  });
  test("while with all of it, it does", () => {
    expect(firing([patient], bookOf(last, close))).toEqual(["r"]);
  });
});

describe("what is looked at", () => {
  const book = bookOf(fact("last_trade", "90"), fact("prev_close", "100"));

  test("a rule whose facts did not change is not, unless it is new", () => {
    const index = createRuleIndex();
    const slots = index.add("alice", compileConfig(configOf([rule()]), "1.1"));
    expect(index.evaluate(book, sessions, new Set(["iex us_equity IBM"]), []).firings).toEqual([]);
    expect(index.evaluate(book, sessions, new Set(), slots).firings).toHaveLength(1);
    expect(index.evaluate(book, sessions, new Set([key]), slots).firings).toHaveLength(1);
  });

  test("a rule that is quiet is passed over until its time", () => {
    const index = createRuleIndex();
    const [slot = -1] = index.add("alice", compileConfig(configOf([rule()]), "1.1"));
    index.quieten(slot, now.getTime() + 1);
    expect(index.evaluate(book, sessions, new Set([key]), [])).toMatchObject({ firings: [], quiet: 1 });
    expect(index.evaluate(book, { ...sessions, now: new Date(now.getTime() + 1) }, new Set([key]), []).firings).toHaveLength(1);
  });

  test("a config that is switched off, a rule that is, and a blocked symbol are not there at all", () => {
    const off = [configOf([rule()], { enabled: false }), configOf([rule({ enabled: false })]), configOf([rule()], { guardrails: { ...configOf([]).guardrails, symbols_blocklist: ["SPY"] } })];
    const index = createRuleIndex();
    for (const config of off) expect(index.add("alice", compileConfig(config, "1.1"))).toEqual([]);
    expect(index.size).toBe(0);
  });

  test("what is read again without being new changes nothing", () => {
    const again = [fact("last_trade", "90"), fact("prev_close", "100")];
    expect(book.absorb(again)).toEqual(new Set());
    expect(book.absorb([fact("last_trade", "90", { asOf: secondsAgo(1) })])).toEqual(new Set([key]));
  });
});

describe("however rules come and go", () => {
  const prices = fc.integer({ min: 1, max: 3_000_000 }).map((cents) => price(new Decimal(cents).div(10_000).toFixed()));
  const threshold = fc.integer({ min: -50_000, max: 50_000 }).map((n) => n / 1_000);
  const type = fc.constantFrom<ReferenceRule["type"]>("price_below_pct_of_ref", "price_above_pct_of_ref");
  const step = fc.record({ user: fc.integer({ min: 0, max: 5 }), rules: fc.array(fc.tuple(type, threshold), { maxLength: 4 }), last: prices, close: prices });

  /** The rule as its definition says, in exact fractions. */
  const holds = (ruleType: ReferenceRule["type"], limit: number, last: Price, close: Price): boolean => {
    const left = new Decimal(last).minus(close).times(100);
    const right = new Decimal(close).times(limit);
    return ruleType === "price_below_pct_of_ref" ? left.lte(right) : left.gte(right);
  };

  test("exactly those fire that would if each were looked at alone", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const index = createRuleIndex();
        const users = new Map<number, { slots: readonly number[]; rules: [ReferenceRule["type"], number][] }>();
        for (const { user, rules, last, close } of steps) {
          index.remove(users.get(user)?.slots ?? []);
          const compiled = compileConfig(configOf(rules.map(([ruleType, limit], n) => rule({ id: `r${n}`, type: ruleType, threshold_pct: limit }))), "1.1");
          users.set(user, { slots: index.add(`u${user}`, compiled), rules });
          const book = bookOf(fact("last_trade", last), fact("prev_close", close));
          const found = index.evaluate(book, sessions, new Set([key]), []).firings.map((each) => `${each.firebaseUid} ${each.rule.rule.id}`);
          const expected = [...users].flatMap(([uid, held]) => held.rules.flatMap(([ruleType, limit], n) => (holds(ruleType, limit, last, close) ? [`u${uid} r${n}`] : [])));
          expect(found.toSorted()).toEqual(expected.toSorted());
          const singly = index.evaluate(book, sessions, new Set(), [...users.values()].flatMap((held) => held.slots)).firings;
          expect(singly).toHaveLength(found.length);
        }
        expect(index.size).toBe([...users.values()].reduce((sum, held) => sum + held.rules.length, 0));
      }),
    );
  });
});

describe("an evaluation in which thousands of rules hold", () => {
  const users = Array.from({ length: 12_000 }, (_, n) => `u${n}`);
  const index = createRuleIndex();
  const fresh: number[] = [];
  const other: ReferenceRule = rule({ id: "ibm", symbol: "IBM" });
  const compiled = compileConfig(configOf([rule(), other]), "1.1");
  for (const user of users) fresh.push(...index.add(user, compiled));
  const book = bookOf(fact("last_trade", "98"), fact("prev_close", "100"), fact("last_trade", "98", { symbol: "IBM" }), fact("prev_close", "100", { symbol: "IBM" }));

  test("comes to the same in stretches, between which others have their turn, as at once", () => {
    const what: Parameters<RuleIndex["evaluate"]> = [book, sessions, new Set([key]), fresh];
    const stretches = index.evaluateInStretches(...what);
    let turns = 0;
    let next = stretches.next();
    for (; next.done !== true; next = stretches.next()) turns += 1;
    const { firings } = next.value;
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(firings).toHaveLength(users.length * 2);
    expect(new Set(firings.map(({ firebaseUid, rule: { rule: { id } } }) => `${firebaseUid} ${id}`)).size).toBe(users.length * 2);
    expect(next.value).toEqual(index.evaluate(...what));
  });
});
