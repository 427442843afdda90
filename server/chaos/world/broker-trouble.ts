/** What goes wrong between Nod and its broker: with requests, with the stream, and with the course of an order. */
import type { Fault, OrderScript, OrderStep, StreamFault } from "@nod/alpaca-simulator";
import { Decimal } from "decimal.js";
import type { Random } from "../random.ts";
import type { World } from "./world.ts";

const postFaults: readonly (readonly [number, Pick<Fault, "do" | "when">])[] = [
  [3, { do: { kind: "reset" } }],
  [3, { do: { kind: "reset" }, when: "after" }],
  [2, { do: { kind: "cut" }, when: "after" }],
  [2, { do: { kind: "hang" } }],
  [2, { do: { kind: "hang" }, when: "after" }],
  [2, { do: { kind: "status", status: 500 } }],
  [2, { do: { kind: "status", status: 504 }, when: "after" }],
  [2, { do: { kind: "status", status: 429 } }],
  [1, { do: { kind: "status", status: 403 } }],
  [1, { do: { kind: "status", status: 422, body: { code: 40010001, message: "client_order_id must be unique" } } }],
  [1, { do: { kind: "malformed" }, when: "after" }],
  [1, { do: { kind: "empty" }, when: "after" }],
  [1, { do: { kind: "empty_object" }, when: "after" }],
  [2, { do: { kind: "delay", ms: 120 } }],
  [2, { do: { kind: "delay", ms: 600 }, when: "after" }],
];

const readFaults: readonly (readonly [number, Pick<Fault, "do" | "when">])[] = [
  [3, { do: { kind: "status", status: 500 } }],
  [2, { do: { kind: "status", status: 429 } }],
  [1, { do: { kind: "reset" } }],
  [1, { do: { kind: "hang" } }],
  [1, { do: { kind: "malformed" } }],
  [1, { do: { kind: "empty" } }],
  [1, { do: { kind: "delay", ms: 150 } }],
];

const readRoutes = ["GET /v2/orders:by_client_order_id*", "GET /v2/orders", "GET /v2/account", "GET /v2/account/activities*", "GET /v2/clock", "GET /v2/stocks/*", "DELETE /v2/orders/*"];

export function troublePosts(world: World, random: Random): void {
  const fault: Fault = { route: "POST /v2/orders", skip: random.integer(0, 1), times: random.integer(1, 2), ...random.weighted(postFaults) };
  world.say(`POSTs will fail: ${JSON.stringify(fault)}`);
  world.simulator.control.fault(fault);
}

export function troubleReads(world: World, random: Random): void {
  const fault: Fault = { route: random.pick(readRoutes), times: random.integer(1, 4), ...random.weighted(readFaults) };
  world.say(`reading will fail: ${JSON.stringify(fault)}`);
  world.simulator.control.fault(fault);
}

/** Everything is refused for a while. */
export function storm(world: World, random: Random): void {
  const fault: Fault = { route: "* *", times: random.integer(3, 15), do: { kind: "status", status: random.pick([429, 500, 502, 503]) } };
  world.say(`a storm: ${JSON.stringify(fault.do)}, ${fault.times} times`);
  world.simulator.control.fault(fault);
}

export function troubleStream(world: World, random: Random): void {
  const { control } = world.simulator;
  if (random.chance(0.2)) {
    world.say("the stream is cut");
    if (random.chance(0.3)) control.refuseStreams(1);
    control.dropStreams("trade_updates");
    return;
  }
  const fault: StreamFault = {
    stream: "trade_updates",
    times: random.integer(1, 3),
    skip: random.integer(0, 2),
    ...(random.chance(0.5) && { event: random.pick(["new", "fill", "partial_fill", "canceled", "rejected"]) }),
    do: random.weighted<StreamFault["do"]>([
      [3, { kind: "lose" }],
      [3, { kind: "duplicate", copies: 2 }],
      [2, { kind: "delay", ms: 60 }],
      [2, { kind: "swap" }],
      [1, { kind: "disconnect", when: "before" }],
      [1, { kind: "disconnect", when: "after" }],
      [1, { kind: "malformed" }],
    ]),
  };
  world.say(`the stream will err: ${JSON.stringify(fault)}`);
  control.streamFault(fault);
}

type Course = Pick<OrderScript, "steps" | "match">;
/** The least that is bought here is $2 at less than $450 a share: the parts are smaller than that. */
const bought = { side: "buy" } as const;
const sold = { side: "sell" } as const;

const courses: readonly (readonly [number, Course])[] = [
  [3, { match: bought, steps: [{ do: "new" }, { do: "partial_fill", qty: "0.002" }, { do: "fill", afterMs: 20 }] }],
  [2, { match: bought, steps: [{ do: "new" }, { do: "partial_fill", qty: "0.002" }, { do: "partial_fill", qty: "0.001", afterMs: 5 }] }],
  [2, { match: bought, steps: [{ do: "new" }, { do: "partial_fill", qty: "0.002" }, { do: "cancel", afterMs: 10 }] }],
  [1, { match: sold, steps: [{ do: "new" }, { do: "partial_fill", qty: "0.0000001" }, { do: "fill", afterMs: 20 }] }],
  [1, { match: sold, steps: [{ do: "new" }, { do: "partial_fill", qty: "0.0000001" }, { do: "cancel", afterMs: 10 }] }],
  [2, { steps: [{ do: "new" }, { do: "reject", afterMs: 5 }] }],
  [1, { steps: [{ do: "new" }, { do: "suspend" }, { do: "new", afterMs: 10 }, { do: "fill", afterMs: 5 }] }],
  [1, { steps: [{ do: "new" }, { do: "expire", afterMs: 5 }] }],
  [1, { steps: [{ do: "fill" }] }],
  [1, { steps: [] }],
  [1, { steps: [{ do: "new" }, { do: "status", status: "under_review", event: "under_review" }, { do: "fill", afterMs: 10 }] }],
  [1, { steps: [{ do: "new" }, { do: "pending_cancel" }, { do: "fill", afterMs: 10 }] }],
];

/** The next orders do not simply fill. */
export function writeCourse(world: World, random: Random): void {
  const course = random.weighted(courses);
  const script: OrderScript = { ...course, times: random.integer(1, 2), afterwards: random.pick(["hold", "resume"]), onCancel: random.pick(["grant", "grant", "ignore", "fill", "reject"]) };
  world.say(`the next order's course: ${JSON.stringify(script)}`);
  world.simulator.control.script(script);
}

const open = new Set(["new", "partially_filled"]);

/** The broker takes an execution back or restates it, long after the order is over too, or puts an order of its own in another's place. */
export function restate(world: World, random: Random): void {
  const { control } = world.simulator;
  const orders = control.book().accounts.flatMap((account) => account.orders);
  const executed = orders.filter(({ filled_qty: qty }) => Number(qty) > 0);
  const replaceable = orders.filter(({ status }) => open.has(status));
  if (replaceable.length > 0 && random.chance(0.3)) {
    const order = random.pick(replaceable);
    world.say(`the broker replaces ${order.client_order_id}`);
    control.act(order.id, { do: "replaced" });
    return;
  }
  if (executed.length === 0) return;
  const order = random.pick(executed);
  const price = new Decimal(order.filled_avg_price ?? 1).times(random.pick(["0.99", "1", "1.01"])).toFixed(2);
  // Executions are of at least a ten-millionth of a share here.
  const step: OrderStep = random.chance(0.5) ? { do: "trade_bust" } : { do: "trade_correct", qty: random.pick(["0.0000001", "0.001", "0.002"]), price };
  world.say(`of ${order.client_order_id}, which has ${order.filled_qty} filled: ${JSON.stringify(step)}`);
  control.act(order.id, step);
}
