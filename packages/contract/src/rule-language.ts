/**
 * The language that rules are written in: what a condition is made of. The types stand here; what a text of the language
 * must satisfy beyond its shape is checked by the server, which names the place of every fault.
 *
 * Every value is a number or unknown. What is missing, stale, suspended or has too little history is unknown; a comparison
 * with an unknown is unknown, and what is unknown never fires.
 */
import { Type, type Static, type TSchema, type TUnsafe } from "typebox";

export const timeframes = ["1Min", "5Min", "15Min", "1Hour", "1Day"] as const;
export const Timeframe = Type.Enum(timeframes);
export type Timeframe = Static<typeof Timeframe>;

/** Of the rule's symbol, as last known. `spread_bps`: the spread over the mid, in basis points; `age_seconds`: of the last trade. */
export const factNames = ["last", "bid", "ask", "mid", "spread_bps", "age_seconds", "day_open", "day_high", "day_low", "day_volume", "prev_close"] as const;
export type FactName = (typeof factNames)[number];

/** Of a finished bar; `offset` 0 is the last one that is over. */
export const barFields = ["open", "high", "low", "close", "volume"] as const;
export type BarField = (typeof barFields)[number];

/**
 * Over finished bars of one timeframe. `vwap` is of the day's session; `zscore` is how many standard deviations the last
 * bar's return (or volume, by `source`) lies from the mean of the `length` before it; `relative_volume` the last bar's volume
 * over the mean of the `length` before it; `volatility` the standard deviation of `length` returns, in percent of a bar.
 */
export const indicatorNames = [
  "sma", "ema", "rsi", "atr", "vwap", "bollinger_upper", "bollinger_middle", "bollinger_lower", "zscore", "highest", "lowest", "relative_volume", "volatility",
] as const;
export type IndicatorName = (typeof indicatorNames)[number];

/** The user's position in the rule's symbol. Without one only `qty` is known: it is 0. `peak`: the highest price since entry. */
export const positionFields = ["qty", "avg_entry", "unrealized_pct", "peak", "age_seconds"] as const;
export type PositionField = (typeof positionFields)[number];

export const accountFields = ["equity", "cash", "day_pl_pct", "orders_today"] as const;
export type AccountField = (typeof accountFields)[number];

/** `weekday`: 1 Monday to 7 Sunday, in New York. The minutes are of the session that is on, and unknown outside of one. */
export const clockFields = ["minutes_since_open", "minutes_until_close", "weekday"] as const;
export type ClockField = (typeof clockFields)[number];

export const comparisons = ["<", "<=", "=", "!=", ">=", ">"] as const;
export type Comparison = (typeof comparisons)[number];
export const bandTests = ["between", "outside"] as const;
export const crossings = ["crosses", "crosses_above", "crosses_below"] as const;
export const bandMoves = ["enters", "leaves"] as const;
export const trends = ["rising", "falling"] as const;
export const changeReferences = ["prev_close", "day_open", "entry", "peak"] as const;
export const firingModes = ["once", "once_per_bar", "once_per_day", "every", "on_change"] as const;
export const firingSessions = ["regular", "first_hour", "last_hour"] as const;

export type BarOperand = { bar: BarField; timeframe: Timeframe; offset?: number };
/** `length` in bars (no `vwap`); `deviations` of the Bollinger bands only; `source` of `sma`, `ema`, `highest`, `lowest`, `zscore`. */
export type IndicatorOperand = { indicator: IndicatorName; timeframe: Timeframe; length?: number; deviations?: number; source?: BarField; offset?: number };

/** What a change is measured from; `entry` and `peak` are the position's. */
export type ChangeFrom = (typeof changeReferences)[number] | { bars: number; timeframe: Timeframe } | { minutes: number };

export type Operand =
  | number
  | FactName
  | BarOperand
  | IndicatorOperand
  | { position: PositionField }
  | { account: AccountField }
  | { clock: ClockField }
  /** Of the last trade. */
  | { change: "percent" | "absolute"; from: ChangeFrom }
  | { "+": Operand[] }
  | { "-": [Operand, Operand] }
  | { "*": Operand[] }
  | { "/": [Operand, Operand] };

export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  /** True once it has been true at every look for so long. */
  | { held_for: { seconds: number; condition: Condition } }
  /** True when `then` turns true at most so long after `first` was last true. */
  | { then_within: { seconds: number; first: Condition; then: Condition } }
  | { op: Comparison; left: Operand; right: Operand }
  /** Both ends belong to the band. */
  | { op: (typeof bandTests)[number]; value: Operand; low: Operand; high: Operand }
  /** From one look to the next; the first look has none before it and is unknown. */
  | { op: (typeof crossings)[number]; left: Operand; right: Operand }
  | { op: (typeof bandMoves)[number]; value: Operand; low: Operand; high: Operand }
  /** Each of the last `bars` bars above (below) the one before it. */
  | { op: (typeof trends)[number]; value: BarOperand | IndicatorOperand; bars: number };

/**
 * When a condition that is true becomes a firing.
 * `once`: never again until the rule is changed; `once_per_bar`, `once_per_day`: by the bar's or the trading day's start;
 * `every`: while it stays true, each `seconds`; `on_change`: when it turns true, and again only after it was not true
 * (`rearm`, when given, must have been true meanwhile: hysteresis).
 */
export type Firing = {
  mode: (typeof firingModes)[number];
  /** `once_per_bar`. */
  timeframe?: Timeframe;
  /** `every`. */
  seconds?: number;
  rearm?: Condition;
  /** What holds already when the rule is switched on fires as well. Default false. */
  at_start?: boolean;
  /** From then on it never fires. */
  expires_at?: string;
  /** Default `regular`. `first_hour`, `last_hour`: of the regular session. */
  session?: (typeof firingSessions)[number];
};

/** The most that a text may be: beyond it, it is refused. */
export const ruleLimits = {
  depth: 8,
  nodes: 100,
  length: 500,
  offset: 500,
  heldForSeconds: 86_400,
  operands: 20,
  changeMinutes: 1_440,
  /** Finished bars of one timeframe that one operand may reach back: some 20 years of days, and of minutes two weeks. */
  history: 5_000,
  /** Largest constant; with nine decimals it is still told apart from its neighbours by exact arithmetic. */
  constant: 1_000_000_000_000,
} as const;

const reference = <T>(name: string): TUnsafe<T> => Type.Unsafe<T>({ $ref: name });
const anOperand = reference<Operand>("Operand");
const aCondition = reference<Condition>("Condition");

const seconds = Type.Integer({ minimum: 1, maximum: ruleLimits.heldForSeconds });
const bars = Type.Integer({ minimum: 1, maximum: ruleLimits.length });
const length = Type.Integer({ minimum: 1, maximum: ruleLimits.length, description: "In bars." });
const offset = Type.Optional(Type.Integer({ minimum: 0, maximum: ruleLimits.offset, default: 0, description: "0 is the last bar that is over." }));
const closed = { additionalProperties: false };

const BarOperand = Type.Object({ bar: Type.Enum(barFields), timeframe: Timeframe, offset }, closed);
const IndicatorOperand = Type.Object(
  {
    indicator: Type.Enum(indicatorNames),
    timeframe: Timeframe,
    length: Type.Optional(length),
    deviations: Type.Optional(Type.Number({ minimum: 0.1, maximum: 10 })),
    source: Type.Optional(Type.Enum(barFields)),
    offset,
  },
  closed,
);
const ChangeFrom = Type.Union(
  [
    Type.Enum(changeReferences),
    Type.Object({ bars, timeframe: Timeframe }, closed),
    Type.Object({ minutes: Type.Integer({ minimum: 1, maximum: ruleLimits.changeMinutes }) }, closed),
  ],
  { title: "what a change is measured from" },
);
const several = (least: number): TSchema => Type.Array(anOperand, { minItems: least, maxItems: ruleLimits.operands });
const two = Type.Array(anOperand, { minItems: 2, maxItems: 2 });

export const Operand = Type.Unsafe<Operand>(
  Type.Union(
    [
      Type.Number({ minimum: -ruleLimits.constant, maximum: ruleLimits.constant }),
      Type.Enum(factNames),
      BarOperand,
      IndicatorOperand,
      Type.Object({ position: Type.Enum(positionFields) }, closed),
      Type.Object({ account: Type.Enum(accountFields) }, closed),
      Type.Object({ clock: Type.Enum(clockFields) }, closed),
      Type.Object({ change: Type.Enum(["percent", "absolute"]), from: ChangeFrom }, closed),
      Type.Object({ "+": several(2) }, closed),
      Type.Object({ "-": two }, closed),
      Type.Object({ "*": several(2) }, closed),
      Type.Object({ "/": two }, closed),
    ],
    { $id: "Operand", title: "a number, the name of a fact, or an operand", description: "A number, the name of a fact of the rule's symbol, or an object that names a value or computes one." },
  ),
);

const band = { value: Operand, low: Operand, high: Operand };

export const Condition = Type.Unsafe<Condition>(
  Type.Union(
    [
      Type.Object({ all: Type.Array(aCondition, { minItems: 1, maxItems: ruleLimits.operands }) }, closed),
      Type.Object({ any: Type.Array(aCondition, { minItems: 1, maxItems: ruleLimits.operands }) }, closed),
      Type.Object({ not: aCondition }, closed),
      Type.Object({ held_for: Type.Object({ seconds, condition: aCondition }, closed) }, closed),
      // oxlint-disable-next-line unicorn/no-thenable -- a key of the language; it never holds a function
      Type.Object({ then_within: Type.Object({ seconds, first: aCondition, then: aCondition }, closed) }, closed),
      Type.Object({ op: Type.Enum(comparisons), left: Operand, right: Operand }, closed),
      Type.Object({ op: Type.Enum(bandTests), ...band }, closed),
      Type.Object({ op: Type.Enum(crossings), left: Operand, right: Operand }, closed),
      Type.Object({ op: Type.Enum(bandMoves), ...band }, closed),
      Type.Object({ op: Type.Enum(trends), value: Type.Union([BarOperand, IndicatorOperand], { title: "a bar or an indicator" }), bars }, closed),
    ],
    { $id: "Condition", title: "a condition", description: "What must be so for the rule to fire. True, false or unknown; what is unknown never fires." },
  ),
);

export const Firing = Type.Unsafe<Firing>(
  Type.Object(
    {
      mode: Type.Enum(firingModes),
      timeframe: Type.Optional(Timeframe),
      seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
      rearm: Type.Optional(Condition),
      at_start: Type.Optional(Type.Boolean({ default: false })),
      expires_at: Type.Optional(Type.String({ format: "date-time" })),
      session: Type.Optional(Type.Enum(firingSessions)),
    },
    { $id: "Firing", additionalProperties: false },
  ),
);
