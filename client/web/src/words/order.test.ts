import type { Order } from "@nod/contract/order";
import { expect, test } from "vitest";
import { orderExplanation, orderTitle } from "./order.ts";

const filled: Order = {
  id: "00000000-0000-4000-8000-000000000001", client_order_id: "nod-1", alpaca_order_id: "a-1", question_id: null, rule_id: null, symbol: "SPY", asset_class: "us_equity", side: "buy", order_type: "market", limit_price: null,
  notional_usd: "10", qty: null, filled_qty: "0.1", filled_avg_price: "100", status: "filled", status_reason: null, mode: "paper", undo_until: null,
  created_at: "2024-05-01T16:00:00Z", submitted_at: null, filled_at: null, updated_at: "2024-05-01T16:00:00Z",
};

test("a filled order was bought for what was asked", () => {
  expect(orderTitle(filled)).toMatch(/^Bought \$10/);
});

test("one of which the broker took a part back tells what is left of it, and why", () => {
  const part = { ...filled, filled_qty: "0.06", status_reason: "the broker took back 0.04 at $110 (a trade bust): 0.06 is bought" };
  expect(orderTitle(part)).toMatch(/^Bought 0\.06 shares at \$100/);
  expect(orderExplanation(part)).toBe("The broker took back 0.04 at $110 (a trade bust): 0.06 is bought.");
});

test("one that was taken back whole was not bought", () => {
  expect(orderTitle({ ...filled, filled_qty: "0", filled_avg_price: null, status_reason: "the broker took back 0.1 at $100 (a trade bust): in the end nothing was bought" })).toBe("Buy $10.00 of SPY: taken back by the broker");
});
