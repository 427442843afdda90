import type { TradingQuestionMetadata } from "@nod/contract/question";
import type { SnapshotsPage } from "@nod/contract/status";
import { compareDecimals, percentChange, percentSize } from "../money/decimal-text.ts";

export type Freshness = { price: string; ageMs: number; tooOld: boolean; /** Set once the price has moved further than the rule allows. */ drift: string | null };

/** The newest price known for a question's symbol and feed, how old it is, and whether the guardrails would still take it. */
export function freshnessOf(metadata: TradingQuestionMetadata, page: SnapshotsPage | undefined, serverNowMs: number): Freshness {
  const askedAtMs = Date.parse(metadata.price_as_of);
  const latest = page?.snapshots.find(({ symbol, feed, metric }) => symbol === metadata.symbol && feed === metadata.feed && metric === "last_trade");
  const newer = latest !== undefined && Date.parse(latest.as_of) > askedAtMs;
  const price = newer ? latest.price : metadata.price;
  const ageMs = Math.max(0, serverNowMs - (newer ? Date.parse(latest.as_of) : askedAtMs));
  const change = percentChange(metadata.price, price) ?? "0";
  const size = change.replace("-", "");
  // 100 basis points are one percent.
  const moved = compareDecimals(size, String(metadata.max_drift_bps / 100)) > 0;
  return {
    price,
    ageMs,
    tooOld: ageMs > metadata.max_staleness_seconds * 1_000,
    drift: moved ? `${change.startsWith("-") ? "down" : "up"} ${percentSize(change)}\u202f%` : null,
  };
}
