/** Lives of an order at a broker that takes executions back and corrects them; its words come late, twice, in any order, or never. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { price, quantity, type Price, type Quantity } from "../../src/core/decimal.ts";
import { newUuid } from "../../src/core/ids.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { applyBrokerEvent, type BrokerWord } from "../../src/trading/orders/apply-broker-event.ts";
import { executedIn } from "../../src/trading/orders/executions-in-force.ts";
import { saidLessAt, untoldBust } from "../../src/trading/orders/judge-amendment.ts";
import { lockOrder } from "../../src/trading/orders/orders-table.ts";
import type { Amendment, BrokerOrder, Execution } from "../../src/trading/ports.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let first: BrokerOrder;

beforeAll(async () => {
  const broker = createScriptedBroker();
  await openTheMarket(database.ownerPool);
  const uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  const floor = createFloor(database.pool, broker);
  floor.submit.start();
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid, {}), 10);
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
  const { client_order_id: clientOrderId } = outcome.result.order;
  await until("the broker has it", async () => broker.book.has(clientOrderId));
  await until("and we know", async () => (await database.ownerPool.query("select from trade_orders where status = 'accepted'")).rowCount === 1);
  await floor.stop();
  first = { ...broker.change(clientOrderId, {}), status: "accepted", filledQty: quantity("0"), filledAvgPrice: null, updatedAt: at(0) };
});

const epoch = Date.UTC(2026, 6, 14, 15);
const at = (ms: number): Date => new Date(epoch + ms);

/** What happens at the broker, each so many milliseconds after the one before. */
type Deed = { do: "fill" | "bust" | "correct"; afterMs: number; pick: number; qty: number; price: number };
type Life = { deeds: Deed[]; end: "filled" | "canceled" | null; endAfterMs: number };
type Told = { execution: Execution } | { amendment: Amendment } | null;
/** The order as it stands after one thing that happened, and what that was. */
type Moment = { order: BrokerOrder; told: Told };

function play({ deeds, end, endAfterMs }: Life, id: string): Moment[] {
  const moments: Moment[] = [{ order: first, told: null }];
  let inForce: { id: string; qty: Quantity; price: Price }[] = [];
  let ms = 0;
  const add = (status: string, told: Told): void => {
    const sum = executedIn(inForce.map((each) => ({ executionId: each.id, qty: each.qty, price: each.price })));
    moments.push({ told, order: { ...first, status, filledQty: sum.qty, filledAvgPrice: sum.avgPrice, updatedAt: at(ms) } });
  };
  let status = "new";
  for (const [n, deed] of deeds.entries()) {
    ms += deed.afterMs;
    const executionId = `${id}-${n}`;
    const lot = { qty: quantity((deed.qty / 1_000).toFixed(3)), price: price(String(100 + deed.price)) };
    const about = inForce[deed.pick % Math.max(1, inForce.length)];
    if (deed.do === "fill" || about === undefined) {
      inForce.push({ id: executionId, ...lot });
      status = "partially_filled";
      add(status, { execution: { executionId, ...lot, executedAt: at(ms) } });
    } else if (deed.do === "bust") {
      inForce = inForce.filter((each) => each !== about);
      add(status, { amendment: { kind: "trade_bust", executionId, previousExecutionId: about.id, was: { qty: about.qty, price: about.price }, executedAt: at(ms) } });
    } else {
      inForce = inForce.map((each) => (each === about ? { id: executionId, ...lot } : each));
      add(status, { amendment: { kind: "trade_correct", executionId, previousExecutionId: about.id, ...lot, executedAt: at(ms) } });
    }
  }
  if (end !== null) {
    ms += endAfterMs;
    add(end, null);
  }
  return moments;
}

/** A word on its way to us: of the stream, a look at the order at that moment, or an activity with a look at the order or without. */
type Delivery = { kind: "stream" | "look" | "activity" | "bare activity"; moment: number; lookedAt: number };

const take = (word: BrokerWord) => withTransaction(database.pool, (tx) => applyBrokerEvent(tx, word));

async function deliver(moments: readonly Moment[], { kind, moment, lookedAt }: Delivery): Promise<void> {
  const { order, told } = moments[moment % moments.length] ?? { order: first, told: null };
  // Who looks at the order because of an activity sees at least that.
  const later = moments.slice(moment % moments.length);
  const seen = later[lookedAt % later.length]?.order ?? order;
  const named = { alpacaOrderId: order.alpacaOrderId, symbol: order.symbol, side: order.side };
  if (kind === "look" || told === null) await look(order);
  else if (kind === "stream") await take({ kind: "order", source: "stream", order, execution: "execution" in told ? told.execution : null, ...("amendment" in told && { amendment: told.amendment }), event: "amendment" in told ? told.amendment.kind : "fill" });
  else if ("execution" in told) await take({ kind: "fill", source: "reconciliation", fill: { ...told.execution, ...named } });
  else if (kind === "activity") await take({ kind: "order", source: "poll", order: seen, execution: null, amendment: told.amendment, event: told.amendment.kind });
  else await take({ kind: "amendment", source: "reconciliation", amendment: { ...told.amendment, ...named } });
}

/** As the worker polls, and as it looks at orders that are over after an absence. */
async function look(order: BrokerOrder): Promise<void> {
  const known = await withTransaction(database.pool, (tx) => lockOrder(tx, { clientOrderId: order.clientOrderId }));
  const less = known === null || known.alpacaOrderId === null ? null : saidLessAt(order, known);
  await take({ kind: "order", source: "poll", order, execution: null, event: null, ...(less !== null && { amendment: untoldBust(order.alpacaOrderId, less) }) });
}

async function beginAnew(): Promise<void> {
  await database.ownerPool.query("delete from fills");
  await database.ownerPool.query("delete from fill_amendments");
  await database.ownerPool.query("update trade_orders set status = 'accepted', status_reason = null, filled_qty = 0, filled_avg_price = null, broker_updated_at = $1, amended_at = null, broker_sum_qty = 0, broker_sum_avg_price = null, broker_sum_at = $1", [at(0)]);
}

const anyLife: fc.Arbitrary<Life> = fc.record({
  deeds: fc.array(
    fc.record({ do: fc.constantFrom("fill", "fill", "bust", "correct"), afterMs: fc.constantFrom(0, 0, 1, 5), pick: fc.nat(3), qty: fc.integer({ min: 1, max: 4 }), price: fc.integer({ min: 0, max: 2 }) }),
    { minLength: 1, maxLength: 6 },
  ),
  end: fc.constantFrom("filled", "filled", "canceled", null),
  endAfterMs: fc.constantFrom(0, 1),
});
const anyDeliveries = fc.array(fc.record<Delivery>({ kind: fc.constantFrom("stream", "stream", "look", "activity", "bare activity"), moment: fc.nat(7), lookedAt: fc.nat(3) }), { maxLength: 10 });

test("whatever came of an order's words on the way, a comparison of the books in the end makes them the broker's", { timeout: 3_600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(anyLife, anyDeliveries, async (life, deliveries) => {
      await beginAnew();
      const moments = play(life, newUuid());
      for (const delivery of deliveries) await deliver(moments, delivery);
      const last = moments.length - 1;
      for (let round = 0; round < 2; round += 1) {
        for (const [moment, { told }] of moments.entries()) if (told !== null && "execution" in told) await deliver(moments, { kind: "activity", moment, lookedAt: last });
        for (const [moment, { told }] of moments.entries()) if (told !== null && "amendment" in told) await deliver(moments, { kind: "activity", moment, lookedAt: last - moment });
        await deliver(moments, { kind: "look", moment: last, lookedAt: 0 });
      }
      const { rows } = await database.ownerPool.query<{ status: string; qty: string; avg: string | null }>("select status, trim_scale(filled_qty)::text as qty, trim_scale(filled_avg_price)::text as avg from trade_orders");
      const truth = moments[last]?.order;
      expect(rows[0]).toEqual({ status: truth?.status, qty: truth?.filledQty, avg: truth?.filledAvgPrice ?? null });
      expect((await database.ownerPool.query("select from fills")).rowCount).toBe(moments.filter(({ told }) => told !== null && "execution" in told).length);
    }),
    { numRuns: Number(process.env["LIVES"] ?? 150) }, // LIVES=5000 for a long look
  );
});
