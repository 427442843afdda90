import { Decimal } from "decimal.js";
import { describe, expect, it } from "vitest";
import type { Fault } from "../src/http/faults.ts";
import type { TimedStep } from "../src/book/scripts.ts";
import { seededInteger } from "../src/seeded.ts";
import { startSimulator, type Simulator } from "../src/simulator.ts";
import { manualClock } from "../src/time/clock.ts";

const TERMINAL = ["filled", "canceled", "expired", "rejected", "replaced"];

/** One seeded stretch of trading, with faults, scripts and moving prices. */
async function trade(seed: string): Promise<{ sim: Simulator; answers: Map<string, number | undefined> }> {
  const clock = manualClock(Date.parse("2026-03-04T15:00:00Z"));
  const sim = await startSimulator({ clock, seed, cash: "20000", symbols: { ACME: { price: "50", prevClose: "51" } } });
  const headers = { "APCA-API-KEY-ID": sim.keys[0]?.keyId ?? "", "APCA-API-SECRET-KEY": sim.keys[0]?.secretKey ?? "" };
  const answers = new Map<string, number | undefined>();
  const pick = <T>(list: readonly T[], ...purpose: (string | number)[]): T => {
    const chosen = list[seededInteger(0, list.length - 1, seed, ...purpose)];
    if (chosen === undefined) throw new Error("nothing to pick from");
    return chosen;
  };
  const failures: Fault["do"][] = [{ kind: "reset" }, { kind: "status", status: 500 }, { kind: "malformed" }, { kind: "empty" }];
  const courses: TimedStep[][] = [[], [{ do: "new" }, { do: "partial_fill", qty: "0.01" }, { do: "fill", afterMs: 900 }], [{ do: "reject" }], [{ do: "new" }, { do: "fill" }, { do: "trade_bust" }], [{ do: "replaced" }]];
  for (let turn = 0; turn < 25; turn += 1) {
    if (pick([true, false, false], turn, "script?")) sim.control.script({ steps: pick(courses, turn, "course"), afterwards: pick(["hold", "resume"], turn, "then") });
    if (pick([true, false, false], turn, "fault?")) sim.control.fault({ route: "POST /v2/orders", when: pick(["before", "after"], turn, "when"), do: pick(failures, turn, "failure") });
    if (pick([true, false], turn, "move?")) sim.control.setPrice("ACME", new Decimal(seededInteger(4000, 6000, seed, turn, "price")).dividedBy(100).toString());
    const clientOrderId = `turn-${pick([turn, Math.max(0, turn - 1)], turn, "id")}`;
    const size = pick<Record<string, string>>([{ notional: "25.50" }, { qty: "1.25" }, { qty: "3" }], turn, "size");
    const body = { symbol: "ACME", side: pick(["buy", "buy", "sell"], turn, "side"), type: "market", time_in_force: "day", client_order_id: clientOrderId, ...size };
    const status = await fetch(`${sim.url}/v2/orders`, { method: "POST", headers, body: JSON.stringify(body) }).then(
      async (response) => {
        await response.json();
        return response.status;
      },
    ).catch(() => undefined);
    if (!answers.has(clientOrderId)) answers.set(clientOrderId, status);
    if (pick([true, false, false, false], turn, "cancel?")) await fetch(`${sim.url}/v2/orders`, { method: "DELETE", headers });
    clock.advance(seededInteger(1, 3000, seed, turn, "wait"));
  }
  clock.advance(5000);
  return { sim, answers };
}

describe("whatever happens to orders and answers", () => {
  it.each(Array.from({ length: 40 }, (_, index) => `book ${index}`))("the book adds up (%s)", async (seed) => {
    const { sim, answers } = await trade(seed);
    try {
      const book = sim.control.book();
      const [account] = book.accounts;
      const orders = account?.orders ?? [];
      const executions = account?.executions ?? [];
      const amended = new Set(executions.map((execution) => execution.previousExecutionId));
      const inForce = executions.filter((execution) => execution.kind !== "trade_bust" && !amended.has(execution.executionId));

      let cash = new Decimal("20000");
      const held = new Map<string, Decimal>();
      for (const { side, qty, price, symbol } of inForce) {
        const signed = new Decimal(qty).times(side === "buy" ? 1 : -1);
        cash = cash.minus(signed.times(price));
        held.set(symbol, (held.get(symbol) ?? new Decimal(0)).plus(signed));
      }
      expect(account?.cash).toBe(cash.toString());
      expect((held.get("ACME") ?? new Decimal(0)).toString()).toBe(account?.positions["ACME"]?.qty ?? "0");

      const filled = (orderId: string): string => Decimal.sum(0, ...inForce.filter((execution) => execution.orderId === orderId).map((execution) => execution.qty)).toString();
      expect(orders.map((order) => [order.id, order.filled_qty])).toEqual(orders.map((order) => [order.id, filled(order.id)]));
      expect(orders.every((order) => (order.notional === null) !== (order.qty === null))).toBe(true);
      expect(new Set(orders.map((order) => order.client_order_id)).size).toBe(orders.length);
      expect(new Set(executions.map((execution) => execution.executionId)).size).toBe(executions.length);
      expect(book.posts.every((post) => orders.some((order) => order.id === post.orderId))).toBe(true);
      const acknowledged = [...answers].flatMap(([clientOrderId, status]) => (status === 200 ? [clientOrderId] : []));
      expect(acknowledged.filter((clientOrderId) => book.posts.filter((post) => post.clientOrderId === clientOrderId).length !== 1)).toEqual([]);
      expect(orders.some((order) => TERMINAL.includes(order.status))).toBe(true);
    } finally {
      await sim.stop();
    }
  });
});
