import type { Order } from "@nod/contract/order";
import { describe, expect, it } from "vitest";
import { isLoaded, withOrder, withoutGoingBack, type LoadedOrders } from "./loaded-orders.ts";

const order = (id: string, status: Order["status"], updated_at: string): Order => ({
  id,
  client_order_id: `nod-${id}`,
  alpaca_order_id: null,
  question_id: null,
  rule_id: null,
  symbol: "SPY",
  asset_class: "us_equity",
  side: "buy",
  order_type: "market",
  limit_price: null,
  notional_usd: "10.00",
  qty: null,
  filled_qty: "0",
  filled_avg_price: null,
  status,
  status_reason: null,
  mode: "paper",
  undo_until: null,
  created_at: "2026-03-02T15:00:00Z",
  submitted_at: null,
  filled_at: null,
  updated_at,
});
const loaded: LoadedOrders = {
  pages: [
    { orders: [order("b", "accepted", "2026-03-02T15:00:02Z")], next_cursor: "more" },
    { orders: [order("a", "filled", "2026-03-02T15:00:01Z")], next_cursor: null },
  ],
  pageParams: [null, "more"],
};
const statuses = (data: LoadedOrders) => data.pages.map((page) => page.orders.map(({ id, status }) => `${id}:${status}`));

describe("the loaded orders, when the hub tells of one", () => {
  it("change in their place, on whichever page they are", () => {
    expect(statuses(withOrder(loaded, order("b", "filled", "2026-03-02T15:00:03Z")))).toEqual([["b:filled"], ["a:filled"]]);
  });

  it("take a new one on top", () => {
    expect(statuses(withOrder(loaded, order("c", "pending_submit", "2026-03-02T15:00:03Z")))).toEqual([["c:pending_submit", "b:accepted"], ["a:filled"]]);
  });

  it("are not taken back by a page that was read before the hub told of a change and came after it", () => {
    const told = withOrder(withOrder(loaded, order("b", "filled", "2026-03-02T15:00:03Z")), { ...order("c", "pending_submit", "2026-03-02T15:00:04Z"), created_at: "2026-03-02T15:00:04Z" });
    expect(statuses(withoutGoingBack(told, loaded))).toEqual([["c:pending_submit", "b:filled"], ["a:filled"]]);
    expect(statuses(withoutGoingBack(loaded, told))).toEqual(statuses(told));
    expect(withoutGoingBack(undefined, loaded)).toBe(loaded);
  });

  it("are told from what is not loaded yet", () => {
    expect([loaded, undefined, null, {}].map(isLoaded)).toEqual([true, false, false, false]);
  });

  it("never go back to an older state that comes late", () => {
    expect(statuses(withOrder(loaded, order("a", "accepted", "2026-03-02T15:00:00Z")))).toEqual([["b:accepted"], ["a:filled"]]);
  });
});
