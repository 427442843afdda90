import type { Usd } from "../../core/decimal.ts";

/** The operator's hard caps, from the environment. They stand above every user's config: limits hold in code too. */
export type OperatorCaps = {
  maxOrderNotionalUsd: Usd;
  maxOrdersPerDay: number;
  maxNotionalUsdPer4h: Usd;
};
