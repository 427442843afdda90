import { Type, type Static } from "typebox";

/**
 * A decimal number as text, at most 9 digits after the point: money in USD, prices, quantities.
 * Never a binary float on the wire, so "0.1" stays what the user typed.
 */
export const DecimalString = Type.String({ pattern: "^-?(0|[1-9][0-9]{0,14})(\\.[0-9]{1,9})?$", examples: ["10.00", "0.020304"] });

/** An instant in RFC 3339 with a zone, e.g. `2026-03-02T15:04:05.123Z`. */
export const Instant = Type.String({ format: "date-time" });

export const Uuid = Type.String({ format: "uuid" });

/** Equities as `SPY` or `BRK.B`; crypto pairs as `BTC/USD`. */
export const MarketSymbol = Type.String({ pattern: "^[A-Z][A-Z0-9.]{0,9}(/[A-Z]{3,5})?$", examples: ["SPY", "BTC/USD"] });
export type MarketSymbol = Static<typeof MarketSymbol>;

/** Identifies an entry of `data_inputs` or `rules`; the merge goes by it. */
export const EntryId = Type.String({ pattern: "^[a-z][a-z0-9_]{0,47}$", examples: ["dip_confirm"] });

export const AssetClass = Type.Enum(["us_equity", "crypto"]);
export type AssetClass = Static<typeof AssetClass>;

/** Where a price was seen. Feeds are never mixed in one comparison: IEX carries about 2.5 % of the volume. */
export const Feed = Type.Enum(["iex", "sip", "delayed_sip", "crypto_us"]);
export type Feed = Static<typeof Feed>;

export const Side = Type.Enum(["buy", "sell"]);
export type Side = Static<typeof Side>;

export const TradingMode = Type.Enum(["paper", "live"]);
export type TradingMode = Static<typeof TradingMode>;
