import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Alpaca, trading } from "@alpacahq/alpaca-trade-api";
import { startSimulator, type Simulator } from "../src/simulator.ts";
import { sdk, until } from "./sdk.ts";

let sim: Simulator;
let alpaca: Alpaca;

beforeAll(async () => {
  sim = await startSimulator({ seed: "orders", symbols: { ACME: { price: "50.00", prevClose: "51.00" }, CHEAP: { price: "0.50", prevClose: "0.55" } } });
  alpaca = sdk(sim);
});
afterAll(() => sim.stop());

async function settled(id: string | undefined): Promise<trading.Order> {
  return until(async () => {
    const order = await alpaca.trading.orders.getOrderByOrderID({ orderId: id ?? "" });
    return order.status === "filled" || order.status === "canceled" ? order : undefined;
  }, `order ${id} to settle`);
}

function isAnswer(value: unknown): value is { id?: string; code?: number; message?: string } {
  return typeof value === "object" && value !== null && ("id" in value || "message" in value);
}

async function refusal(call: Promise<unknown>): Promise<{ status: number; code: unknown; message: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && "status" in error && typeof error.status === "number" && "code" in error) {
      return { status: error.status, code: error.code, message: error.message };
    }
    throw error;
  }
  throw new Error("the call was not refused");
}

describe("market orders, through the SDK", () => {
  it("fills ten dollars of a stock at the last price and keeps qty null", async () => {
    const placed = await alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy", clientOrderId: "ten-dollars" });
    expect(placed).toMatchObject({ status: "pending_new", notional: "10", clientOrderId: "ten-dollars", filledQty: "0" });
    const filled = await settled(placed.id);
    expect(filled).toMatchObject({ status: "filled", filledQty: "0.2", filledAvgPrice: "50", notional: "10" });
    expect(filled["qty"]).toBeUndefined();
    expect(filled["order_class"]).toBe("");
    expect(filled["filled_at"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    const position = await alpaca.trading.positions.getOpenPosition({ symbolOrAssetId: "ACME" });
    expect(position).toMatchObject({ qty: "0.2", qtyAvailable: "0.2", avgEntryPrice: "50", side: "long", lastdayPrice: "51" });
  });

  it("keeps nine decimals when dollars do not divide by the price", async () => {
    sim.control.setPrice("ACME", "48.37");
    const placed = await alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy" });
    expect((await settled(placed.id)).filledQty).toBe("0.206739714");
    sim.control.setPrice("ACME", "50");
  });

  it("moves cash, buying power and activities with the fill", async () => {
    const before = await alpaca.trading.account.getAccount();
    const placed = await alpaca.trading.orders.market({ symbol: "ACME", qty: "3", side: "buy" });
    await settled(placed.id);
    const after = await alpaca.trading.account.getAccount();
    expect(Number(before.cash) - Number(after.cash)).toBeCloseTo(150, 6);
    expect(after.equity).toBe(before.equity);
    const [latest] = await alpaca.trading.accountActivities.getAccountActivities({ activityTypes: ["FILL"] });
    expect(latest).toMatchObject({ orderId: placed.id, qty: "3", price: "50", symbol: "ACME", type: "fill", cumQty: "3", leavesQty: "0" });
  });

  it("closes a position with DELETE and then knows no such position", async () => {
    const closing = await alpaca.trading.positions.deleteOpenPosition({ symbolOrAssetId: "ACME" });
    expect((await settled(closing.id)).side).toBe("sell");
    expect(await refusal(alpaca.trading.positions.getOpenPosition({ symbolOrAssetId: "ACME" }))).toEqual({ status: 404, code: 40410000, message: "position does not exist" });
  });

  it("trades crypto by symbol with a slash and finds the position without it", async () => {
    const placed = await alpaca.trading.orders.market({ symbol: "BTC/USD", notional: "50", side: "buy", timeInForce: "gtc" });
    await settled(placed.id);
    const position = await alpaca.trading.positions.getOpenPosition({ symbolOrAssetId: "BTCUSD" });
    expect(position).toMatchObject({ symbol: "BTCUSD", assetClass: "crypto" });
  });
});

describe("limit, stop, cancel and replace", () => {
  it("fills a limit order only once the price crosses it", async () => {
    const placed = await alpaca.trading.orders.limit({ symbol: "ACME", qty: "2", side: "buy", limitPrice: "49.50" });
    await until(async () => (await alpaca.trading.orders.getOrderByOrderID({ orderId: placed.id ?? "" })).status === "new", "the order to be routed");
    sim.control.setPrice("ACME", "49.51");
    expect((await alpaca.trading.orders.getOrderByOrderID({ orderId: placed.id ?? "" })).status).toBe("new");
    sim.control.setPrice("ACME", "49.40");
    expect(await settled(placed.id)).toMatchObject({ status: "filled", filledAvgPrice: "49.4" });
  });

  it("turns a stop order into a sale once its price is reached", async () => {
    const placed = await alpaca.trading.orders.stop({ symbol: "ACME", qty: "1", side: "sell", stopPrice: "48" });
    await until(async () => (await alpaca.trading.orders.getOrderByOrderID({ orderId: placed.id ?? "" })).status === "new", "the order to be routed");
    sim.control.setPrice("ACME", "47.90");
    expect(await settled(placed.id)).toMatchObject({ status: "filled", filledAvgPrice: "47.9" });
    sim.control.setPrice("ACME", "50");
  });

  it("cancels an open order once, and says what state it is in when asked again", async () => {
    const placed = await alpaca.trading.orders.limit({ symbol: "ACME", qty: "1", side: "buy", limitPrice: "10" });
    await alpaca.trading.orders.deleteOrderByOrderID({ orderId: placed.id ?? "" });
    expect((await settled(placed.id)).status).toBe("canceled");
    expect(await refusal(alpaca.trading.orders.deleteOrderByOrderID({ orderId: placed.id ?? "" }))).toEqual({ status: 422, code: 42210000, message: 'order is already in "canceled" state' });
  });

  it("replaces an open order by a new one that points back at it", async () => {
    const placed = await alpaca.trading.orders.limit({ symbol: "ACME", qty: "1", side: "buy", limitPrice: "10" });
    await until(async () => (await alpaca.trading.orders.getOrderByOrderID({ orderId: placed.id ?? "" })).status === "new", "the order to be routed");
    const next = await alpaca.trading.orders.patchOrderByOrderId({ orderId: placed.id ?? "", patchOrderRequest: { qty: "2", limitPrice: "11" } });
    expect(next).toMatchObject({ replaces: placed.id, qty: "2", limitPrice: "11", status: "new" });
    expect(await alpaca.trading.orders.getOrderByOrderID({ orderId: placed.id ?? "" })).toMatchObject({ status: "replaced", replacedBy: next.id });
  });

  it("cancels everything with a 207 and one entry for each open order", async () => {
    await alpaca.trading.orders.limit({ symbol: "ACME", qty: "1", side: "buy", limitPrice: "12" });
    const open = await alpaca.trading.orders.getAllOrders({ status: "open" });
    const canceled = await alpaca.trading.orders.deleteAllOrders();
    expect(canceled.map((entry) => entry.id).sort()).toEqual(open.map((order) => order.id).sort());
    expect(canceled.every((entry) => entry.status === 200)).toBe(true);
    await until(async () => (await alpaca.trading.orders.getAllOrders({ status: "open" })).length === 0, "all orders to be canceled");
  });

  it("tells orders of the same millisecond apart when listing what came after one", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 6; count += 1) ids.push((await alpaca.trading.orders.limit({ symbol: "ACME", qty: "1", side: "buy", limitPrice: "5" })).id ?? "");
    for (const [index, id] of ids.entries()) {
      const { submitted_at: after } = await alpaca.trading.orders.getOrderByOrderID({ orderId: id });
      const later = await alpaca.trading.orders.getAllOrders({ status: "all", direction: "asc", after: String(after), limit: 500 });
      expect(later.map((order) => order.id)).toEqual(ids.slice(index + 1));
    }
    await alpaca.trading.orders.deleteAllOrders();
    await until(async () => (await alpaca.trading.orders.getAllOrders({ status: "open" })).length === 0, "all orders to be canceled");
  });

  it("lists orders by status, symbol, side, time and direction", async () => {
    const all = await alpaca.trading.orders.getAllOrders({ status: "all", limit: 500 });
    const oldest = await alpaca.trading.orders.getAllOrders({ status: "all", limit: 1, direction: "asc" });
    expect(oldest[0]?.clientOrderId).toBe("ten-dollars");
    expect(all.at(-1)?.clientOrderId).toBe("ten-dollars");
    const sales = await alpaca.trading.orders.getAllOrders({ status: "closed", symbols: ["ACME"], side: "sell" });
    expect(sales.length).toBeGreaterThan(0);
    expect(sales.every((order) => order.side === "sell" && order.symbol === "ACME")).toBe(true);
    const after = await alpaca.trading.orders.getAllOrders({ status: "all", after: String(all[1]?.["submitted_at"]) });
    expect(after.map((order) => order.id)).toEqual([all[0]?.id]);
  });
});

describe("refusals, word for word", () => {
  const order = (changes: Record<string, unknown>): Promise<{ status: number; code: unknown; message: string }> =>
    refusal(post({ symbol: "ACME", notional: "10", side: "buy", type: "market", time_in_force: "day", ...changes }));

  async function post(body: unknown): Promise<{ id: string }> {
    const response = await fetch(`${sim.url}/v2/orders`, { method: "POST", headers: { "APCA-API-KEY-ID": sim.keys[0]?.keyId ?? "", "APCA-API-SECRET-KEY": sim.keys[0]?.secretKey ?? "" }, body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    if (!isAnswer(answer)) throw new Error(`not an answer: ${JSON.stringify(answer)}`);
    if (!response.ok) throw Object.assign(new Error(answer.message), { status: response.status, code: answer.code });
    return { id: answer.id ?? "" };
  }

  it.each([
    [{ notional: undefined }, 422, 40010001, "qty or notional is required"],
    [{ qty: "1" }, 422, 40010001, "only one of qty or notional is accepted"],
    [{ client_order_id: "x".repeat(129) }, 422, 40010001, "client_order_id must be no more than 128 characters"],
    [{ notional: "10.001" }, 422, 42210000, "notional value must be limited to 2 decimal places"],
    [{ time_in_force: "gtc" }, 422, 42210000, "fractional orders must be DAY orders"],
    [{ order_class: "bracket" }, 422, 42210000, "fractional orders must be simple orders"],
    [{ symbol: "NOSUCH" }, 422, 42210000, 'asset "NOSUCH" not found'],
    [{ notional: undefined, qty: "1", extended_hours: true }, 422, 42210000, "extended hours order must be DAY or GTC limit orders"],
    [{ notional: "0.99" }, 403, 40310000, "cost basis must be >= minimal amount of order 1"],
    [{ symbol: "BTC/USD", notional: "9", time_in_force: "gtc" }, 403, 40310000, "cost basis must be >= minimal amount of order 10"],
    [{ notional: undefined, qty: "1000000" }, 403, 40310000, "insufficient buying power"],
    [{ side: "sell", notional: undefined, qty: "12345" }, 403, 40310000, "insufficient qty available for order (requested: 12345, available: 1)"],
    [{ notional: "NaN" }, 422, 40010001, "invalid notional"],
    [{ notional: "1e3" }, 422, 40010001, "invalid notional"],
    [{ side: "hold" }, 422, 40010001, "invalid side"],
  ])("refuses %j", async (changes, status, code, message) => {
    expect(await order(changes)).toEqual({ status, code, message });
  });

  it("refuses assets that cannot be split or traded", async () => {
    sim.control.setAsset("CHEAP", { fractionable: false });
    expect(await order({ symbol: "CHEAP" })).toEqual({ status: 403, code: 40310000, message: 'asset "CHEAP" is not fractionable' });
    sim.control.setAsset("CHEAP", { tradable: false });
    expect(await order({ symbol: "CHEAP" })).toEqual({ status: 422, code: 42210000, message: 'asset "CHEAP" is not tradable' });
  });

  it("refuses to trade against the account's own open order, and names it", async () => {
    const bid = await post({ symbol: "ACME", qty: "1", side: "buy", type: "limit", limit_price: "10", time_in_force: "day" });
    const refused = await fetch(`${sim.url}/v2/orders`, {
      method: "POST",
      headers: { "APCA-API-KEY-ID": sim.keys[0]?.keyId ?? "", "APCA-API-SECRET-KEY": sim.keys[0]?.secretKey ?? "" },
      body: JSON.stringify({ symbol: "ACME", qty: "1", side: "sell", type: "market", time_in_force: "day" }),
    });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 40310000, message: "potential wash trade detected. use complex orders", existing_order_id: bid.id });
    await alpaca.trading.orders.deleteOrderByOrderID({ orderId: bid.id });
    await settled(bid.id);
  });

  it("spends a client order id for ever, with one code while the order is open and another after", async () => {
    const placed = await post({ symbol: "ACME", qty: "1", side: "buy", type: "limit", limit_price: "10", time_in_force: "day", client_order_id: "once" });
    expect(await order({ client_order_id: "once" })).toEqual({ status: 422, code: 42210000, message: "client_order_id must be unique" });
    await alpaca.trading.orders.deleteOrderByOrderID({ orderId: placed.id ?? "" });
    await settled(placed.id);
    expect(await order({ client_order_id: "once" })).toEqual({ status: 422, code: 40010001, message: "client_order_id must be unique" });
  });

  it("keeps no trace of a refused order, and its client id stays free", async () => {
    await order({ notional: "0.5", client_order_id: "refused-first" });
    expect(await refusal(alpaca.trading.orders.getOrderByClientOrderId({ clientOrderId: "refused-first" }))).toMatchObject({ status: 404, code: 40410000 });
    const placed = await post({ symbol: "ACME", notional: "10", side: "buy", type: "market", time_in_force: "day", client_order_id: "refused-first" });
    expect((await settled(placed.id)).status).toBe("filled");
  });

  it("answers a wrong key with 401 and nothing else", async () => {
    const stranger = sdk(sim, { secret: "wrong" });
    expect(await refusal(stranger.trading.account.getAccount())).toMatchObject({ status: 401, message: "unauthorized." });
  });

  it("answers malformed JSON and unknown paths as an API does", async () => {
    const headers = { "APCA-API-KEY-ID": sim.keys[0]?.keyId ?? "", "APCA-API-SECRET-KEY": sim.keys[0]?.secretKey ?? "" };
    expect((await fetch(`${sim.url}/v2/orders`, { method: "POST", headers, body: '{"symbol":' })).status).toBe(400);
    expect((await fetch(`${sim.url}/v2/nowhere`, { headers })).status).toBe(404);
  });
});
