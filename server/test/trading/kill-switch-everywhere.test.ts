/** Law 11: the kill switch holds in every process within a second, by the database's clock. Each floor is a process with connections of its own. */
import { afterEach, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { createPool, type Pool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { clearKillSwitch, setKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, type Floor } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
const patientMs = 120_000;
const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function openProcess(name: string): { pool: Pool; broker: ScriptedBroker; floor: Floor } {
  const pool = createPool({ url: database.url, applicationName: name, maxConnections: 4, connectTimeoutMs: patientMs, lockTimeoutMs: patientMs });
  const broker = createScriptedBroker();
  const floor = createFloor(pool, broker);
  endings.push(async () => {
    await floor.stop();
    await pool.end();
  });
  return { pool, broker, floor };
}

/** Somebody new for each answer: no limit of a user's comes in between. */
async function answerOne(floor: Floor, undoSeconds: number): Promise<string | null> {
  const uid = `k_${newUuid().slice(0, 12)}`;
  await addTraders(database.ownerPool, [uid], { undo_seconds: undoSeconds });
  const outcome = await floor.answer(uid, await ask(database.ownerPool, uid), 10);
  if (outcome.kind !== "answered") throw new Error(`the answer was ${outcome.kind}`);
  return outcome.result.order?.id ?? null;
}

const countOf = async (sql: string, values: unknown[] = []): Promise<number> => (await database.ownerPool.query<{ n: number }>(`select count(*)::int4 as n from ${sql}`, values)).rows[0]?.n ?? -1;

test("set in one process, it stops the answers and the POSTs of another within a second, while answers keep coming", { timeout: 600_000 }, async () => {
  await openTheMarket(database.ownerPool);
  const setting = openProcess("where it is set");
  const trading = openProcess("where people answer and orders are sent");
  trading.floor.submit.start();
  const halted = new AbortController();
  const failures: unknown[] = [];
  let setAt = "";
  const answering = Promise.all(
    Array.from({ length: 3 }, async () => {
      while (!halted.signal.aborted) await answerOne(trading.floor, 0).catch((error: unknown) => failures.push(error));
    }),
  );
  try {
    // The control: without a switch this process approves and sends; one order waits, to be taken back.
    await until("orders are sent", async () => trading.broker.posts.length >= 5, patientMs);
    const waiting = await answerOne(trading.floor, 60);
    await withTransaction(setting.pool, (tx) => setKillSwitch(tx, { scope: "all" }, { mode: "block_new", reason: null, setBy: "operator" }));
    // It is set when its transaction has ended, however long this machine took over that.
    setAt = (await database.ownerPool.query<{ at: string }>("select clock_timestamp()::text as at")).rows[0]?.at ?? "";
    const lateDenial = "risk_decisions d where d.stage = 'answer' and d.code = 'kill_switch_active' and d.decided_at > $1::timestamptz + interval '1 second'";
    await until("answers are denied more than a second after it was set", async () => (await countOf(lateDenial, [setAt])) >= 5, patientMs);
    // As when the time to take it back is over.
    await database.ownerPool.query("update trade_orders set next_submit_at = clock_timestamp() where id = $1 and status = 'pending_submit'", [waiting]);
    await until("what waited has been judged", async () => (await countOf("trade_orders where status in ('pending_submit', 'submitting')")) === 0, patientMs);
  } finally {
    halted.abort();
    await answering;
  }
  expect(failures).toEqual([]);
  expect(await countOf("risk_decisions d where d.stage = 'answer' and d.verdict = 'approved' and d.decided_at > $1::timestamptz + interval '1 second'", [setAt])).toBe(0);
  // Every POST is of an order that was claimed, by the database's clock, at most a second after it was set.
  const sent = trading.broker.posts.map(({ clientOrderId }) => clientOrderId);
  expect(new Set(sent).size).toBe(sent.length);
  expect(await countOf("events e join trade_orders o on o.id = e.order_id, kill_switches k where o.client_order_id = any($1) and e.kind = 'order_submitting'", [sent])).toBe(sent.length);
  expect(await countOf("events e where e.kind = 'order_submitting' and e.at > $1::timestamptz + interval '1 second'", [setAt])).toBe(0);
  // What was approved before and waited was stopped at its POST.
  expect(await countOf("risk_decisions d where d.stage = 'submit' and d.code = 'kill_switch_active' and d.decided_at > $1::timestamptz + interval '1 second'", [setAt])).toBeGreaterThan(0);

  await withTransaction(setting.pool, (tx) => clearKillSwitch(tx, { scope: "all" }, "operator"));
  expect(await answerOne(trading.floor, 0)).not.toBeNull();
  expect(trading.floor.failures).toEqual([]);
});

test("of one user it stops him in every process, and nobody else", async () => {
  await openTheMarket(database.ownerPool);
  const [setting, trading] = [openProcess("where it is set"), openProcess("where people answer")];
  const halted = `k_${newUuid().slice(0, 12)}`;
  await addTraders(database.ownerPool, [halted]);
  await withTransaction(setting.pool, (tx) => setKillSwitch(tx, { scope: "user", firebaseUid: halted }, { mode: "block_new", reason: null, setBy: halted }));
  expect(await trading.floor.answer(halted, await ask(database.ownerPool, halted), 10)).toMatchObject({ result: { order: null, decision: { code: "kill_switch_active", limits: { scope: "user" } } } });
  expect(await answerOne(trading.floor, 0)).not.toBeNull();
});
