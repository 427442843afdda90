import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { ReferenceMetric } from "@nod/contract/trading-config";
import { percentFrom, toNanos, type Percent, type Price } from "../../core/decimal.ts";
import { newYorkDate } from "../../core/trading-day.ts";
import type { FactMetric } from "../ports.ts";
import type { LatestFact } from "./facts-table.ts";
import type { MarketSessions } from "./session-table.ts";

/** A symbol on one feed: `iex us_equity SPY`. Prices of different feeds are never compared. */
export type MarketKey = string;
export const marketKey = (of: { feed: Feed; assetClass: AssetClass; symbol: string }): MarketKey => `${of.feed} ${of.assetClass} ${of.symbol}`;

const withoutFeed = (key: MarketKey): string => key.slice(key.indexOf(" ") + 1);

/** The last trade against one reference; what a rule is asked about, with the facts that it rests on. */
export type Reading = {
  price: Price;
  priceAsOf: Date;
  ref: Price;
  /** How far the price is from the reference, in percent: for people. */
  pct: Percent;
  /**
   * The same in billionths of a percent, exactly, as the integers next to it: a threshold is met from below when it is at
   * least `pctCeiling`, from above when it is at most `pctFloor`.
   */
  pctFloor: number;
  pctCeiling: number;
};

/** The latest facts in memory, as they were last read from `market_data_latest`. */
export type FactBook = {
  /** Takes in what was read and names the symbols about which something is new. */
  absorb(facts: readonly LatestFact[]): Set<MarketKey>;
  /** Everything that is known of a symbol, of whatever day. */
  latest(key: MarketKey): readonly LatestFact[];
  /**
   * Nothing can be told of these for now, on any feed (a split day, a halt); of whatever was suspended before and is not named, it
   * can again.
   * @returns the symbols for which that is new, either way
   */
  suspend(symbols: readonly { assetClass: AssetClass; symbol: string }[]): Set<MarketKey>;
  /**
   * Null when unknown: the symbol is suspended, a price is missing, the market is not known to be open, or one of the two is not of the current
   * trading day. How old the price may be is each rule's own affair.
   */
  read(key: MarketKey, assetClass: AssetClass, reference: ReferenceMetric, sessions: MarketSessions): Reading | null;
};

export function createFactBook(): FactBook {
  const book = new Map<MarketKey, Map<FactMetric, LatestFact>>();
  let suspended: ReadonlySet<string> = new Set();
  return {
    absorb(facts) {
      const changed = new Set<MarketKey>();
      for (const fact of facts) {
        const key = marketKey(fact);
        const known = book.get(key) ?? new Map<FactMetric, LatestFact>();
        book.set(key, known);
        const before = known.get(fact.metric);
        // What an open transaction held back is read again without being new.
        if (before !== undefined && before.price === fact.price && before.volume === fact.volume && before.asOf.getTime() === fact.asOf.getTime() && before.tradingDay === fact.tradingDay) continue;
        known.set(fact.metric, fact);
        changed.add(key);
      }
      return changed;
    },
    suspend(symbols) {
      const next = new Set(symbols.map(({ assetClass, symbol }) => `${assetClass} ${symbol}`));
      const turned = next.symmetricDifference(suspended);
      suspended = next;
      return turned.size === 0 ? new Set() : new Set([...book.keys()].filter((key) => turned.has(withoutFeed(key))));
    },
    latest: (key) => [...(book.get(key)?.values() ?? [])],
    read(key, assetClass, reference, sessions) {
      const { state, tradingDay } = sessions[assetClass];
      if (state !== "open" || tradingDay === null || (suspended.size > 0 && suspended.has(withoutFeed(key)))) return null;
      const facts = book.get(key);
      const last = facts?.get("last_trade");
      const ref = facts?.get(reference);
      if (last === undefined || ref === undefined || ref.tradingDay !== tradingDay || newYorkDate(last.asOf) !== tradingDay) return null;
      return toReading(last, ref);
    },
  };
}

/** Thresholds are integers below 10^12; beyond this bound nothing is told apart any more, and doubles are still exact. */
const farthestNanos = 9_000_000_000_000_000n;

function toReading(last: LatestFact, ref: LatestFact): Reading {
  const refNanos = toNanos(ref.price);
  const distance = (toNanos(last.price) - refNanos) * 100_000_000_000n;
  const floor = floorDivide(distance, refNanos);
  const ceiling = floor * refNanos === distance ? floor : floor + 1n;
  return {
    price: last.price,
    priceAsOf: last.asOf,
    ref: ref.price,
    pct: percentFrom(ref.price, last.price),
    pctFloor: toExactNumber(floor),
    pctCeiling: toExactNumber(ceiling),
  };
}

/** BigInt division rounds towards zero; a price below its reference needs the integer below. */
function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

const toExactNumber = (nanos: bigint): number => Number(nanos > farthestNanos ? farthestNanos : nanos < -farthestNanos ? -farthestNanos : nanos);
