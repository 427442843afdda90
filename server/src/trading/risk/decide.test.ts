import type { DenialCode } from "@nod/contract/denial";
import { guardrailCatalogue } from "@nod/contract/guardrail-catalogue";
import { describe, expect, test } from "vitest";
import { price, quantity, usd } from "../../core/decimal.ts";
import { denialBeforeSending, denialWhileWaiting } from "./clear-to-send.ts";
import { decide } from "./decide.ts";
import type { Holding } from "./holdings.ts";
import type { TradeIntent } from "./intent.ts";
import type { KnownAsset, RecentOrder, RiskContext, UserTradingSettings } from "./risk-context.ts";
import type { RiskSettings } from "./risk-settings.ts";

const noon = new Date("2024-05-01T16:00:00Z");
const ago = (seconds: number): Date => new Date(noon.getTime() - seconds * 1_000);

const settings: RiskSettings = {
  tradingEnabled: true,
  venue: { environment: "paper", liveAllowed: false },
  caps: { maxOrderNotionalUsd: usd("1000"), maxOrdersPerDay: 20, maxNotionalUsdPer4h: usd("5000") },
  sessionMaxAgeSeconds: 300,
  accountMaxAgeSeconds: 300,
  reconciledMaxAgeSeconds: 300,
};

const user: UserTradingSettings = {
  enabled: true,
  mode: "paper",
  autoBudgets: new Map([["auto", { max_orders_per_day: 2, max_notional_usd_per_day: 50 }]]),
  watchlist: new Set(["SPY"]),
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
};

const intent: TradeIntent = {
  id: "0c3f0000-0000-8000-8000-000000000000",
  firebaseUid: "alice",
  origin: "rule",
  questionId: "0c3f0000-0000-8000-8000-000000000001",
  ruleId: "dip_confirm",
  symbol: "SPY",
  assetClass: "us_equity",
  side: "buy",
  orderType: "market",
  limitPrice: null,
  notionalUsd: usd("10"),
  qty: null,
  mode: "paper",
  isAuto: false,
  facts: { feed: "iex", price: price("492"), priceAsOf: ago(20), maxStalenessSeconds: 180, maxDriftBps: 50 },
  background: {},
  approvalExpiresAt: new Date(noon.getTime() + 60_000),
};

const context: RiskContext = {
  at: noon,
  killSwitch: null,
  session: { isOpen: true, tradingDay: "2024-05-01", nextOpen: null, nextClose: new Date(noon.getTime() + 3_600_000), asOf: ago(10) },
  lastTrade: { price: price("492.10"), asOf: ago(5) },
  asked: { configRevision: "1.1", newerQuestionId: null, hasSold: false },
  reconciledAt: ago(30),
  user,
  account: { buyingPower: usd("100000"), asOf: ago(30), inFlightUsd: usd("0") },
  asset: { isTradable: true, isFractionable: true, minOrderQty: null, asOf: ago(600) },
  ordersToday: 0,
  notionalUsd4h: usd("0"),
  ofRuleToday: { orders: 0, reservedUsd: usd("0") },
  openOrdersOfSymbol: 0,
  openOrders: 0,
  ordersLastMinute: 0,
  recentOfSymbol: [],
  holdings: [],
  position: quantity("0"),
  openSellQty: quantity("0"),
};

type Changes = { intent?: Partial<TradeIntent>; context?: Partial<RiskContext>; settings?: Partial<RiskSettings>; user?: Partial<UserTradingSettings>; limits?: Partial<UserTradingSettings["guardrails"]> };

function decideWith(changes: Changes) {
  const changedUser: UserTradingSettings = { ...user, ...changes.user, guardrails: { ...user.guardrails, ...changes.limits } };
  return decide({ ...intent, ...changes.intent }, { ...context, user: changedUser, ...changes.context }, { ...settings, ...changes.settings });
}

const holding: Holding = {
  symbol: "AAPL",
  qty: quantity("2"),
  startQty: quantity("2"),
  cashTodayUsd: usd("0"),
  openBuysUsd: usd("0"),
  price: price("200"),
  prevClose: price("210"),
};
const ownSpy: Holding = { ...holding, symbol: "SPY", qty: quantity("0.1"), startQty: quantity("0.1"), price: price("492.1"), prevClose: price("492.1") };
const bought = (secondsAgo: number): RecentOrder => ({ side: "buy", reservedUsd: usd("10"), createdAt: ago(secondsAgo) });

const share: KnownAsset = { isTradable: true, isFractionable: true, minOrderQty: null, asOf: ago(600) };

const limitAt = (limit: string): Partial<TradeIntent> => ({ orderType: "limit", limitPrice: price(limit) });
const sell: Changes = { intent: { side: "sell" }, context: { position: quantity("1") } };
const auto = { intent: { isAuto: true, ruleId: "auto" }, limits: { require_question_before_order: false } } satisfies Changes;
const on = { mode: "block_new", scope: "user", reason: null, since: ago(60) } as const;

test("what nothing speaks against is approved, with the limits as they were seen", () => {
  const { approved, decision } = decideWith({});
  expect(approved).toMatchObject({ size: { kind: "notional", notionalUsd: "10", reservedUsd: "10" }, tradingDay: "2024-05-01" });
  expect(decision).toMatchObject({ verdict: "approved", code: null, limits: { orders_today: 0, max_orders_per_day: 3, price_now: "492.1" } });
});

test("a rule that orders without asking may, on paper, up to its budget to the cent", () => {
  expect(decideWith({ ...auto, context: { ofRuleToday: { orders: 1, reservedUsd: usd("40") } } }).decision).toMatchObject({ verdict: "approved" });
});

describe("each guardrail stops an order by itself", () => {
  const cases: [string, DenialCode, Changes][] = [
    ["a kill switch is on", "kill_switch_active", { context: { killSwitch: on } }],
    ["the kill switch for everyone is on", "kill_switch_active", { context: { killSwitch: { ...on, scope: "all", mode: "cancel_only" } } }],
    ["the books were never compared", "broker_not_reconciled", { context: { reconciledAt: null } }],
    ["the books were compared too long ago", "broker_not_reconciled", { context: { reconciledAt: ago(301) } }],
    ["the operator has switched trading off", "trading_disabled", { settings: { tradingEnabled: false } }],
    ["the user has switched trading off", "trading_disabled", { user: { enabled: false } }],
    ["the user has no valid config", "trading_disabled", { context: { user: null } }],
    ["the user went live since a paper question", "mode_not_allowed", { user: { mode: "live" } }],
    ["a paper order would go to a live host", "mode_not_allowed", { settings: { venue: { environment: "live", liveAllowed: true } } }],
    ["live is not allowed", "mode_not_allowed", { intent: { mode: "live" }, user: { mode: "live" }, settings: { venue: { environment: "live", liveAllowed: false } } }],
    ["a live order would go to a paper host", "mode_not_allowed", { intent: { mode: "live" }, user: { mode: "live" }, settings: { venue: { environment: "paper", liveAllowed: true } } }],
    ["it was not asked about", "question_required", { intent: { questionId: null } }],
    ["the approval ends at this very instant", "question_expired", { intent: { approvalExpiresAt: noon } }],
    ["the symbol is not watched", "symbol_not_on_watchlist", { user: { watchlist: new Set(["AAPL"]) } }],
    ["the symbol is blocked", "symbol_blocked", { limits: { symbols_blocklist: ["SPY"] } }],
    ["the market session was never heard of", "market_session_unknown", { context: { session: null } }],
    ["the market session was heard of too long ago", "market_session_unknown", { context: { session: { isOpen: true, tradingDay: "2024-05-01", nextOpen: null, nextClose: null, asOf: ago(301) } } }],
    ["the market is closed", "market_closed", { context: { session: { isOpen: false, tradingDay: "2024-05-01", nextOpen: null, nextClose: null, asOf: ago(1) } } }],
    ["the close that was named has passed", "market_closed", { context: { session: { isOpen: true, tradingDay: "2024-05-01", nextOpen: null, nextClose: noon, asOf: ago(1) } } }],
    ["there is no price", "market_data_missing", { context: { lastTrade: null } }],
    ["the price is too old", "market_data_stale", { context: { lastTrade: { price: price("492"), asOf: ago(180.5) } } }],
    ["the price is of the future", "market_data_stale", { context: { lastTrade: { price: price("492"), asOf: ago(-61) } } }],
    ["the price rose too far", "price_drift_exceeded", { context: { lastTrade: { price: price("494.461"), asOf: ago(1) } } }],
    ["the price fell too far", "price_drift_exceeded", { context: { lastTrade: { price: price("489.539"), asOf: ago(1) } } }],
    ["an order for the symbol is open", "duplicate_open_order", { context: { openOrdersOfSymbol: 1 } }],
    ["the day's orders are used up", "max_orders_per_day_reached", { context: { ordersToday: 3 } }],
    ["the amount is under the broker's minimum", "notional_below_minimum", { intent: { notionalUsd: usd("0.99") } }],
    ["the amount is under the user's minimum", "notional_below_minimum", { limits: { min_notional_usd: 11 } }],
    ["the amount of a coin is under the broker's minimum", "notional_below_minimum", { intent: { assetClass: "crypto", notionalUsd: usd("9.99") } }],
    ["the amount is over the user's maximum", "notional_above_maximum", { limits: { max_notional_usd: 9 } }],
    ["the four hours are used up", "max_notional_per_4h_exceeded", { context: { notionalUsd4h: usd("90.01") } }],
    ["it is more than the operator allows in an order", "operator_cap_exceeded", { intent: { notionalUsd: usd("1000.01") }, limits: { max_notional_usd_per_4h: 100_000 } }],
    ["it is more than the operator allows in a day", "operator_cap_exceeded", { context: { ordersToday: 20 }, limits: { max_orders_per_day: 100 } }],
    ["it is more than the operator allows in four hours", "operator_cap_exceeded", { context: { notionalUsd4h: usd("4991") }, limits: { max_notional_usd_per_4h: 100_000 } }],
    ["the buying power was never heard of", "buying_power_unknown", { context: { account: null } }],
    ["the buying power was heard of too long ago", "buying_power_unknown", { context: { account: { buyingPower: usd("1000"), asOf: ago(301), inFlightUsd: usd("0") } } }],
    ["the account cannot pay", "insufficient_buying_power", { context: { account: { buyingPower: usd("9.99"), asOf: ago(1), inFlightUsd: usd("0") } } }],
    ["what is under way leaves too little", "insufficient_buying_power", { context: { account: { buyingPower: usd("15"), asOf: ago(1), inFlightUsd: usd("6") } } }],
    ["the broker was never asked about the symbol", "asset_unknown", { context: { asset: null } }],
    ["the broker was asked about the symbol too long ago", "asset_unknown", { context: { asset: { ...share, asOf: ago(172_801) } } }],
    ["the broker does not trade the symbol", "asset_not_tradable", { context: { asset: { ...share, isTradable: false } } }],
    ["the symbol is traded in whole shares only", "asset_not_fractionable", { context: { asset: { ...share, isFractionable: false } } }],
    ["it buys less than the smallest order of the coin", "quantity_below_minimum", { context: { asset: { ...share, minOrderQty: quantity("0.020321073") } } }],
    ["it buys more shares than the user wants in an order", "order_size_exceeded", { limits: { max_order_qty: 0.02 } }],
    ["the position would grow too large", "position_limit_exceeded", { limits: { max_position_usd: 59.2 }, context: { holdings: [ownSpy] } }],
    ["the position would grow too large with what is being bought", "position_limit_exceeded", { limits: { max_position_usd: 30 }, context: { holdings: [{ ...ownSpy, qty: quantity("0"), openBuysUsd: usd("20.01") }] } }],
    ["the position cannot be valued", "exposure_unknown", { limits: { max_position_usd: 1_000 }, context: { holdings: [{ ...ownSpy, price: null }] } }],
    ["all positions together would grow too large", "gross_exposure_exceeded", { limits: { max_gross_exposure_usd: 409.99 }, context: { holdings: [holding] } }],
    ["another position cannot be valued", "exposure_unknown", { limits: { max_gross_exposure_usd: 100_000 }, context: { holdings: [{ ...holding, price: null }] } }],
    ["too many orders are open", "max_open_orders_reached", { limits: { max_open_orders: 2 }, context: { openOrders: 2 } }],
    ["more orders are open than anyone gets who names no limit", "max_open_orders_reached", { context: { openOrders: 50 } }],
    ["too many orders were made within a minute", "order_rate_exceeded", { limits: { max_orders_per_minute: 2 }, context: { ordersLastMinute: 2 } }],
    ["more orders were made within a minute than anyone may who names no limit", "order_rate_exceeded", { context: { ordersLastMinute: 60 } }],
    ["the day has lost the limit", "daily_loss_limit_reached", { limits: { max_daily_loss_usd: 20 }, context: { holdings: [holding] } }],
    ["the day's trades have lost the limit", "daily_loss_limit_reached", { limits: { max_daily_loss_usd: 5 }, context: { holdings: [{ ...holding, qty: quantity("0"), startQty: quantity("0"), cashTodayUsd: usd("-5.01") }] } }],
    ["the day's result is not known for want of a price", "daily_result_unknown", { limits: { max_daily_loss_usd: 20 }, context: { holdings: [{ ...holding, price: null }] } }],
    ["the day's result is not known for want of a close", "daily_result_unknown", { limits: { max_daily_loss_usd: 20 }, context: { holdings: [{ ...holding, prevClose: null }] } }],
    ["the symbol was traded a moment ago", "symbol_cooldown_active", { limits: { symbol_cooldown_seconds: 60 }, context: { recentOfSymbol: [bought(59)] } }],
    ["the same was bought a moment ago", "duplicate_intent", { limits: { duplicate_intent_window_seconds: 10 }, context: { recentOfSymbol: [{ ...bought(1), reservedUsd: usd("20") }, bought(9)] } }],
    ["nobody was asked, and the config asks for that", "auto_not_allowed", { ...auto, limits: { require_question_before_order: true } }],
    ["nobody was asked, and the rule is no longer one that orders without", "auto_not_allowed", { ...auto, user: { autoBudgets: new Map() } }],
    ["nobody was asked, and it is live", "auto_not_allowed", { ...auto, intent: { ...auto.intent, mode: "live" }, user: { mode: "live" }, settings: { venue: { environment: "live", liveAllowed: true } } }],
    ["the rule has made its orders of the day without asking", "auto_budget_exceeded", { ...auto, context: { ofRuleToday: { orders: 2, reservedUsd: usd("20") } } }],
    ["the rule has spent the day's dollars without asking", "auto_budget_exceeded", { ...auto, context: { ofRuleToday: { orders: 1, reservedUsd: usd("40.01") } } }],
    ["a limit order names no limit", "limit_price_invalid", { intent: { orderType: "limit" } }],
    ["an order at the market names a limit", "limit_price_invalid", { intent: { limitPrice: price("492") } }],
    ["a limit has more decimals than the broker takes", "limit_price_invalid", { intent: limitAt("492.005") }],
    ["a limit is nothing", "limit_price_invalid", { intent: limitAt("0") }],
    ["a limit lies too far below the last trade", "price_collar_exceeded", { intent: limitAt("467.49") }],
    ["a limit lies too far above the last trade", "price_collar_exceeded", { intent: limitAt("516.71") }],
    ["a limit lies further from the last trade than the user wants", "price_collar_exceeded", { intent: limitAt("491.60"), limits: { price_collar_bps: 10 } }],
    ["a sell's limit lies too far from the last trade", "price_collar_exceeded", { intent: { side: "sell", ...limitAt("400") }, context: { position: quantity("1") } }],
    ["what a limit order may cost is more than four hours allow", "max_notional_per_4h_exceeded", { intent: { ...limitAt("492"), qty: quantity("0.3") } }],
    ["a limit order is for more shares than the user's largest", "order_size_exceeded", { intent: { ...limitAt("492"), qty: quantity("0.1") }, limits: { max_order_qty: 0.09 } }],
    ["the dollars buy nothing at the market's price", "notional_below_minimum", { intent: { notionalUsd: usd("1"), ...limitAt("2000000000"), facts: { ...intent.facts, price: price("2000000000") } }, context: { lastTrade: { price: price("2000000000"), asOf: ago(1) } } }],
    ["a fraction of a share is bought at a limit where only whole ones are traded", "asset_not_fractionable", { intent: { ...limitAt("492"), qty: quantity("0.1") }, context: { asset: { ...share, isFractionable: false } } }],
    ["it would be sold short", "short_sale_blocked", { intent: { side: "sell" } }],
    ["more was sold than was ever held", "short_sale_blocked", { intent: { side: "sell" }, context: { position: quantity("-1") } }],
    ["the rule has asked anew", "question_superseded", { context: { asked: { configRevision: "1.1", newerQuestionId: "0c3f0000-0000-8000-8000-000000000002", hasSold: false } } }],
    ["some of it has been sold since", "position_changed", { intent: { side: "sell" }, context: { position: quantity("1"), asked: { configRevision: "1.1", newerQuestionId: null, hasSold: true } } }],
    ["all of it is being sold already", "insufficient_position", { intent: { side: "sell" }, context: { position: quantity("1"), openSellQty: quantity("1") } }],
  ];
  test.each(cases)("%s: %s", (_why, code, changes) => {
    const { approved, decision } = decideWith(changes);
    expect(approved).toBeNull();
    expect(decision).toMatchObject({ verdict: "denied", code });
    expect(decision.message).toMatch(/^No order was sent: .*\.$/);
    expect(Object.keys(decision.limits)).toEqual(guardrailCatalogue[code].payload);
  });
});

describe("the edges", () => {
  const passing: [string, Changes][] = [
    ["the last order of the day", { context: { ordersToday: 2 } }],
    ["exactly what is left of the four hours", { context: { notionalUsd4h: usd("90") } }],
    ["a price as old as it may be", { context: { lastTrade: { price: price("492"), asOf: ago(180) } } }],
    ["exactly the drift allowed", { context: { lastTrade: { price: price("494.46"), asOf: ago(1) } } }],
    ["exactly the buying power", { context: { account: { buyingPower: usd("10"), asOf: ago(1), inFlightUsd: usd("0") } } }],
    ["exactly the smallest order of the coin", { context: { asset: { ...share, minOrderQty: quantity("0.020321072") } } }],
    ["exactly as many shares as the user wants in an order", { limits: { max_order_qty: 0.020321073 } }],
    ["exactly as large a position as may be", { limits: { max_position_usd: 59.21 }, context: { holdings: [ownSpy, holding] } }],
    ["exactly as much exposure as may be", { limits: { max_gross_exposure_usd: 410 }, context: { holdings: [holding] } }],
    ["the last open order", { limits: { max_open_orders: 2 }, context: { openOrders: 1 } }],
    ["the last order of the minute", { limits: { max_orders_per_minute: 2 }, context: { ordersLastMinute: 1 } }],
    ["a cent less than the day's loss limit", { limits: { max_daily_loss_usd: 20.01 }, context: { holdings: [holding] } }],
    ["a day in the black", { limits: { max_daily_loss_usd: 1 }, context: { holdings: [{ ...holding, price: price("211") }] } }],
    ["the end of the cooldown", { limits: { symbol_cooldown_seconds: 60 }, context: { recentOfSymbol: [bought(60)] } }],
    ["the same once more after the window", { limits: { duplicate_intent_window_seconds: 10 }, context: { recentOfSymbol: [bought(10)] } }],
    ["another amount within the window", { limits: { duplicate_intent_window_seconds: 10 }, context: { recentOfSymbol: [{ ...bought(1), reservedUsd: usd("11") }] } }],
    ["a limit at the edge of the collar", { intent: limitAt("516.70") }],
    ["a limit as near as the user wants it", { intent: limitAt("491.61"), limits: { price_collar_bps: 10 } }],
    ["whole shares at a limit, where only those are traded", { intent: { ...limitAt("492"), qty: quantity("2") }, limits: { max_notional_usd_per_4h: 1_000 }, context: { asset: { ...share, isFractionable: false } } }],
    ["not asked about, where asking is not required", { intent: { questionId: null }, limits: { require_question_before_order: false } }],
    ["live, where the user, the operator and the host all say so", { intent: { mode: "live" }, user: { mode: "live" }, settings: { venue: { environment: "live", liveAllowed: true } } }],
  ];
  test.each(passing)("%s passes", (_what, changes) => {
    expect(decideWith(changes).decision).toMatchObject({ verdict: "approved" });
  });
});

describe("a sell", () => {
  test("goes out as a quantity, at most what is held and not being sold", () => {
    expect(decideWith(sell).approved?.size).toEqual({ kind: "quantity", qty: "0.020321072", reservedUsd: "10" });
    const little = decideWith({ ...sell, context: { position: quantity("0.03"), openSellQty: quantity("0.02") } });
    expect(little.approved?.size).toEqual({ kind: "quantity", qty: "0.01", reservedUsd: "4.93" });
  });

  test("passes a kill switch in every mode: a halt lets positions be reduced", () => {
    for (const mode of ["block_new", "cancel_only", "flatten"] as const) {
      expect(decideWith({ ...sell, context: { ...sell.context, killSwitch: { ...on, mode } } }).decision.verdict).toBe("approved");
    }
  });

  const everyLimit: [string, Changes][] = [
    ["the day's orders", { context: { ordersToday: 99 } }],
    ["the four hours", { context: { notionalUsd4h: usd("1000") } }],
    ["the operator's caps", { settings: { caps: { maxOrderNotionalUsd: usd("1"), maxOrdersPerDay: 0, maxNotionalUsdPer4h: usd("0") } } }],
    ["the smallest order", { limits: { min_notional_usd: 100 } }],
    ["the largest order", { limits: { max_notional_usd: 1, max_order_qty: 0.0001 } }],
    ["the largest position", { limits: { max_position_usd: 1, max_gross_exposure_usd: 1 }, context: { holdings: [{ ...ownSpy, price: null }] } }],
    ["the open orders", { limits: { max_open_orders: 1 }, context: { openOrders: 9 } }],
    ["the orders of a minute", { limits: { max_orders_per_minute: 1 }, context: { ordersLastMinute: 9 } }],
    ["the day's loss", { limits: { max_daily_loss_usd: 1 }, context: { holdings: [holding] } }],
    ["a day's result that is not known", { limits: { max_daily_loss_usd: 1 }, context: { holdings: [{ ...holding, price: null }] } }],
    ["the symbol's cooldown", { limits: { symbol_cooldown_seconds: 600, duplicate_intent_window_seconds: 600 }, context: { recentOfSymbol: [{ ...bought(1), side: "sell" }] } }],
    ["an asset that the broker has stopped trading in fractions", { context: { asset: { ...share, isTradable: false, isFractionable: false, minOrderQty: quantity("9") } } }],
    ["an asset that is not known", { context: { asset: null } }],
    ["a buying power that is used up", { context: { account: { buyingPower: usd("0"), asOf: ago(1), inFlightUsd: usd("5") } } }],
    ["the blocklist", { limits: { symbols_blocklist: ["SPY"] } }],
    ["a watchlist that the symbol was taken from", { user: { watchlist: new Set() } }],
  ];
  test.each(everyLimit)("passes %s: an exit always passes what keeps positions from growing", (_what, changes) => {
    const { decision } = decideWith({ ...changes, intent: { side: "sell" }, context: { position: quantity("1"), ...changes.context } });
    expect(decision).toMatchObject({ verdict: "approved", code: null });
  });

  test("needs no buying power", () => {
    expect(decideWith({ ...sell, context: { ...sell.context, account: null } }).decision.verdict).toBe("approved");
  });
});

describe("a limit order", () => {
  test("is sent as the quantity that its dollars buy at the limit, and reserves what that costs at most", () => {
    const { approved, decision } = decideWith({ intent: { ...limitAt("490"), notionalUsd: usd("100") } });
    expect(approved?.size).toEqual({ kind: "quantity", qty: "0.204081632", reservedUsd: "100" });
    expect(decision.message).toBe("Approved: an order to buy 0.204081632 SPY at $490 or better is on its way.");
    expect(decision.limits).toMatchObject({ order_type: "limit", limit_price: "490", reserved_usd: "100" });
  });

  test("for a quantity reserves it at the limit, whatever it was worth when it was asked for", () => {
    expect(decideWith({ intent: { ...limitAt("495.50"), qty: quantity("0.2"), notionalUsd: usd("98.4") } }).approved?.size).toEqual({ kind: "quantity", qty: "0.2", reservedUsd: "99.1" });
  });

  test("to sell is sized by its limit, and sells no more than is held", () => {
    const held = { position: quantity("0.5") };
    expect(decideWith({ intent: { side: "sell", ...limitAt("500"), notionalUsd: usd("100") }, context: held }).approved?.size).toEqual({ kind: "quantity", qty: "0.2", reservedUsd: "100" });
    expect(decideWith({ intent: { side: "sell", ...limitAt("500"), notionalUsd: usd("1000") }, context: held }).approved?.size).toEqual({ kind: "quantity", qty: "0.5", reservedUsd: "250" });
  });

  test("of a coin may name as many decimals as we keep", () => {
    expect(decideWith({ intent: { ...limitAt("492.123456789"), assetClass: "crypto" } }).decision.code).toBeNull();
  });
});

test("a quantity at the market is sent as it is, and counts as what it costs now", () => {
  expect(decideWith({ intent: { qty: quantity("0.02"), notionalUsd: usd("1") } }).approved?.size).toEqual({ kind: "quantity", qty: "0.02", reservedUsd: "9.85" });
  expect(decideWith({ intent: { qty: quantity("0.21"), notionalUsd: usd("1") } }).decision).toMatchObject({ code: "max_notional_per_4h_exceeded", limits: { notional_usd: "103.35" } });
});

test("of several reasons the first in the documented order is given", () => {
  expect(decideWith({ context: { killSwitch: on, reconciledAt: null, lastTrade: null } }).decision.code).toBe("kill_switch_active");
  expect(decideWith({ context: { reconciledAt: null, session: null, lastTrade: null } }).decision.code).toBe("broker_not_reconciled");
  expect(decideWith({ context: { session: null, lastTrade: null, ordersToday: 9 } }).decision.code).toBe("market_session_unknown");
});

describe("right before the POST", () => {
  const sending = (changes: Changes) => ({
    intent: { ...intent, ...changes.intent },
    context: { ...context, priceCollarBps: changes.limits?.price_collar_bps ?? null, ...changes.context, user: changes.context?.user === null ? null : { ...user, ...changes.user } },
    settings: { ...settings, ...changes.settings },
  });

  const stops: [DenialCode, Changes][] = [
    ["kill_switch_active", { context: { killSwitch: on } }],
    ["trading_disabled", { user: { enabled: false } }],
    ["trading_disabled", { settings: { tradingEnabled: false } }],
    ["mode_not_allowed", { user: { mode: "live" } }],
    ["question_expired", { intent: { approvalExpiresAt: noon } }],
    ["market_session_unknown", { context: { session: null } }],
    ["market_closed", { context: { session: { isOpen: false, tradingDay: "2024-05-01", nextOpen: null, nextClose: null, asOf: ago(1) } } }],
    ["market_data_missing", { context: { lastTrade: null } }],
    ["market_data_stale", { context: { lastTrade: { price: price("492"), asOf: ago(181) } } }],
    ["price_drift_exceeded", { context: { lastTrade: { price: price("480"), asOf: ago(1) } } }],
    ["price_collar_exceeded", { intent: limitAt("516.71") }],
    ["price_collar_exceeded", { intent: limitAt("491.60"), limits: { price_collar_bps: 10 } }],
  ];
  test.each(stops)("%s stops it", (code, changes) => {
    expect(denialBeforeSending(sending(changes))?.code).toBe(code);
  });

  test("what has not changed is not asked again: an open order of the symbol is this one", () => {
    expect(denialBeforeSending(sending({ context: { openOrdersOfSymbol: 1, ordersToday: 3, reconciledAt: null } }))).toBeNull();
  });

  test("while nothing may be sent, only what no waiting can mend ends an order", () => {
    const codes = stops.map(([, changes]) => denialWhileWaiting(sending(changes))?.code ?? null);
    expect(codes).toEqual(stops.map(([code]) => (code === "kill_switch_active" || code === "question_expired" ? code : null)));
  });
});
