import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSimulator, type Simulator } from "../src/simulator.ts";
import { manualClock, type ManualClock } from "../src/time/clock.ts";

let sim: Simulator;
let clock: ManualClock;
const keys = [
  { keyId: "ALICE-1", secretKey: "a1", account: "alice" },
  { keyId: "ALICE-2", secretKey: "a2", account: "alice" },
  { keyId: "BOB", secretKey: "b", account: "bob" },
];

beforeAll(async () => {
  clock = manualClock(Date.parse("2026-03-04T15:00:00Z"));
  sim = await startSimulator({ clock, keys, cash: "1000", multiplier: 2, symbols: { ACME: { price: "50", prevClose: "51" } }, latency: { route: [0, 0], fill: [0, 0] } });
});
afterAll(() => sim.stop());

async function ask(who: number, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const key = keys[who];
  const headers = { "APCA-API-KEY-ID": key?.keyId ?? "", "APCA-API-SECRET-KEY": key?.secretKey ?? "" };
  const response = await fetch(`${sim.url}${path}`, body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const buy = (qty: string, clientOrderId: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({ symbol: "ACME", qty, side: "buy", type: "market", time_in_force: "day", client_order_id: clientOrderId, ...more });

describe("accounts", () => {
  it("keep their orders, positions and client order ids to themselves, whichever key is used", async () => {
    const placed = await ask(0, "/v2/orders", buy("2", "same-id"));
    clock.advance(10);
    expect((await ask(1, "/v2/orders:by_client_order_id?client_order_id=same-id")).body).toMatchObject({ id: placed.body["id"], status: "filled" });
    expect((await ask(2, "/v2/orders:by_client_order_id?client_order_id=same-id")).status).toBe(404);
    expect((await ask(2, `/v2/orders/${String(placed.body["id"])}`)).status).toBe(404);
    expect((await ask(2, "/v2/positions")).body).toEqual([]);
    expect((await ask(2, "/v2/orders", buy("1", "same-id"))).status).toBe(200);
    clock.advance(10);
  });

  it("cannot spend what open orders have reserved", async () => {
    const before = (await ask(2, "/v2/account")).body;
    expect(before).toMatchObject({ cash: "950", equity: "1000", buying_power: "1950" });
    expect((await ask(2, "/v2/orders", buy("30", "reserving", { type: "limit", limit_price: "40" }))).status).toBe(200);
    expect((await ask(2, "/v2/account")).body).toMatchObject({ buying_power: "750" });
    expect(await ask(2, "/v2/orders", buy("16", "too-much"))).toMatchObject({ status: 403, body: { code: 40310000, message: "insufficient buying power", buying_power: "750", cost_basis: "800" } });
  });

  it("cannot sell twice what they hold", async () => {
    const sell = buy("1.5", "first-sale", { side: "sell", type: "limit", limit_price: "90" });
    expect((await ask(0, "/v2/orders", sell)).status).toBe(200);
    expect((await ask(0, "/v2/positions/ACME")).body).toMatchObject({ qty: "2", qty_available: "0.5" });
    expect(await ask(0, "/v2/orders", { ...sell, qty: "0.75", client_order_id: "second-sale" })).toMatchObject({
      status: 403,
      body: { message: "insufficient qty available for order (requested: 0.75, available: 0.5)", available: "0.5", existing_qty: "2", held_for_orders: "1.5", symbol: "ACME" },
    });
  });

  it("can sell short whole shares only, and owe what they are worth", async () => {
    const short = { symbol: "SPY", side: "sell", type: "market", time_in_force: "day" };
    expect((await ask(2, "/v2/orders", { ...short, qty: "0.5" })).status).toBe(403);
    expect((await ask(2, "/v2/orders", { ...short, qty: "1" })).status).toBe(200);
    clock.advance(10);
    const { body } = await ask(2, "/v2/positions/SPY");
    expect(body).toMatchObject({ side: "short", qty: "-1" });
    expect(Number((await ask(2, "/v2/account")).body["equity"])).toBeCloseTo(1000, 2);
  });

  it("buy with immediate-or-cancel what the price allows now, or nothing", async () => {
    const ended: unknown[] = [];
    for (const limitPrice of ["10", "60"]) {
      const { body } = await ask(0, "/v2/orders", buy("1", `ioc-${limitPrice}`, { type: "limit", limit_price: limitPrice, time_in_force: "ioc" }));
      clock.advance(10);
      ended.push((await ask(0, `/v2/orders/${String(body["id"])}`)).body["status"]);
    }
    expect(ended).toEqual(["canceled", "filled"]);
  });
});
