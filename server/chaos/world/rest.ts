/** Lets a world come to rest: no faults any more, and time until everything that is open has found its end. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Simulator, WireOrder } from "@nod/alpaca-simulator";
import type { Pool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { clearKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import type { World } from "./world.ts";

/** Past the time that an order may stay in doubt, and past most questions. */
const doubtMs = 6 * 60_000;
/** Past the close of every session, so that the day's orders end. */
const sessionMs = 7 * 3_600_000;
/** What reached the broker on a Friday night, and waits for a Monday that may be a holiday. */
const dayMs = 24 * 3_600_000;
/** Nothing is lost by moving on early, as long as there is a next round; a machine that is busy with other things gets longer ones. */
const firstWaitMs = 120;
const longestWaitMs = 5_000;
const rounds = 24;
/** How time is let pass between two looks, three days and a half in all; after that it is only waited for. */
const jumps = [doubtMs, sessionMs, doubtMs, sessionMs, doubtMs, dayMs, doubtMs, dayMs, doubtMs, dayMs];
const reconcileWaitMs = 120_000;
const patient = { timeoutMs: 120_000 };

/** Nobody does anything any more afterwards. @returns what did not come to rest; null when everything did */
export async function comeToRest(world: World): Promise<string | null> {
  const left = await bringToRest(world);
  await endAll(world);
  return left;
}

async function bringToRest(world: World): Promise<string | null> {
  const { control } = world.simulator;
  control.clearFaults();
  control.clearScripts();
  control.setMarket("replay");
  for (const { name } of world.scenario.symbols) control.unhalt(name);
  await endAll(world);
  await clearKillSwitches(world);
  world.startLife("ending");
  world.say("faults are over");

  let left: string | null = null;
  for (let round = 0; round < rounds; round += 1) {
    left = await untilNothingIsLeft(world, Math.min(longestWaitMs, firstWaitMs * 1.5 ** round));
    if (left === null) break;
    world.say(`not at rest yet: ${left}`);
    const jump = jumps[round];
    if (jump !== undefined) await world.jump(jump);
  }
  if (left !== null) return left;
  // What the broker did last may have been told to nobody: one comparison from scratch sees it.
  await endAll(world);
  const last = world.startLife("ending");
  const givesUpAt = world.clock.naturalMs() + reconcileWaitMs;
  while (!last.isReconciled() && world.clock.naturalMs() < givesUpAt) await sleep(5);
  return last.isReconciled() ? null : "the last life could not compare its books with the broker's";
}

/** One that sells everything would go on selling, and never come to rest. */
async function clearKillSwitches({ owner, scenario, clock }: World): Promise<void> {
  await owner.query("update chaos.halts set certain_until_ms = $1::float8 where certain_until_ms is null", [clock.naturalMs()]);
  await withTransaction(owner, (tx) => clearKillSwitch(tx, { scope: "all" }, "chaos"), patient);
  for (const firebaseUid of scenario.users) await withTransaction(owner, (tx) => clearKillSwitch(tx, { scope: "user", firebaseUid }, "chaos"), patient);
}

/** Nobody is there any more, and whatever lease somebody took without learning of it has run out. */
async function endAll(world: World): Promise<void> {
  for (const life of world.alive()) world.retire(life);
  await world.settled();
  await world.owner.query("update leases set expires_at = clock_timestamp() where expires_at > clock_timestamp()");
}

async function untilNothingIsLeft(world: World, waitMs: number): Promise<string | null> {
  const givesUpAt = world.clock.naturalMs() + waitMs;
  for (;;) {
    const left = await whatIsLeft(world.owner, ordersAt(world.simulator));
    if (left === null || world.clock.naturalMs() > givesUpAt) return left;
    await sleep(10);
  }
}

const ended = new Set(["filled", "canceled", "expired", "rejected", "replaced"]);

type ReadOrders = () => Promise<readonly WireOrder[]>;

/** Of a broker in this process. */
export const ordersAt = (simulator: Simulator): ReadOrders => () => Promise.resolve(simulator.control.book().accounts.flatMap(({ orders }) => orders));

/** What has not found its end yet, a few of it in words; null when there is nothing. */
export async function whatIsLeft(owner: Pool, readOrders: ReadOrders): Promise<string | null> {
  const { rows } = await owner.query<{ what: string }>(
    `select 'question ' || id || ' is ' || status as what from questions where status = 'open'
     union all select 'order ' || client_order_id || ' is ' || status from trade_orders
       where status in ('pending_submit', 'submitting') or (status = 'unknown' and next_lookup_at is not null)
     limit 3`,
  );
  if (rows.length > 0) return rows.map(({ what }) => what).join("; ");
  const atBroker = (await readOrders()).filter(({ status }) => !ended.has(status));
  return atBroker.length === 0 ? null : atBroker.slice(0, 3).map((order) => `the broker's order ${order.client_order_id} is ${order.status}`).join("; ");
}
