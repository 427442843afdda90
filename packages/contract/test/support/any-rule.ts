/** Rules that nobody thought of: well-formed ones, and ones with a slip in them. */
import fc from "fast-check";
import {
  accountFields, bandMoves, bandTests, barFields, changeReferences, clockFields, comparisons, crossings, factNames, firingModes, firingSessions, indicatorNames, positionFields,
  timeframes, trends, type Condition, type Firing, type Operand,
} from "../../src/rule-language.ts";

const timeframe = fc.constantFrom(...timeframes);
const offset = fc.integer({ min: 0, max: 500 });
const bar = fc.record({ bar: fc.constantFrom(...barFields), timeframe, offset }, { requiredKeys: ["bar", "timeframe"] });
const indicator = fc.record(
  { indicator: fc.constantFrom(...indicatorNames), timeframe, length: fc.integer({ min: 1, max: 500 }), deviations: fc.integer({ min: 1, max: 100 }).map((tenths) => tenths / 10), source: fc.constantFrom(...barFields), offset },
  { requiredKeys: ["indicator", "timeframe"] },
);
const change = fc.record({
  change: fc.constantFrom("percent" as const, "absolute" as const),
  from: fc.oneof(fc.constantFrom(...changeReferences), fc.record({ bars: fc.integer({ min: 1, max: 500 }), timeframe }), fc.record({ minutes: fc.integer({ min: 1, max: 1_440 }) })),
});

const { operand } = fc.letrec<{ operand: Operand }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map((thousandths) => thousandths / 1_000),
    fc.constantFrom(...factNames),
    bar,
    indicator,
    fc.record({ position: fc.constantFrom(...positionFields) }),
    fc.record({ account: fc.constantFrom(...accountFields) }),
    fc.record({ clock: fc.constantFrom(...clockFields) }),
    change,
    fc.record({ "+": fc.array(tie("operand"), { minLength: 2, maxLength: 3 }) }),
    fc.record({ "-": fc.tuple(tie("operand"), tie("operand")) }),
    fc.record({ "*": fc.array(tie("operand"), { minLength: 2, maxLength: 3 }) }),
    fc.record({ "/": fc.tuple(tie("operand"), tie("operand")) }),
  ),
}));

const seconds = fc.integer({ min: 1, max: 86_400 });

export const { condition: anyCondition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.record({ op: fc.constantFrom(...comparisons), left: operand, right: operand }),
    fc.record({ op: fc.constantFrom(...bandTests), value: operand, low: operand, high: operand }),
    fc.record({ op: fc.constantFrom(...crossings), left: operand, right: operand }),
    fc.record({ op: fc.constantFrom(...bandMoves), value: operand, low: operand, high: operand }),
    fc.record({ op: fc.constantFrom(...trends), value: fc.oneof(bar, indicator), bars: fc.integer({ min: 1, max: 500 }) }),
    fc.record({ all: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("condition"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie("condition") }),
    fc.record({ held_for: fc.record({ seconds, condition: tie("condition") }) }),
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the language; it never holds a function
    fc.record({ then_within: fc.record({ seconds, first: tie("condition"), then: tie("condition") }) }),
  ),
}));

const anyFiring: fc.Arbitrary<Firing> = fc.record(
  {
    mode: fc.constantFrom(...firingModes),
    timeframe,
    seconds: fc.integer({ min: 1, max: 604_800 }),
    rearm: anyCondition,
    at_start: fc.boolean(),
    expires_at: fc.constantFrom("2027-01-01T00:00:00Z", "2027-06-30T16:00:00.5-04:00"),
    session: fc.constantFrom(...firingSessions),
  },
  { requiredKeys: ["mode"] },
);

const anyAction = fc.oneof(
  fc.record({ action: fc.constant("notify") }),
  fc.record({ action: fc.constant("propose_exit"), portion_pct: fc.integer({ min: 1, max: 100 }) }, { requiredKeys: ["action"] }),
  fc
    .tuple(
      fc.record({ action: fc.constant("propose_order"), side: fc.constantFrom("buy", "sell"), order_type: fc.constantFrom("market", "limit"), limit_offset_bps: fc.integer({ min: -2_000, max: 2_000 }) }, { requiredKeys: ["action", "side"] }),
      fc.oneof(
        fc.record({ notional_usd: fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.record({ ask: fc.record({ min: fc.constant(5), max: fc.constant(50) }) })) }),
        fc.record({ qty: fc.integer({ min: 1, max: 100 }) }),
        fc.record({ equity_pct: fc.integer({ min: 1, max: 100 }) }),
        fc.record({ volatility: fc.record({ risk_usd: fc.integer({ min: 1, max: 100 }), atr_multiple: fc.constant(2), timeframe, length: fc.integer({ min: 2, max: 50 }) }) }),
      ),
    )
    .map(([terms, size]) => ({ ...terms, ...size })),
);

const begins = { id: fc.constant("mine"), symbol: fc.constantFrom("SPY", "BTC/USD"), question_template: fc.constant("{{symbol}}?") };
const goesOn = { on_answer_match: anyAction, cooldown_seconds: fc.constant(0), expires_in_seconds: fc.constant(60), max_staleness_seconds: fc.constant(60), max_drift_bps: fc.constant(50) };

/** Rules whose shape is right; what is in them may make no sense. */
export const anyShapedRule: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({ ...begins, type: fc.constant("condition"), when: anyCondition, fire: anyFiring, ...goesOn }, { requiredKeys: ["id", "symbol", "question_template", "type", "when", "on_answer_match", "cooldown_seconds", "expires_in_seconds", "max_staleness_seconds", "max_drift_bps"] }),
  fc.record({ ...begins, type: fc.constant("price_crosses_level"), level: fc.integer({ min: 1, max: 1_000 }), direction: fc.constantFrom("above", "below", "any"), ...goesOn }),
  fc.record({ ...begins, type: fc.constant("rsi_threshold"), timeframe, length: fc.integer({ min: 2, max: 100 }), op: fc.constantFrom("<", "<=", ">", ">="), level: fc.integer({ min: 0, max: 100 }), ...goesOn }),
  fc.record({ ...begins, type: fc.constantFrom("price_below_pct_of_ref", "price_above_pct_of_ref"), ref_metric: fc.constantFrom("prev_close", "day_low"), threshold_pct: fc.integer({ min: -50, max: 50 }), ...goesOn }),
);

type Slip = { at: number; kind: "drop" | "rename" | "replace" | "add"; value: unknown };

const anySlip: fc.Arbitrary<Slip> = fc.record({
  at: fc.nat(400),
  kind: fc.constantFrom("drop", "rename", "replace", "add"),
  value: fc.oneof(fc.constantFrom("last", "lst", "30", "", "<", "all"), fc.integer({ min: -2_000_000, max: 2_000_000 }), fc.boolean(), fc.constant(null), fc.constant([]), fc.constant({}), fc.constant([1, 2]), anyCondition),
});

/** A document with one slip at one of its places; sometimes it is right all the same. */
export const withSlip = (documents: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(documents, anySlip).map(([document, slip]) => {
    const changed: unknown = structuredClone(document);
    const places = placesIn(changed);
    places[slip.at % places.length]?.(slip);
    return changed;
  });

/** Whole configs whose shape is right. */
export const anyShapedConfig: fc.Arbitrary<unknown> = fc.record(
  {
    version: fc.constant(1),
    enabled: fc.boolean(),
    mode: fc.constantFrom("paper", "live"),
    data_inputs: fc.array(
      fc.record({
        id: fc.constantFrom("a", "b"), source: fc.constant("alpaca"), asset_class: fc.constantFrom("us_equity", "crypto"), symbols: fc.constantFrom(["SPY"], ["SPY", "BTC/USD"]),
        feed: fc.constantFrom("iex", "sip"), poll_interval_seconds: fc.integer({ min: 5, max: 60 }), metrics: fc.constantFrom(["last_trade"], ["last_trade", "quote"]),
      }),
      { maxLength: 2 },
    ),
    rules: fc.array(anyShapedRule, { maxLength: 1 }),
    guardrails: fc.record(
      { max_orders_per_day: fc.nat(9), max_notional_usd_per_4h: fc.nat(99), require_question_before_order: fc.boolean(), symbols_blocklist: fc.constantFrom([], ["GME"]), undo_seconds: fc.nat(60), max_order_qty: fc.constant(0.5) },
      { requiredKeys: ["max_orders_per_day", "max_notional_usd_per_4h", "require_question_before_order", "symbols_blocklist"] },
    ),
    restraint: fc.record({ max_cards_per_day: fc.constant(3), quiet_hours: fc.constant({ from: "22:00", to: "07:00", time_zone: "UTC" }), pause_after_skips: fc.nat(9) }, { requiredKeys: [] }),
  },
  { requiredKeys: ["version", "enabled", "mode", "data_inputs", "rules", "guardrails"] },
);

/** What can be done to each member of each list and object within. */
function placesIn(value: unknown): ((slip: Slip) => void)[] {
  if (typeof value !== "object" || value === null) return [];
  const holder: Record<string, unknown> | unknown[] = Array.isArray(value) ? value : Object.assign(value);
  return Object.entries(holder).flatMap(([key, member]) => [
    (slip: Slip): void => {
      if (Array.isArray(holder)) {
        if (slip.kind === "drop") holder.splice(Number(key), 1);
        else holder[Number(key)] = slip.value;
        return;
      }
      if (slip.kind === "drop" || slip.kind === "rename") delete holder[key];
      if (slip.kind === "rename") holder[`${key}s`] = member;
      if (slip.kind === "replace") holder[key] = slip.value;
      if (slip.kind === "add") holder["extra"] = slip.value;
    },
    ...placesIn(member),
  ]);
}
