import { Type, type Static } from "typebox";
import { OrderStatus } from "./order.ts";
import { AssetClass, DecimalString, Feed, Instant, MarketSymbol, Side, TradingMode } from "./primitives.ts";

export const KillSwitchMode = Type.Enum(["block_new", "cancel_only", "flatten"]);
export type KillSwitchMode = Static<typeof KillSwitchMode>;

const switching = {
  enabled: Type.Boolean(),
  mode: Type.Optional(KillSwitchMode),
  reason: Type.Optional(Type.String({ maxLength: 200 })),
  confirmation: Type.Optional(Type.String({ format: "uuid", description: "Needed for `flatten`: the token of its preview. Good once." })),
};

/** `mode` may be left out when it is switched off. */
export const KillSwitchRequest = Type.Object(
  { ...switching, scope: Type.Optional(Type.Literal("user", { description: "Whose switch it is: the caller's own, and no other." })) },
  { $id: "KillSwitchRequest", additionalProperties: false },
);
export type KillSwitchRequest = Static<typeof KillSwitchRequest>;

export const KillSwitch = Type.Object(
  {
    enabled: Type.Boolean(),
    mode: Type.Union([KillSwitchMode, Type.Null()]),
    scope: Type.Union([Type.Literal("user"), Type.Literal("all"), Type.Null()]),
    reason: Type.Union([Type.String(), Type.Null()]),
    since: Type.Union([Instant, Type.Null()]),
  },
  { $id: "KillSwitch", additionalProperties: false },
);
export type KillSwitch = Static<typeof KillSwitch>;

/** An operator's, over everyone or over one user; switched off it names what is to be lifted. */
export const OperatorKillSwitchRequest = Type.Object(
  { ...switching, scope: Type.Enum(["all", "user"]), uid: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: "With the scope `user`, and only then." })) },
  { $id: "OperatorKillSwitchRequest", additionalProperties: false },
);
export type OperatorKillSwitchRequest = Static<typeof OperatorKillSwitchRequest>;

/** As many as are listed; the counts are of all. */
export const maxPreviewed = 200;

const PreviewedOrder = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    symbol: MarketSymbol,
    side: Side,
    notional_usd: Type.Union([DecimalString, Type.Null()]),
    qty: Type.Union([DecimalString, Type.Null()]),
    status: OrderStatus,
  },
  { additionalProperties: false },
);
const PreviewedSale = Type.Object(
  { symbol: MarketSymbol, qty: DecimalString, market_value: Type.Union([DecimalString, Type.Null()]) },
  { additionalProperties: false },
);

/** What a kill switch would do if it were set now. In every mode nothing new is bought; what is held can be sold. */
export const KillSwitchPreview = Type.Object(
  {
    mode: KillSwitchMode,
    scope: Type.Enum(["user", "all"]),
    denies: Type.Array(PreviewedOrder, { maxItems: maxPreviewed, description: "Approved buys that have not been sent." }),
    cancels: Type.Array(PreviewedOrder, { maxItems: maxPreviewed, description: "Orders at the broker that would be taken back." }),
    sells: Type.Array(PreviewedSale, { maxItems: maxPreviewed, description: "Positions that would be sold whole." }),
    counts: Type.Object({ denies: Type.Integer(), cancels: Type.Integer(), sells: Type.Integer() }, { additionalProperties: false }),
    confirmation: Type.Union(
      [Type.Object({ token: Type.String({ format: "uuid" }), expires_at: Instant }, { additionalProperties: false }), Type.Null()],
      { description: "With `flatten`: what the switch wants to be given. Null with the others, which want nothing." },
    ),
    server_time: Instant,
  },
  { $id: "KillSwitchPreview", additionalProperties: false },
);
export type KillSwitchPreview = Static<typeof KillSwitchPreview>;

export const Position = Type.Object(
  {
    symbol: MarketSymbol,
    qty: DecimalString,
    avg_entry_price: DecimalString,
    market_value: Type.Union([DecimalString, Type.Null()]),
    last_price: Type.Union([DecimalString, Type.Null()], { description: "The newest last trade, of any feed; null when there is none." }),
    last_price_as_of: Type.Union([Instant, Type.Null()]),
    missing_at_broker: Type.Optional(Type.Boolean({ description: "True when the account at the broker holds less of it than all users together own; left out otherwise." })),
  },
  { additionalProperties: false },
);
export type Position = Static<typeof Position>;

export const Headroom = Type.Object(
  { limit: DecimalString, used: DecimalString, left: DecimalString },
  { additionalProperties: false },
);
export type Headroom = Static<typeof Headroom>;

const UnlessUnknown = Type.Union([Headroom, Type.Null()], { description: "Null while what is used of it is not known; nothing passes that guardrail then." });

/** Under each guardrail that is in force and can be used up; one that the config leaves out is left out here. */
export const HeadroomByGuardrail = Type.Object({
  orders_per_day: Headroom,
  notional_usd_per_4h: Headroom,
  open_questions: Headroom,
  open_orders: Type.Optional(Headroom),
  orders_per_minute: Type.Optional(Headroom),
  gross_exposure_usd: Type.Optional(UnlessUnknown),
  daily_loss_usd: Type.Optional(UnlessUnknown),
  position_usd: Type.Optional(Type.Record(Type.String(), UnlessUnknown, { description: "By symbol: what is held or watched." })),
});
export type HeadroomByGuardrail = Static<typeof HeadroomByGuardrail>;

export const TradingStatus = Type.Object(
  {
    mode: TradingMode,
    enabled: Type.Boolean(),
    broker: Type.Enum(["simulator", "alpaca", "test"]),
    market: Type.Object({
      is_open: Type.Union([Type.Boolean(), Type.Null()], { description: "Null while unknown." }),
      trading_day: Type.Union([Type.String({ format: "date" }), Type.Null()]),
      next_open: Type.Union([Instant, Type.Null()]),
      next_close: Type.Union([Instant, Type.Null()]),
    }),
    buying_power: Type.Union([DecimalString, Type.Null()]),
    positions: Type.Array(Position),
    day_result_usd: Type.Union([DecimalString, Type.Null()], {
      description: "What the trading day has made of the user's own orders and holdings, sold or not. Null while the day or a price for it is not known.",
    }),
    headroom: HeadroomByGuardrail,
    kill_switch: KillSwitch,
    watching: Type.Array(MarketSymbol),
    next_look_at: Type.Union([Instant, Type.Null()]),
    server_time: Instant,
  },
  { $id: "TradingStatus", additionalProperties: false },
);
export type TradingStatus = Static<typeof TradingStatus>;

export const Snapshot = Type.Object(
  {
    symbol: MarketSymbol,
    asset_class: AssetClass,
    feed: Feed,
    metric: Type.String(),
    price: DecimalString,
    volume: Type.Union([DecimalString, Type.Null()]),
    as_of: Instant,
  },
  { additionalProperties: false },
);
export type Snapshot = Static<typeof Snapshot>;

export const SnapshotsPage = Type.Object({ snapshots: Type.Array(Snapshot), server_time: Instant }, { $id: "SnapshotsPage", additionalProperties: false });
export type SnapshotsPage = Static<typeof SnapshotsPage>;
