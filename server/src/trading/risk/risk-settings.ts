import { maxSessionAgeSeconds } from "../market/session-table.ts";
import type { OperatorCaps } from "./operator-caps.ts";

/** What the guardrails go by that is neither the user's choice nor the market's. */
export type RiskSettings = {
  /** `TRADING_ENABLED`: off, and nothing is approved, whatever a config says. */
  tradingEnabled: boolean;
  /** What the configured host trades with, and whether real money was allowed (`ALPACA_ALLOW_LIVE`). */
  venue: { environment: "paper" | "live"; liveAllowed: boolean };
  caps: OperatorCaps;
  /** The broker's clock is asked every minute or so; a word older than this is no word. */
  sessionMaxAgeSeconds: number;
  accountMaxAgeSeconds: number;
  /** How long a finished comparison with the broker's books is trusted. */
  reconciledMaxAgeSeconds: number;
};

export const defaultMaxAges = { sessionMaxAgeSeconds: maxSessionAgeSeconds, accountMaxAgeSeconds: 300, reconciledMaxAgeSeconds: 300 } as const;
