import { Type, type Static } from "typebox";
import { AssetClass, DecimalString, Feed, Instant, MarketSymbol } from "./primitives.ts";

/** At most this many points: one a minute of a regular session is 390. */
export const maxPricePoints = 480;

/** The last trades of one symbol on one day, oldest first, thinned to the last one of each interval: the card's small chart. */
export const PriceLine = Type.Object(
  {
    symbol: MarketSymbol,
    asset_class: Type.Union([AssetClass, Type.Null()]),
    feed: Type.Union([Feed, Type.Null()], { description: "Null when nothing has been recorded for the symbol." }),
    day: Type.Union([Type.String({ format: "date" }), Type.Null()], { description: "The newest day with a trade, in New York." }),
    prev_close: Type.Union([DecimalString, Type.Null()]),
    interval_seconds: Type.Integer({ minimum: 1 }),
    points: Type.Array(Type.Object({ as_of: Instant, price: DecimalString }, { additionalProperties: false }), { maxItems: maxPricePoints }),
    server_time: Instant,
  },
  { $id: "PriceLine", additionalProperties: false },
);
export type PriceLine = Static<typeof PriceLine>;
