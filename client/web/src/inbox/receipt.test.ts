import type { TradingQuestionMetadata } from "@nod/contract/question";
import { describe, expect, it } from "vitest";
import { receiptOf } from "./receipt.ts";

const asked = (order: Partial<TradingQuestionMetadata["order"]>): TradingQuestionMetadata => ({
  rule_id: "dip",
  rule_type: "price_below_pct_of_ref",
  rule_text: "When SPY is 1.5 % or more below its previous close, ask to buy.",
  symbol: "SPY",
  asset_class: "us_equity",
  feed: "iex",
  price: "492.00",
  price_as_of: "2026-03-02T15:00:00Z",
  mode: "paper",
  order: { side: "buy", order_type: "market", notional_usd: null, ...order },
  max_staleness_seconds: 180,
  max_drift_bps: 50,
  config_revision: "1",
});

describe("what would be sent", () => {
  it("names dollars, about how many shares, and the most it can cost", () => {
    expect(receiptOf(asked({ notional_usd: "10" }), null, "492")).toEqual({ title: "Buy $10.00 of SPY", terms: "Market · about 0.0203 shares · at most $10.00", exits: null });
  });

  it("takes the amount that the person chose", () => {
    expect(receiptOf(asked({ ask: { min: "5", max: "50" } }), "12.5", "500").title).toBe("Buy $12.50 of SPY");
    expect(receiptOf(asked({ ask: { min: "5", max: "50" } }), null, "500")).toMatchObject({ title: "Buy SPY", terms: "Market" });
  });

  it("names a limit, and what a number of shares costs at most under it", () => {
    expect(receiptOf(asked({ order_type: "limit", qty: "3", limit_price: "491" }), null, "492")).toMatchObject({ title: "Buy 3 shares of SPY", terms: "Limit $491.00 · at most $1,473.00" });
    expect(receiptOf(asked({ qty: "3" }), null, "492").terms).toBe("Market · about $1,476.00");
    expect(receiptOf(asked({ side: "sell", notional_usd: "10" }), null, "492").terms).toBe("Market · about 0.0203 shares");
  });

  it("says at which prices it is then sold by itself", () => {
    const { exits } = receiptOf(asked({ notional_usd: "10", exits: { stop_loss_pct: 2, take_profit_pct: 4, trailing_stop: { trail_pct: 1, activate_at_pct: 2 } } }), null, "500");
    expect(exits).toBe("Then sold by itself: stop at about $490.00 (−2.0\u202f%), target at about $520.00 (+4.0\u202f%), trailing stop 1.0\u202f% below its highest price once it is 2.0\u202f% up.");
  });
});
