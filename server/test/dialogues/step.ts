import { setTimeout as sleep } from "node:timers/promises";
import { Mismatch } from "./mismatch.ts";
import type { Person, Stage } from "./stage.ts";

/** One kind of line. `form` is how it is written; the pattern's named groups are what it says. */
export type Step = { actor: string; form: string; pattern: RegExp; run: (stage: Stage, said: Said) => Promise<void> };

/** What a line says, by the names of its pattern's groups; what it leaves out is undefined. */
export type Said = Readonly<Record<string, string | undefined>>;

/** Waits until what is seen is what was expected. @throws Mismatch with both, when it does not come about in time */
export async function eventually(stage: Stage, expected: string, see: () => Promise<{ holds: boolean; seen: string }>): Promise<void> {
  const end = performance.now() + stage.patienceMs;
  for (;;) {
    const { holds, seen } = await see();
    if (holds) return;
    if (performance.now() > end) throw new Mismatch(`expected ${expected}, but there is ${seen}`);
    await sleep(5);
  }
}

/** Takes one off a queue, as soon as there is one that fits. */
export async function nextOf<Item>(stage: Stage, queue: Item[], what: string, fits: (item: Item) => boolean = () => true): Promise<Item> {
  await eventually(stage, what, () => Promise.resolve({ holds: queue.some(fits), seen: "none" }));
  const [item] = queue.splice(queue.findIndex(fits), 1);
  if (item === undefined) throw new Mismatch(`expected ${what}, but there is none`);
  return item;
}

export type OrderSeen = {
  id: string;
  client_order_id: string;
  symbol: string;
  status: string;
  status_reason: string | null;
  filled_qty: string;
  filled_avg_price: string | null;
};

/** The order that a line is about: the one with the label, or the latest of the dialogue. */
export async function orderOf(stage: Stage, label: string | undefined): Promise<OrderSeen> {
  const id = stage.orders.get(label ?? "");
  if (id === undefined) throw new Mismatch(label === undefined ? "there is no order yet" : `no order is called ${label}`);
  const { rows } = await stage.database.ownerPool.query<OrderSeen>(
    `select id, client_order_id, symbol, status, status_reason, trim_scale(filled_qty)::text as filled_qty, trim_scale(filled_avg_price)::text as filled_avg_price
     from trade_orders where id = $1`,
    [id],
  );
  if (rows[0] === undefined) throw new Mismatch("the order is gone");
  return rows[0];
}

export function personOf(name: string | undefined): Person {
  if (name === undefined || name === "ann") return "ann";
  if (name === "bob") return "bob";
  throw new Mismatch(`nobody is called ${name}`);
}

export const uidOf = (stage: Stage, name: string | undefined): string => stage.uid(personOf(name));

/** A group that the pattern always has. */
export function given(said: Said, name: string): string {
  const value = said[name];
  if (value === undefined) throw new Mismatch(`the line lacks its ${name}`);
  return value;
}

/** ` of A` at the end of a line: the order with that label. */
export const ofLabel = String.raw`(?: of (?<label>[A-Z]))?`;
