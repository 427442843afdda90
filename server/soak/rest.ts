/** Lets everything come to rest: nothing new is asked, and what waits for its time is given it. */
import { setTimeout as sleep } from "node:timers/promises";
import { setDatabaseAhead, shadowClock } from "../chaos/stage/shadow-clock.ts";
import { whatIsLeft } from "../chaos/world/rest.ts";
import type { Pool } from "../src/db/pool.ts";
import type { Broker } from "./broker.ts";
import { databaseName, type SoakDatabase } from "./database.ts";
import { startFleet, type Member } from "./fleet.ts";
import type { Load } from "./load.ts";

/** Past the time that an order may stay in doubt, and past every question, by the database's clock. */
const jumpMs = 6 * 60_000;
const lookEveryMs = 250;
/**
 * Between the first two jumps. Each takes every lease away, so on a machine that needs longer to take them again and to compare
 * the books there must be more time before the next.
 */
const firstLooksBetweenJumps = 40;
const moreLooksEachTime = 1.5;
const restTimeoutMs = 600_000;
const unhurriedTimeoutMs = 30_000;

export type Resting = { database: SoakDatabase; broker: Broker; load: Load; members: readonly Member[]; environmentOf: (member: Member) => Record<string, string>; say: (line: string) => void };

/**
 * Two lives of all processes: one to bring everything to its end, one that compares the books from scratch. The phones stay.
 * @returns what did not come to rest, or who ended by himself
 */
export async function comeToRest(of: Resting): Promise<string[]> {
  const { database, members, environmentOf, say } = of;
  await shadowClock(database.ownerUrl, databaseName);
  const clock = { aheadMs: 0 };
  const complaints: string[] = [];
  for (let life = 0; life < 2; life += 1) {
    await jump(of, clock);
    const fleet = startFleet(members, (member) => ({ ...environmentOf(member), QUESTION_WORKER_ENABLED: "false", ALPACA_REQUEST_TIMEOUT_MS: String(unhurriedTimeoutMs) }));
    try {
      await fleet.ready();
      const left = await untilNothingIsLeft(of, clock);
      if (left !== null && life === 1) complaints.push(left);
      if (life === 1) complaints.push(...(await untilPhonesAreUpToDate(of)));
    } finally {
      await fleet.stop();
    }
    complaints.push(...fleet.surprises);
    say(`life ${life + 1} of the rest is over`);
  }
  return complaints;
}

/** The harness's own connections stay open over the change of clock: they name the schema themselves. */
async function jump({ database }: Resting, clock: { aheadMs: number }): Promise<void> {
  clock.aheadMs += jumpMs;
  await setDatabaseAhead(database.owner, clock.aheadMs);
}

async function untilNothingIsLeft(of: Resting, clock: { aheadMs: number }): Promise<string | null> {
  const givesUpAt = performance.now() + restTimeoutMs;
  let looks = firstLooksBetweenJumps;
  for (let look = 1; ; look += 1) {
    const left = (await whatIsLeft(of.database.owner, of.broker.openOrders)) ?? (await whoseEndIsNotKnown(of.database.owner));
    if (left === null || performance.now() > givesUpAt) return left;
    await sleep(lookEveryMs);
    if (look < looks) continue;
    await jump(of, clock);
    [look, looks] = [0, looks * moreLooksEachTime];
  }
}

/** The broker has no open order any more, and here some still are. */
async function whoseEndIsNotKnown(owner: Pool): Promise<string | null> {
  const { rows } = await owner.query<{ orders: number; one: string }>(
    "select count(*)::int4 as orders, min(client_order_id) as one from trade_orders where is_open and alpaca_order_id is not null and status <> 'unknown' having count(*) > 0",
  );
  return rows[0] === undefined ? null : `${rows[0].orders} orders have ended at the broker and not here, among them ${rows[0].one}`;
}

async function untilPhonesAreUpToDate({ database, load }: Resting): Promise<string[]> {
  const givesUpAt = performance.now() + restTimeoutMs;
  for (;;) {
    const known = await load.where();
    const { rows } = await database.owner.query<{ uid: string; seq: number }>("select firebase_uid as uid, last_seq::float8 as seq from user_outbox_heads where firebase_uid = any($1::text[])", [[...known.keys()]]);
    const behind = rows.filter(({ uid, seq }) => known.get(uid) !== seq);
    if (behind.length === 0) return [];
    if (performance.now() > givesUpAt) return [`${behind.length} phones did not learn of everything, among them ${behind[0]?.uid ?? ""}`];
    await sleep(lookEveryMs);
  }
}
