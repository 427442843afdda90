import { basisPointsBetween } from "../../core/decimal.ts";
import { futureToleranceSeconds } from "../market/facts-table.ts";
import { type Denial } from "./denial.ts";
import type { TradeIntent } from "./intent.ts";
import { secondsBetween } from "./permission-guardrails.ts";
import type { MarketContext } from "./risk-context.ts";
import type { RiskSettings } from "./risk-settings.ts";

type MarketCase = {
  intent: Pick<TradeIntent, "facts" | "symbol">;
  context: MarketContext;
  settings: Pick<RiskSettings, "sessionMaxAgeSeconds">;
};

export function sessionKnown({ context, settings }: MarketCase): Denial | null {
  const { session, at } = context;
  if (session !== null && secondsBetween(session.asOf, at) <= settings.sessionMaxAgeSeconds) return null;
  return {
    code: "market_session_unknown",
    because: "it is not known whether the market is open",
    limits: { as_of: session?.asOf.toISOString() ?? null, max_age_seconds: settings.sessionMaxAgeSeconds },
  };
}

/** The broker's last word, unless the close that it named has passed since. */
export function marketOpen({ context }: MarketCase): Denial | null {
  const { session, at } = context;
  if (session?.isOpen === true && (session.nextClose === null || at < session.nextClose)) return null;
  return {
    code: "market_closed",
    because: "the market is closed",
    limits: { next_open: session?.nextOpen?.toISOString() ?? null, next_close: session?.nextClose?.toISOString() ?? null },
  };
}

export function priceKnown({ intent, context }: MarketCase): Denial | null {
  if (context.lastTrade !== null) return null;
  return { code: "market_data_missing", because: `there is no current price of ${intent.symbol}`, limits: { symbol: intent.symbol, feed: intent.facts.feed } };
}

export function priceFresh({ intent, context }: MarketCase): Denial | null {
  const { lastTrade, at } = context;
  const ageSeconds = lastTrade === null ? null : secondsBetween(lastTrade.asOf, at);
  if (ageSeconds !== null && ageSeconds <= intent.facts.maxStalenessSeconds && ageSeconds >= -futureToleranceSeconds) return null;
  return {
    code: "market_data_stale",
    because: `the last price of ${intent.symbol} is too old`,
    limits: { as_of: lastTrade?.asOf.toISOString() ?? null, age_seconds: ageSeconds, max_staleness_seconds: intent.facts.maxStalenessSeconds },
  };
}

export function driftWithinBounds({ intent, context }: MarketCase): Denial | null {
  const { price: shown, maxDriftBps } = intent.facts;
  const now = context.lastTrade?.price ?? null;
  const driftBps = now === null ? null : basisPointsBetween(shown, now);
  if (driftBps !== null && Number(driftBps) <= maxDriftBps) return null;
  return {
    code: "price_drift_exceeded",
    because: `${intent.symbol} has moved too far since the question`,
    limits: { price_shown: shown, price_now: now, drift_bps: driftBps, max_drift_bps: maxDriftBps },
  };
}
