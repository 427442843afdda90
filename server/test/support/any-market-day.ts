/** Days that nobody thought of, and conditions near what happens on them: small numbers, so that ties and unknowns are common. */
import fc from "fast-check";
import { barFields, changeReferences, clockFields, comparisons, type Condition, type Operand } from "@nod/contract/rule-language";
import { createSymbolView, type SymbolView } from "../../src/trading/rules/symbol-view.ts";
import { noPosition, type UserView } from "../../src/trading/rules/user-view.ts";

/** What happens in a minute. Null: nothing came; `isHalted`: until the next minute. */
export type MarketMinute = { last: number | null; quote: number | null; volume: number; isHalted: boolean; isHeld: boolean };
export type MarketDay = { prevClose: number; minutes: MarketMinute[] };

const minuteMs = 60_000;
export const opensAtMs = Date.parse("2013-10-08T13:30:00Z");
const session = { tradingDay: "2013-10-08", opensAtMs, closesAtMs: Date.parse("2013-10-08T20:00:00Z") };

const quarter = fc.integer({ min: 390, max: 410 }).map((quarters) => quarters / 4);
const sometimes = (weight: number): fc.Arbitrary<boolean> => fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(false) }, { weight, arbitrary: fc.constant(true) });
const minute: fc.Arbitrary<MarketMinute> = fc.record({
  last: fc.option(quarter, { freq: 6 }),
  quote: fc.option(quarter, { freq: 3 }),
  volume: fc.integer({ min: 1, max: 5 }).map((hundreds) => hundreds * 100),
  isHalted: sometimes(1),
  isHeld: sometimes(5),
});
export const anyMarketDay: fc.Arbitrary<MarketDay> = fc.record({ prevClose: quarter, minutes: fc.array(minute, { minLength: 1, maxLength: 40 }) });

/** Tells a view what a minute brought, as of its end; @returns what is then known of the user */
export function live(view: SymbolView, { prevClose, minutes }: MarketDay, index: number): UserView {
  const minuteOf = minutes[index];
  if (minuteOf === undefined) throw new RangeError(`the day has no minute ${index}`);
  const startsAtMs = opensAtMs + index * minuteMs;
  const nowMs = startsAtMs + minuteMs;
  if (index === 0) view.setSession(session);
  view.setFact("prev_close", prevClose, opensAtMs, session.tradingDay);
  view.suspend(minuteOf.isHalted ? "halt" : null);
  view.setTime(nowMs);
  const { last, quote, volume } = minuteOf;
  if (last !== null) {
    view.setFact("last", last, nowMs);
    view.closeBar("1Min", { startsAtMs, open: last, high: last + 0.25, low: last - 0.25, close: last, volume });
  }
  if (quote !== null) {
    view.setFact("bid", quote - 0.25, nowMs);
    view.setFact("ask", quote, nowMs);
  }
  const position = minuteOf.isHeld ? { qty: 2, avgEntry: prevClose, peak: prevClose + 1, openedAtMs: opensAtMs } : noPosition;
  return { position, account: { equity: 1_000, cash: 100, dayPlPct: 0, ordersToday: index % 3 } };
}

export const newMarket = (): SymbolView => createSymbolView();

const length = fc.integer({ min: 2, max: 5 });
const indicator = fc.record({
  indicator: fc.constantFrom("sma" as const, "ema" as const, "vwap" as const, "bollinger_upper" as const, "highest" as const, "lowest" as const),
  timeframe: fc.constant("1Min" as const),
  length,
});
const bar = fc.record({ bar: fc.constantFrom(...barFields), timeframe: fc.constant("1Min" as const), offset: fc.nat(3) });
const operand: fc.Arbitrary<Operand> = fc.oneof(
  { weight: 3, arbitrary: fc.constant("last" as const) },
  { weight: 3, arbitrary: quarter },
  fc.constantFrom("bid" as const, "mid" as const, "prev_close" as const, "day_open" as const),
  indicator,
  bar,
  fc.record({ "+": fc.tuple(fc.constantFrom("last" as const, "prev_close" as const), fc.constantFrom(-0.25, 0, 0.25)) }).map((sum): Operand => ({ "+": [...sum["+"]] })),
);
const change = fc.record({ change: fc.constant("percent" as const), from: fc.oneof(fc.constantFrom(...changeReferences), fc.record({ bars: length, timeframe: fc.constant("1Min" as const) }), fc.record({ minutes: length })) });
const small = fc.integer({ min: -4, max: 4 }).map((quarters) => quarters / 4);
const seconds = fc.constantFrom(60, 120, 300);

/** Each with its operands near one another. */
const simple: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ op: fc.constantFrom(...comparisons), left: operand, right: operand }),
  fc.record({ op: fc.constantFrom(...comparisons), left: change, right: small }),
  fc.record({ op: fc.constantFrom(...comparisons), left: fc.record({ clock: fc.constantFrom(...clockFields) }), right: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ op: fc.constantFrom("between" as const, "outside" as const, "enters" as const, "leaves" as const), value: operand, low: operand, high: operand }),
  fc.record({ op: fc.constantFrom("crosses" as const, "crosses_above" as const, "crosses_below" as const), left: operand, right: operand }),
  fc.record({ op: fc.constantFrom("rising" as const, "falling" as const), value: fc.oneof(bar, indicator), bars: fc.integer({ min: 1, max: 3 }) }),
);

export const { anyNearCondition } = fc.letrec<{ anyNearCondition: Condition }>((tie) => ({
  anyNearCondition: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    simple,
    fc.record({ all: fc.array(tie("anyNearCondition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("anyNearCondition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("anyNearCondition") }),
    fc.record({ held_for: fc.record({ seconds, condition: tie("anyNearCondition") }) }),
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the language; it never holds a function
    fc.record({ then_within: fc.record({ seconds, first: tie("anyNearCondition"), then: tie("anyNearCondition") }) }),
  ),
}));
