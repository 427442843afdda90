import type { DenialCode } from "@nod/contract/denial";
import { describe, expect, test } from "vitest";
import { price, quantity, usd } from "../../core/decimal.ts";
import { denialBeforeSending, denialWhileWaiting } from "./clear-to-send.ts";
import { decide } from "./decide.ts";
import type { TradeIntent } from "./intent.ts";
import type { RiskContext, UserTradingSettings } from "./risk-context.ts";
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
  notionalUsd: usd("10"),
  mode: "paper",
  facts: { feed: "iex", price: price("492"), priceAsOf: ago(20), maxStalenessSeconds: 180, maxDriftBps: 50 },
  background: {},
  approvalExpiresAt: new Date(noon.getTime() + 60_000),
};

const context: RiskContext = {
  at: noon,
  killSwitch: null,
  session: { isOpen: true, tradingDay: "2024-05-01", nextOpen: null, nextClose: new Date(noon.getTime() + 3_600_000), asOf: ago(10) },
  lastTrade: { price: price("492.10"), asOf: ago(5) },
  reconciledAt: ago(30),
  user,
  account: { buyingPower: usd("100000"), asOf: ago(30), inFlightUsd: usd("0") },
  ordersToday: 0,
  notionalUsd4h: usd("0"),
  openOrdersOfSymbol: 0,
  position: quantity("0"),
  openSellQty: quantity("0"),
};

type Changes = { intent?: Partial<TradeIntent>; context?: Partial<RiskContext>; settings?: Partial<RiskSettings>; user?: Partial<UserTradingSettings>; limits?: Partial<UserTradingSettings["guardrails"]> };

function decideWith(changes: Changes) {
  const changedUser: UserTradingSettings = { ...user, ...changes.user, guardrails: { ...user.guardrails, ...changes.limits } };
  return decide({ ...intent, ...changes.intent }, { ...context, user: changedUser, ...changes.context }, { ...settings, ...changes.settings });
}

const sell: Changes = { intent: { side: "sell" }, context: { position: quantity("1") } };
const on = { mode: "block_new", scope: "user", reason: null, since: ago(60) } as const;

test("what nothing speaks against is approved, with the limits as they were seen", () => {
  const { approved, decision } = decideWith({});
  expect(approved).toMatchObject({ size: { kind: "notional", notionalUsd: "10", reservedUsd: "10" }, tradingDay: "2024-05-01" });
  expect(decision).toMatchObject({ verdict: "approved", code: null, limits: { orders_today: 0, max_orders_per_day: 3, price_now: "492.1" } });
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
    ["there is nothing to sell", "insufficient_position", { intent: { side: "sell" } }],
    ["all of it is being sold already", "insufficient_position", { intent: { side: "sell" }, context: { position: quantity("1"), openSellQty: quantity("1") } }],
  ];
  test.each(cases)("%s: %s", (_why, code, changes) => {
    const { approved, decision } = decideWith(changes);
    expect(approved).toBeNull();
    expect(decision).toMatchObject({ verdict: "denied", code });
    expect(decision.message).toMatch(/^No order was sent: .*\.$/);
    expect(Object.keys(decision.limits).length).toBeGreaterThan(0);
  });
});

describe("the edges", () => {
  const passing: [string, Changes][] = [
    ["the last order of the day", { context: { ordersToday: 2 } }],
    ["exactly what is left of the four hours", { context: { notionalUsd4h: usd("90") } }],
    ["a price as old as it may be", { context: { lastTrade: { price: price("492"), asOf: ago(180) } } }],
    ["exactly the drift allowed", { context: { lastTrade: { price: price("494.46"), asOf: ago(1) } } }],
    ["exactly the buying power", { context: { account: { buyingPower: usd("10"), asOf: ago(1), inFlightUsd: usd("0") } } }],
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

  test("needs no buying power", () => {
    expect(decideWith({ ...sell, context: { ...sell.context, account: null } }).decision.verdict).toBe("approved");
  });
});

test("of several reasons the first in the documented order is given", () => {
  expect(decideWith({ context: { killSwitch: on, reconciledAt: null, lastTrade: null } }).decision.code).toBe("kill_switch_active");
  expect(decideWith({ context: { reconciledAt: null, session: null, lastTrade: null } }).decision.code).toBe("broker_not_reconciled");
  expect(decideWith({ context: { session: null, lastTrade: null, ordersToday: 9 } }).decision.code).toBe("market_session_unknown");
});

describe("right before the POST", () => {
  const sending = (changes: Changes) => ({
    intent: { ...intent, ...changes.intent },
    context: { ...context, ...changes.context, user: changes.context?.user === null ? null : { ...user, ...changes.user } },
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
