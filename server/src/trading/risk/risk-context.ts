import type { KillSwitchMode } from "@nod/contract/status";
import type { Side, TradingMode } from "@nod/contract/primitives";
import type { AutoBudget, Guardrails, TradingConfig } from "@nod/contract/trading-config";
import type { Price, Quantity, Usd } from "../../core/decimal.ts";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Holding } from "./holdings.ts";

export type ActiveKillSwitch = { mode: KillSwitchMode; scope: "user" | "all"; reason: string | null; since: Date };

/** A user's own say in what may be traded, from the effective config of the revision that is current in the database. */
export type UserTradingSettings = {
  enabled: boolean;
  mode: TradingMode;
  watchlist: ReadonlySet<string>;
  /** By rule, what those that order without asking may order on one day. */
  autoBudgets: ReadonlyMap<string, AutoBudget>;
  guardrails: Guardrails;
};

export type MarketSession = { isOpen: boolean; tradingDay: NewYorkDate; nextOpen: Date | null; nextClose: Date | null; asOf: Date };

/** `reservedUsd`: what it takes up of the limits. */
export type RecentOrder = { side: Side; reservedUsd: Usd; createdAt: Date };

export type LastTrade = { price: Price; asOf: Date };

/** `inFlightUsd`: the user's own buys that the broker's figure cannot have seen yet. */
export type AccountFunds = { buyingPower: Usd; asOf: Date; inFlightUsd: Usd };

/** What is true of the market and of permission, whichever order is asked about. Null is unknown, and unknown never passes. */
export type MarketContext = {
  /** The database's clock at the reading. */
  at: Date;
  killSwitch: ActiveKillSwitch | null;
  session: MarketSession | null;
  lastTrade: LastTrade | null;
};

export type KnownAsset = { isTradable: boolean; isFractionable: boolean; minOrderQty: Quantity | null; asOf: Date };

/** What became of a question between its asking and its answer. */
export type AskedSince = {
  /** Of the config that is in force now; null when there is none. */
  configRevision: string | null;
  /** The rule has asked anew meanwhile: that question. */
  newerQuestionId: string | null;
  /** Some of the symbol was sold. */
  hasSold: boolean;
};

/** Everything that the guardrails go by at the answer, read under the user's lock. */
export type RiskContext = MarketContext & {
  asked: AskedSince;
  reconciledAt: Date | null;
  user: UserTradingSettings | null;
  account: AccountFunds | null;
  /** What the broker says of the symbol. */
  asset: KnownAsset | null;
  /** Orders of the current trading day that were or may be at the broker. */
  ordersToday: number;
  /** What the orders of the last four hours took up, by the same count. */
  notionalUsd4h: Usd;
  /** Of the question's rule, on the current trading day. */
  ofRuleToday: { orders: number; reservedUsd: Usd };
  openOrdersOfSymbol: number;
  /** Of all symbols. */
  openOrders: number;
  ordersLastMinute: number;
  /** The newest orders of the symbol that were or may be at the broker, newest first, a week back at most. */
  recentOfSymbol: readonly RecentOrder[];
  /** Every symbol that the user holds, has traded on this trading day, or is buying. */
  holdings: readonly Holding[];
  /** The user's own fills added up. */
  position: Quantity;
  openSellQty: Quantity;
};

export function settingsOf(config: TradingConfig): UserTradingSettings {
  return {
    enabled: config.enabled,
    mode: config.mode,
    watchlist: new Set(config.data_inputs.filter((input) => input.enabled !== false).flatMap((input) => input.symbols)),
    autoBudgets: new Map(config.rules.flatMap(({ id, mode, enabled, auto_budget: budget }) => (mode === "auto" && enabled !== false && budget !== undefined ? [[id, budget] as const] : []))),
    guardrails: config.guardrails,
  };
}
