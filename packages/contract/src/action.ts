/** What a rule may propose once its condition is true. */
import { Type, type Static } from "typebox";
import { Side } from "./primitives.ts";
import { Timeframe, ruleLimits } from "./rule-language.ts";

/** USD with at most two decimals. A JSON number, since people write these documents; decimal text inside Nod. */
export const Usd = (options: { minimum: number; maximum: number; description?: string }) => Type.Number(options);

/** A rule may leave the size to the answer: the question then is `numeric` and its answer is the notional. */
export const AskedAmount = Type.Object(
  {
    ask: Type.Object(
      { min: Usd({ minimum: 1, maximum: 1_000_000 }), max: Usd({ minimum: 1, maximum: 1_000_000 }) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export const NotionalUsd = Type.Union([Usd({ minimum: 1, maximum: 1_000_000 }), AskedAmount], {
  title: 'an amount in USD from 1 to 1000000, or {"ask": {"min": …, "max": …}} within it',
});
export type NotionalUsd = Static<typeof NotionalUsd>;

export const VolatilitySize = Type.Object(
  {
    risk_usd: Usd({ minimum: 1, maximum: 1_000_000, description: "What a move of `atr_multiple` average true ranges against the order costs." }),
    atr_multiple: Type.Number({ minimum: 0.1, maximum: 20 }),
    timeframe: Timeframe,
    length: Type.Integer({ minimum: 2, maximum: ruleLimits.length, description: "Bars of the average true range." }),
  },
  { additionalProperties: false },
);
export type VolatilitySize = Static<typeof VolatilitySize>;

const ExitPercent = (description: string) => Type.Number({ minimum: 0.1, maximum: 95, description });

/** Sells what a buy brought in, without another question: their approval is part of the buy's. */
export const Exits = Type.Object(
  {
    stop_loss_pct: Type.Optional(ExitPercent("Percent below the entry at which it is sold.")),
    take_profit_pct: Type.Optional(Type.Number({ minimum: 0.1, maximum: 1_000, description: "Percent above the entry at which it is sold." })),
    trailing_stop: Type.Optional(
      Type.Object(
        {
          trail_pct: ExitPercent("Percent below the highest price since the entry at which it is sold."),
          activate_at_pct: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000, default: 0, description: "Percent above the entry from which on it trails." })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type Exits = Static<typeof Exits>;

/** Exactly one of them says how much an order is for. */
export const orderSizes = ["notional_usd", "qty", "equity_pct", "volatility"] as const;
export type OrderSize =
  | { notional_usd: NotionalUsd }
  | { qty: number }
  | { equity_pct: number }
  | { volatility: VolatilitySize };

/** A proposal but for its size. `limit_offset_bps` is against the last trade; negative is below it. */
type OrderTerms = { action: "propose_order"; side: Side; order_type?: "market" | "limit"; limit_offset_bps?: number; exits?: Exits };
export type ProposeOrder = OrderTerms & OrderSize;

const proposeOrderFields = Type.Object(
  {
    action: Type.Literal("propose_order"),
    side: Side,
    notional_usd: Type.Optional(NotionalUsd),
    qty: Type.Optional(Type.Number({ minimum: 0.000_000_001, maximum: 1_000_000, description: "Shares or coins." })),
    equity_pct: Type.Optional(Type.Number({ minimum: 0.01, maximum: 100, description: "Percent of the account's equity." })),
    volatility: Type.Optional(VolatilitySize),
    order_type: Type.Optional(Type.Enum(["market", "limit"], { default: "market" })),
    limit_offset_bps: Type.Optional(Type.Integer({ minimum: -2_000, maximum: 2_000, default: 0, description: "Of a limit order, against the last trade; negative is below it." })),
    exits: Type.Optional(Exits),
  },
  { additionalProperties: false },
);
export const ProposeOrder = Type.Unsafe<ProposeOrder>({ ...proposeOrderFields, oneOf: orderSizes.map((size) => ({ properties: { [size]: {} }, required: [size] })) });

/** Asks to sell what is held, or a part of it. Nothing held: it does not fire. */
export const ProposeExit = Type.Object(
  { action: Type.Literal("propose_exit"), portion_pct: Type.Optional(Type.Number({ minimum: 1, maximum: 100, default: 100 })) },
  { additionalProperties: false },
);
export type ProposeExit = Static<typeof ProposeExit>;

/** A card that wants no order: either end of the swipe acknowledges it. */
export const Notify = Type.Object({ action: Type.Literal("notify") }, { additionalProperties: false });

/** What an override of a rule may say of its action; merged, it must be one of the actions. */
export const ActionOverride = Type.Object(
  {
    ...Type.Partial(proposeOrderFields).properties,
    ...Type.Partial(ProposeExit).properties,
    action: Type.Optional(Type.Enum(["propose_order", "propose_exit", "notify"])),
  },
  { additionalProperties: false },
);

export const Action = Type.Union([ProposeOrder, ProposeExit, Notify], { $id: "Action", title: "an action" });
export type Action = ProposeOrder | ProposeExit | Static<typeof Notify>;
