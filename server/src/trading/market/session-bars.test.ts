import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { price, quantity } from "../../core/decimal.ts";
import { newYorkInstant } from "../../core/trading-day.ts";
import { aggregateMinutes, createBarAggregator, type FinishedBar, type IntradayTimeframe, type SessionMinute } from "./session-bars.ts";

const sessionOf = (day: string, close = "16:00") => ({ opensAtMs: newYorkInstant(day, "09:30").getTime(), closesAtMs: newYorkInstant(day, close).getTime() });
type Session = ReturnType<typeof sessionOf>;

/** The n-th minute of a session, at a price. */
const minute = (day: string, session: Session | null, n: number, at: string | { open: string; high: string; low: string; close: string }, volume = "100"): SessionMinute => {
  const prices = typeof at === "string" ? { open: at, high: at, low: at, close: at } : at;
  const startsAt = new Date((session?.opensAtMs ?? Date.parse(`${day}T00:00:00Z`)) + n * 60_000);
  return { tradingDay: day, session, bar: { symbol: "SPY", startsAt, open: price(prices.open), high: price(prices.high), low: price(prices.low), close: price(prices.close), volume: quantity(volume) } };
};
const whole = (day: string, session: Session): SessionMinute[] => Array.from({ length: (session.closesAtMs - session.opensAtMs) / 60_000 }, (_, n) => minute(day, session, n, `${100 + n}`));
const stretches = (bars: readonly FinishedBar[]): string[] => bars.map((bar) => `${bar.startsAt.toISOString().slice(11, 16)}-${bar.endsAt.toISOString().slice(11, 16)}`);

describe("bars made of minutes", () => {
  test("open with their first minute, close with their last, and have the extremes and the volume of all", () => {
    const session = sessionOf("2013-10-08");
    const minutes = [
      minute("2013-10-08", session, 0, { open: "167.42", high: "167.50", low: "167.10", close: "167.20" }, "1000"),
      minute("2013-10-08", session, 1, { open: "167.21", high: "168.00", low: "167.2", close: "167.9" }, "250.5"),
      minute("2013-10-08", session, 4, { open: "167.8", high: "167.8", low: "167.05", close: "167.11" }, "7"),
    ];
    expect(aggregateMinutes(minutes, "5Min", session.opensAtMs + 5 * 60_000)).toEqual([
      { symbol: "SPY", tradingDay: "2013-10-08", startsAt: new Date("2013-10-08T13:30:00Z"), endsAt: new Date("2013-10-08T13:35:00Z"), open: "167.42", high: "168", low: "167.05", close: "167.11", volume: "1257.5" },
    ]);
  });

  test("of an hour begin at the open, and the last one is the half hour before the close", () => {
    const session = sessionOf("2013-10-08");
    const bars = aggregateMinutes(whole("2013-10-08", session), "1Hour", session.closesAtMs);
    expect(stretches(bars)).toEqual(["13:30-14:30", "14:30-15:30", "15:30-16:30", "16:30-17:30", "17:30-18:30", "18:30-19:30", "19:30-20:00"]);
    expect(bars.at(-1)).toMatchObject({ open: "460", close: "489", volume: "3000" });
  });

  test("end at one o'clock on the half day after Thanksgiving", () => {
    const session = sessionOf("2013-11-29", "13:00");
    const bars = aggregateMinutes(whole("2013-11-29", session), "1Hour", session.closesAtMs);
    expect(stretches(bars)).toEqual(["14:30-15:30", "15:30-16:30", "16:30-17:30", "17:30-18:00"]);
    expect(aggregateMinutes(whole("2013-11-29", session), "15Min", session.closesAtMs)).toHaveLength(14);
  });

  test("begin an hour later in UTC once New York's clocks have gone back, and an hour earlier once they have gone forward", () => {
    const opens = (day: string): string | undefined => stretches(aggregateMinutes(whole(day, sessionOf(day)), "1Hour", Infinity))[0];
    expect([opens("2013-11-01"), opens("2013-11-04"), opens("2014-03-07"), opens("2014-03-10")]).toEqual(["13:30-14:30", "14:30-15:30", "14:30-15:30", "13:30-14:30"]);
  });

  test("never reach from one session into the next, however few minutes were traded", () => {
    const [friday, monday] = [sessionOf("2013-10-04"), sessionOf("2013-10-07")];
    const bars = aggregateMinutes([minute("2013-10-04", friday, 389, "10"), minute("2013-10-07", monday, 0, "20"), minute("2013-10-07", monday, 61, "30")], "1Hour", monday.opensAtMs + 120 * 60_000);
    expect(bars.map((bar) => [bar.tradingDay, bar.open, bar.close])).toEqual([["2013-10-04", "10", "10"], ["2013-10-07", "20", "20"], ["2013-10-07", "30", "30"]]);
  });

  test("of crypto follow UTC's clock, through the night", () => {
    const bars = aggregateMinutes([0, 14, 15, 59, 60].map((n) => minute("2026-03-08", null, n, "5")), "15Min", Date.parse("2026-03-08T01:15:00Z"));
    expect(stretches(bars)).toEqual(["00:00-00:15", "00:15-00:30", "00:45-01:00", "01:00-01:15"]);
  });

  test("are told when they are over and not before", () => {
    const session = sessionOf("2013-10-08");
    const aggregator = createBarAggregator("5Min");
    const minutes = whole("2013-10-08", session).slice(0, 6);
    expect(minutes.slice(0, 5).map((each) => aggregator.add(each))).toEqual([null, null, null, null, null]);
    expect(aggregator.finish(session.opensAtMs + 4 * 60_000)).toBeNull();
    expect(aggregator.add(minutes[5] ?? minute("2013-10-08", session, 5, "1"))).toMatchObject({ open: "100", close: "104" });
    expect(aggregator.finish(session.opensAtMs + 5 * 60_000)).toBeNull();
    expect(aggregator.finish(session.opensAtMs + 10 * 60_000)).toMatchObject({ open: "105" });
    expect(aggregator.finish(Infinity)).toBeNull();
  });

  test("a price that doubles cannot tell apart from the extreme still moves it", () => {
    const session = sessionOf("2013-10-08");
    const minutes = ["123456789012345.000000001", "123456789012345.000000002"].map((at, n) => minute("2013-10-08", session, n, at));
    expect(aggregateMinutes(minutes, "5Min", Infinity)[0]).toMatchObject({ high: "123456789012345.000000002", low: "123456789012345.000000001" });
  });

  test("lose no share and invent no extreme, whichever minutes are missing", () => {
    const session = sessionOf("2013-10-08");
    const timeframes: IntradayTimeframe[] = ["1Min", "5Min", "15Min", "1Hour"];
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 389 }), { minLength: 1 }), fc.constantFrom(...timeframes), (indices, timeframe) => {
        const minutes = indices.toSorted((a, b) => a - b).map((n) => minute("2013-10-08", session, n, `${50 + ((n * 37) % 91)}.${n % 10}`, `${n + 1}`));
        const bars = aggregateMinutes(minutes, timeframe, session.closesAtMs);
        const total = (values: readonly { volume: string }[]): number => values.reduce((sum, { volume }) => sum + Number(volume), 0);
        expect(total(bars)).toBe(total(minutes.map(({ bar }) => bar)));
        expect(Math.max(...bars.map((bar) => Number(bar.high)))).toBe(Math.max(...minutes.map(({ bar }) => Number(bar.high))));
        for (const [n, bar] of bars.entries()) expect(bar.startsAt.getTime()).toBeGreaterThanOrEqual(bars[n - 1]?.endsAt.getTime() ?? 0);
      }),
    );
  });
});
