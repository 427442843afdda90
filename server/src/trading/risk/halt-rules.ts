/** When Nod sets a kill switch by itself. Each rule is pure and says why, or null; what is unknown halts nobody, it only buys nothing. */
import { isLess, isPositive, larger, subtract, zeroUsd, type Usd } from "../../core/decimal.ts";
import { lossIn } from "./holdings.ts";

export type HaltTrigger = "daily_loss" | "drawdown" | "rejections" | "market_data_gap" | "reconciliation_failure";
export type Halt = { trigger: HaltTrigger; reason: string };

export const haltLimits = {
  rejections: 5,
  rejectionsWithinSeconds: 60,
  marketDataGapSeconds: 300,
  notReconciledSeconds: 300,
} as const;

/** The day's result so far, null while unknown; the limit null where the user set none. */
export function haltForDailyLoss(of: { result: Usd | null; limit: Usd | null }): Halt | null {
  if (of.result === null || of.limit === null || isLess(lossIn(of.result), of.limit)) return null;
  return { trigger: "daily_loss", reason: `the day has lost $${lossIn(of.result)}, and your limit is $${of.limit}` };
}

/** `peak`: the best result that was seen today; the day began at zero. */
export function haltForDrawdown(of: { result: Usd | null; peak: Usd; limit: Usd | null }): Halt | null {
  if (of.result === null || of.limit === null) return null;
  const fall = subtract(peakAfter(of.peak, of.result), of.result);
  if (!isPositive(fall) || isLess(fall, of.limit)) return null;
  return { trigger: "drawdown", reason: `the day has fallen $${fall} from its best of $${peakAfter(of.peak, of.result)}, and your limit is $${of.limit}` };
}

export const peakAfter = (peak: Usd, result: Usd): Usd => larger(larger(peak, result), zeroUsd);

export function haltForRejections(of: { withinWindow: number }): Halt | null {
  if (of.withinWindow < haltLimits.rejections) return null;
  return { trigger: "rejections", reason: `the broker rejected ${of.withinWindow} orders within ${haltLimits.rejectionsWithinSeconds} seconds` };
}

/** A feed that cannot be read while its market trades. One that is merely quiet is none: nobody has to trade. */
export function haltForMarketDataGap(of: { marketIsOpen: boolean; feeds: readonly { name: string; failingForSeconds: number }[] }): Halt | null {
  const gone = of.marketIsOpen ? of.feeds.find(({ failingForSeconds }) => failingForSeconds >= haltLimits.marketDataGapSeconds) : undefined;
  if (gone === undefined) return null;
  return { trigger: "market_data_gap", reason: `market data of ${gone.name} could not be read for ${haltLimits.marketDataGapSeconds / 60} minutes while the market was open` };
}

/** Since when causes have been looked for without a break, and the last look; by the database's clock. */
export type Watch = { since: Date; lastLookAt: Date };

/** A look that comes later than this after the one before begins anew: the machine slept, and nobody could compare anything. */
const longestBreakMs = 30_000;

export function watchAfter(before: Watch | null, at: Date): Watch {
  const goesOn = before !== null && at.getTime() - before.lastLookAt.getTime() <= longestBreakMs;
  return { since: goesOn ? before.since : at, lastLookAt: at };
}

/** Counted from `watchingSince` where that is later: a process that has just begun has had no time to compare. */
export function haltForReconciliation(of: { at: Date; reconciledAt: Date | null; watchingSince: Date }): Halt | null {
  const since = Math.max(of.reconciledAt?.getTime() ?? 0, of.watchingSince.getTime());
  if (of.at.getTime() - since < haltLimits.notReconciledSeconds * 1_000) return null;
  return { trigger: "reconciliation_failure", reason: `our books could not be compared with the broker's for ${haltLimits.notReconciledSeconds / 60} minutes` };
}
