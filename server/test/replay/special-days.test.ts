/** A split, a half day, the days on which the clocks change, and a market that never closes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ConditionRule, Rule } from "@nod/contract/trading-config";
import { price, quantity } from "../../src/core/decimal.ts";
import { newYorkInstant } from "../../src/core/trading-day.ts";
import type { Bar } from "../../src/trading/ports.ts";
import { createBarsTimeline, cryptoSession, type RecordedDaily, type RecordedMarket, type RecordedSplit, type ReplaySession } from "../../src/trading/replay/bars-timeline.ts";
import type { Market, Moment } from "../../src/trading/replay/timeline.ts";
import { marketOf, moveRule, recordedFolder, replayedConfig, replayMoments } from "../support/replaying.ts";

/** The days as they were recorded: `[date, open, high, low, close, volume]`. */
function daysOf(symbol: string): RecordedDaily[] {
  return readFileSync(join(recordedFolder, `daily/${symbol}.csv`), "utf8").trim().split("\n").slice(1).map((line) => {
    const [date = "", open = "", high = "", low = "", close = "", volume = ""] = line.trim().split(",");
    return { tradingDay: date, bar: { symbol, startsAt: newYorkInstant(date, "00:00"), open: price(open), high: price(high), low: price(low), close: price(close), volume: quantity(volume) } };
  });
}

const flat = (symbol: string, startsAt: Date, at: string): Bar => ({ symbol, startsAt, open: price(at), high: price(at), low: price(at), close: price(at), volume: quantity("100") });
const at = (symbol: string, date: string, prices: Record<string, string>): Bar[] => Object.entries(prices).map(([time, value]) => flat(symbol, newYorkInstant(date, time), value));
const session = (tradingDay: string, previous: string, close = "16:00"): ReplaySession => ({
  assetClass: "us_equity", tradingDay, previous, opensAtMs: newYorkInstant(tradingDay, "09:30").getTime(), closesAtMs: newYorkInstant(tradingDay, close).getTime(),
});

function momentsOver(market: RecordedMarket, sessions: readonly ReplaySession[], minutes: readonly Bar[]): Moment[] {
  const timeline = createBarsTimeline([market]);
  return sessions.flatMap((each) => [...timeline.play(each, () => minutes)]);
}
const asked = (rules: Rule[], moments: readonly Moment[]) => replayMoments(replayedConfig(rules), moments).questions.map(({ at: when, rule_id: id, price: seen }) => `${when.slice(0, 16)} ${id} ${seen}`);
const on = (id: string, symbol: string, when: ConditionRule["when"], changes: Partial<ConditionRule> = {}): ConditionRule => ({
  id, type: "condition", symbol, when, question_template: "{{symbol}}?", on_answer_match: { action: "notify" }, cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 180, max_drift_bps: 50, ...changes,
});

describe("2014-06-09, when one share of AAPL became seven", () => {
  // It closed at 645.57 before. That is 92.2243 of the new shares; they opened at 92.69, fell to 91.75 and closed at 93.70.
  const days = daysOf("AAPL");
  const minutes = [
    ...at("AAPL", "2014-06-06", { "09:30": "650.00", "12:00": "644.48", "15:58": "645.57" }),
    ...at("AAPL", "2014-06-09", { "09:30": "92.69", "11:00": "91.75", "12:00": "93.88", "15:58": "93.70" }),
  ];
  const sessions = [session("2014-06-06", "2014-06-05"), session("2014-06-09", "2014-06-06")];
  const over = (splits: RecordedSplit[]) => momentsOver({ market: marketOf("AAPL"), days, splits }, sessions, minutes);
  const known = over([{ exDate: "2014-06-09", ratio: "7" }]);

  test("nothing fires on the raw close: a fall of 85 % that was none", () => {
    expect(asked([moveRule("AAPL", -50), moveRule("AAPL", -1.5)], known)).toEqual([]);
  });

  test("what fires does so on the close in the new shares", () => {
    // 91.75 of 92.2243 is -0.514 %; 93.88 is +1.795 %.
    expect(asked([moveRule("AAPL", -0.5), moveRule("AAPL", 1.5)], known)).toEqual(["2014-06-09T15:01 aapl_falls_0_5 91.75", "2014-06-09T16:01 aapl_rises_1_5 93.88"]);
  });

  test("bars from before it are in the new shares as well: the close of the day before, and of the minute before", () => {
    const against = (left: ConditionRule["when"]) => asked([on("seen", "AAPL", left, { fire: { mode: "once", at_start: true } })], known);
    // 644.82 on 2014-06-04, 647.35 on 06-05 and 645.57 on 06-06 are 92.1171, 92.4786 and 92.2243: 92.2733 on average.
    expect(against({ op: "between", value: { indicator: "sma", timeframe: "1Day", length: 3 }, low: 92.27, high: 92.28 })).toEqual(["2014-06-09T13:31 seen 92.69"]);
    expect(against({ op: "=", left: { bar: "close", timeframe: "1Min", offset: 1 }, right: 92.2243 })).toEqual(["2014-06-09T13:31 seen 92.69"]);
  });

  test("who holds one share holds seven, and is neither richer nor poorer for it", () => {
    // Bought at 15:58's open on 06-06, after noon: one at 645.57, five basis points more are 645.892785. Worth 655.90 at 93.70.
    const bought = moveRule("AAPL", -0.4, { on_answer_match: { action: "propose_order", side: "buy", qty: 1, exits: { stop_loss_pct: 20 } }, cooldown_seconds: 86_400 * 7 });
    const result = replayMoments(replayedConfig([bought]), known);
    expect(result.fills).toMatchObject([{ at: "2014-06-06T19:58:00.000Z", qty: "1", price: "645.892785" }]);
    // The shares cost 92.2704 each by then: 655.90 - 645.89.
    expect(result).toMatchObject({ ends_with_usd: "10010.01", questions: [{ made_usd: "10.01" }] });
  });

  test("while what lies before it is in the old shares nothing fires at all", () => {
    expect(asked([moveRule("AAPL", -1.5), moveRule("AAPL", -50), on("low", "AAPL", { op: "<", left: "last", right: 92 })], over([{ exDate: "2014-06-09", ratio: null }]))).toEqual([]);
  });
});

describe("2013-11-29, which ended at one o'clock", () => {
  const minutes = at("SPY", "2013-11-29", { "09:29": "150", "09:30": "181.34", "11:00": "180.80", "12:15": "181.75", "12:29": "181.00", "12:30": "180.95", "12:59": "170", "13:00": "150" });
  const moments = momentsOver({ market: marketOf("SPY"), days: daysOf("SPY"), splits: [] }, [session("2013-11-29", "2013-11-27", "13:00")], minutes);

  test("minutes before the open and after the early close are in no session", () => {
    // The close of 11-27 is 181.12; 180.80 is -0.177 %. The market is closed when the last minute (170) is known.
    expect(asked([moveRule("SPY", -0.15), moveRule("SPY", -5)], moments)).toEqual(["2013-11-29T16:01 spy_falls_0_15 180.8"]);
  });

  test("half an hour before the close is half past twelve", () => {
    expect(asked([on("late", "SPY", { op: "<=", left: { clock: "minutes_until_close" }, right: 30 })], moments)).toEqual(["2013-11-29T17:30 late 181"]);
  });

  test("its last hour has half an hour", () => {
    const hours = moments.flatMap(({ atMs, events }) => events.flatMap((event) => (event.kind === "bar" && event.timeframe === "1Hour" ? [[new Date(atMs).toISOString().slice(11, 16), event.bar.open, event.bar.close]] : [])));
    expect(hours).toEqual([["15:30", "181.34", "181.34"], ["16:30", "180.8", "180.8"], ["17:30", "181.75", "181"], ["18:00", "180.95", "170"]]);
  });
});

describe("the days on which the clocks change", () => {
  test("SPY opens at half past nine in New York before and after 2013-11-03: an hour later in UTC", () => {
    const sessions = [session("2013-11-01", "2013-10-31"), session("2013-11-04", "2013-11-01")];
    const minutes = [...at("SPY", "2013-11-01", { "09:30": "176", "15:00": "170" }), ...at("SPY", "2013-11-04", { "09:30": "176.2", "15:00": "170" })];
    const moments = momentsOver({ market: marketOf("SPY"), days: daysOf("SPY"), splits: [] }, sessions, minutes);
    expect(asked([moveRule("SPY", -3)], moments)).toEqual(["2013-11-01T19:01 spy_falls_3 170", "2013-11-04T20:01 spy_falls_3 170"]);
  });

  test("crypto's day has twenty-five hours then, and goes over into the next without a break", () => {
    const market: Market = { ...marketOf("BTC/USD"), key: "iex crypto BTC/USD", assetClass: "crypto" };
    const [first, second] = [cryptoSession("2013-11-03"), cryptoSession("2013-11-04")];
    expect((first.closesAtMs - first.opensAtMs) / 3_600_000).toBe(25);
    expect(second.opensAtMs).toBe(first.closesAtMs);
    const minutes = [flat("BTC/USD", new Date(first.opensAtMs), "200"), flat("BTC/USD", new Date(first.closesAtMs - 60_000), "210"), flat("BTC/USD", new Date(second.opensAtMs + 60_000), "190")];
    const days = [{ tradingDay: "2013-11-02", bar: flat("BTC/USD", newYorkInstant("2013-11-02", "00:00"), "200") }, { tradingDay: "2013-11-03", bar: flat("BTC/USD", newYorkInstant("2013-11-03", "00:00"), "210") }];
    const moments = momentsOver({ market, days, splits: [] }, [first, second], minutes);
    const config = replayedConfig([moveRule("BTC/USD", 4), moveRule("BTC/USD", -9)]);
    const crypto = { ...config, data_inputs: config.data_inputs.map((input) => ({ ...input, asset_class: "crypto" as const })) };
    const result = replayMoments(crypto, moments);
    // 210 is 5 % above 200, and known when that day is over: against the new day's previous close it is nothing. 190 is 9.52 % below that.
    expect(result.questions.map(({ at: when, rule_id: id }) => `${when.slice(0, 16)} ${id}`)).toEqual(["2013-11-04T05:02 btc/usd_falls_9"]);
    expect(result.equity).toMatchObject([{ at: "2013-11-04T05:00:00.000Z" }]);
  });
});
