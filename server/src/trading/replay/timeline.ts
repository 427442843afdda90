/**
 * What happened, in the order in which it became known: the only thing that a replay sees. An event of an instant may be
 * looked at from that instant on, and nothing of a later one before it.
 */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { Timeframe } from "@nod/contract/rule-language";
import type { Price } from "../../core/decimal.ts";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { MarketKey } from "../market/fact-book.ts";
import type { StoredFact, ViewSession } from "../rules/symbol-view.ts";

export type Market = { key: MarketKey; feed: Feed; assetClass: AssetClass; symbol: string };

/** Prices as decimal text, so that money is reckoned exactly; volume in shares or coins. */
export type ReplayBar = { startsAtMs: number; open: Price; high: Price; low: Price; close: Price; volume: number };

export type ReplayFact = { name: StoredFact; value: string; asOfMs: number; tradingDay: NewYorkDate | null };

export type MarketEvent =
  /** A session begins, or (null) the one that was on has ended. */
  | { kind: "session"; assetClass: AssetClass; session: ViewSession | null }
  | { kind: "facts"; market: Market; facts: readonly ReplayFact[] }
  /** A bar is over. Orders are filled by minutes alone. */
  | { kind: "bar"; market: Market; timeframe: Timeframe; bar: ReplayBar }
  /** What was before the replay begins: bars that indicators need. Replaces what was there. */
  | { kind: "history"; market: Market; timeframe: Timeframe; bars: readonly ReplayBar[] }
  /** From now on `ratio` shares are what one was: what is held becomes as many. */
  | { kind: "split"; market: Market; ratio: string }
  | { kind: "suspension"; market: Market; reason: string | null };

/** Everything that became known at one instant; rules are looked at after it, once. */
export type Moment = { atMs: number; events: readonly MarketEvent[] };
