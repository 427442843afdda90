/** Each guardrail taken off the list that is gone through when a question is answered. */
import type { DenialCode } from "@nod/contract/denial";
import type { Removal } from "../removal.ts";

const unit = { file: "server/src/trading/risk/decide.test.ts" } as const;
const exposure = "server/src/trading/risk/exposure-guardrails.ts";

/** `before` is the next one on the list, so that the text is found there and not among the imports. */
const offTheList = (name: string, code: DenialCode, guardrail: string, before: string): Removal => ({
  name,
  of: { guardrail: code, stage: "answer" },
  file: "server/src/trading/risk/decide.ts",
  find: `  ${guardrail},\n${before}`,
  replace: before,
  tests: [unit],
});

const inside = (name: string, code: DenialCode, find: string, replace: string): Removal => ({ name, of: { guardrail: code, stage: "answer" }, file: exposure, find, replace, tests: [unit] });

export const atTheAnswer: readonly Removal[] = [
  offTheList("A kill switch stops nothing at the answer", "kill_switch_active", "killSwitch", "  brokerReconciled,"),
  offTheList("An answer is taken whatever the state of the books", "broker_not_reconciled", "brokerReconciled", "  tradingEnabled,"),
  offTheList("An answer counts although trading is switched off", "trading_disabled", "tradingEnabled", "  modeAllowed,"),
  offTheList("An answer counts in any mode", "mode_not_allowed", "modeAllowed", "  questionAnswered,"),
  offTheList("What nobody was asked about is approved", "question_required", "questionAnswered", "  autoAllowed,"),
  offTheList("A rule orders without asking although the user wants to be asked", "auto_not_allowed", "autoAllowed", "  approvalValid,"),
  offTheList("An approval that has ended is decided on all the same", "question_expired", "approvalValid", "  newestQuestion,"),
  offTheList("A yes to an older card of the rule makes an order", "question_superseded", "newestQuestion", "  onWatchlist,"),
  offTheList("A symbol that nobody watches is bought", "symbol_not_on_watchlist", "onWatchlist", "  notBlocked,"),
  offTheList("A blocked symbol is bought", "symbol_blocked", "notBlocked", "  sessionKnown,"),
  offTheList("A session of which nothing was heard will do", "market_session_unknown", "sessionKnown", "  marketOpen,"),
  offTheList("A closed market is taken for an open one", "market_closed", "marketOpen", "  priceKnown,"),
  offTheList("No price is as good as one", "market_data_missing", "priceKnown", "  priceFresh,"),
  offTheList("An old price is as good as a new one", "market_data_stale", "priceFresh", "  driftWithinBounds,"),
  offTheList("The price may have gone anywhere since the question", "price_drift_exceeded", "driftWithinBounds", "  limitPriceValid,"),
  offTheList("A limit that the broker does not take is sent", "limit_price_invalid", "limitPriceValid", "  collarOfUser,"),
  offTheList("A limit may lie anywhere", "price_collar_exceeded", "collarOfUser", "  assetKnown,"),
  offTheList("A symbol that the broker was never asked about is bought", "asset_unknown", "assetKnown", "  assetTradable,"),
  offTheList("A symbol that the broker does not trade is bought", "asset_not_tradable", "assetTradable", "  assetFractionable,"),
  offTheList("A fraction of what is traded whole is bought", "asset_not_fractionable", "assetFractionable", "  assetMinimum,"),
  offTheList("Less than the smallest order of a coin is bought", "quantity_below_minimum", "assetMinimum", "  noOpenOrder,"),
  offTheList("A second order of a symbol joins an open one", "duplicate_open_order", "noOpenOrder", "  notTheSameTwice,"),
  offTheList("The same wish twice makes two orders", "duplicate_intent", "notTheSameTwice", "  symbolCooledDown,"),
  offTheList("A symbol does not rest after an order", "symbol_cooldown_active", "symbolCooledDown", "  openOrders,"),
  offTheList("Any number of orders may be open", "max_open_orders_reached", "openOrders", "  ordersPerMinute,"),
  offTheList("Any number of orders may be made in a minute", "order_rate_exceeded", "ordersPerMinute", "  ordersPerDay,"),
  offTheList("Any number of orders may be made in a day", "max_orders_per_day_reached", "ordersPerDay", "  notionalAboveMinimum,"),
  offTheList("An order may be smaller than the broker takes", "notional_below_minimum", "notionalAboveMinimum", "  notionalBelowMaximum,\n  orderSize,"),
  offTheList("An order may be of any amount", "notional_above_maximum", "notionalBelowMaximum", "  orderSize,"),
  offTheList("An order may be of any number of shares", "order_size_exceeded", "orderSize", "  notionalPer4h,"),
  offTheList("Four hours may hold any amount", "max_notional_per_4h_exceeded", "notionalPer4h", "  positionOfSymbol,"),
  offTheList("A position may grow to any size", "position_limit_exceeded", "positionOfSymbol", "  exposureOfAll,"),
  offTheList("All positions together may grow to any size", "gross_exposure_exceeded", "exposureOfAll", "  dailyLoss,"),
  offTheList("A day may lose any amount", "daily_loss_limit_reached", "dailyLoss", "  autoWithinBudget,"),
  offTheList("A rule that orders without asking has no budget", "auto_budget_exceeded", "autoWithinBudget", "  operatorCaps,"),
  offTheList("The operator caps nothing", "operator_cap_exceeded", "operatorCaps", "  buyingPowerKnown,"),
  offTheList("Money that nobody has heard of is spent", "buying_power_unknown", "buyingPowerKnown", "  enoughBuyingPower,\n  noShortSale,"),
  offTheList("Money that is not there is spent", "insufficient_buying_power", "enoughBuyingPower", "  noShortSale,"),
  offTheList("What is not held is sold", "short_sale_blocked", "noShortSale", "  enoughPosition,"),
  offTheList("What is being sold already is sold again", "insufficient_position", "enoughPosition", "  positionUnchanged,\n];"),
  offTheList("A yes to a position counts for what is left of it", "position_changed", "positionUnchanged", "];"),
  inside(
    "A position that cannot be valued is within its limit",
    "exposure_unknown",
    "if (before === null) return unvalued(`your position in",
    "if (before === null) return null;\n  if (before === null) return unvalued(`your position in",
  ),
  inside(
    "Positions of which one cannot be valued are within their limit",
    "exposure_unknown",
    'if (before === null) return unvalued("all that you hold"',
    'if (before === null) return null;\n  if (before === null) return unvalued("all that you hold"',
  ),
  inside("A day whose result is not known has lost nothing", "daily_result_unknown", "const result = dayResult(context.holdings);", "const result = dayResult(context.holdings) ?? zeroUsd;"),
  {
    name: "Who names no limit on open orders has none",
    of: { guardrail: "max_open_orders_reached", stage: "answer" },
    file: "packages/contract/src/trading-config.ts",
    find: "maxOpenOrders: 50",
    replace: "maxOpenOrders: 50_000",
    tests: [unit],
  },
];
