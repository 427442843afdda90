/** Many orders at once: how many are under way, and how what came of them is written. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { setKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import { useTestDatabase } from "../support/database.ts";
import { accepts, createScriptedBroker, refuses, type ScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, type Floor, type FloorOptions } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let broker: ScriptedBroker;
let floor: Floor | undefined;

beforeEach(async () => {
  await database.ownerPool.query("update trade_orders set status = 'canceled' where is_open");
  broker = createScriptedBroker();
  await openTheMarket(database.ownerPool);
});

afterEach(async () => {
  await floor?.stop();
  floor = undefined;
});

const symbols = Array.from({ length: 20 }, (_, index) => `M${String.fromCharCode(65 + index)}`);

/** One approved order of each symbol, of three users by turns; none is sent yet. */
async function approveMany(options: FloorOptions): Promise<{ floor: Floor; ids: string[] }> {
  const uids = Array.from({ length: 3 }, () => `many_${newUuid().slice(0, 8)}`);
  await addTraders(database.ownerPool, uids, { max_orders_per_day: 100, max_notional_usd_per_4h: 10_000 }, symbols);
  await setPrice(database.ownerPool, symbols, "100");
  const opened = createFloor(database.pool, broker, options);
  floor = opened;
  const ids: string[] = [];
  for (const [index, symbol] of symbols.entries()) {
    const uid = uids[index % uids.length] ?? "";
    const outcome = await opened.answer(uid, await ask(database.ownerPool, uid, { symbol }), 10);
    if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`no order: ${JSON.stringify(outcome)}`);
    ids.push(outcome.result.order.id);
  }
  return { floor: opened, ids };
}

type Row = { id: string; symbol: string; status: string; written_by: string; kinds: string[] };

/** The orders, each with the transaction that last changed it and what the log says of it. */
const rowsOf = async (ids: readonly string[]): Promise<Row[]> =>
  (
    await database.ownerPool.query<Row>(
      `select o.id, o.symbol, o.status, o.xmin::text as written_by,
              (select array_agg(e.kind order by e.id) from events as e where e.order_id = o.id) as kinds
       from trade_orders as o where o.id = any($1::uuid[]) order by o.symbol`,
      [ids],
    )
  ).rows;

const allBecome = (ids: readonly string[], status: string): Promise<Row[]> =>
  until(`all orders are ${status}`, async () => {
    const rows = await rowsOf(ids);
    return rows.every((row) => row.status === status) ? rows : null;
  });

/** POSTs that are answered when the test says so. */
function holdAnswers(script = accepts): { answer: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  broker.onPost = async (ticket, at) => {
    await promise;
    return script(ticket, at);
  };
  return { answer: resolve };
}

test("what is answered while a result is being written is written together, and each is told to its user and logged once", async () => {
  const held = holdAnswers();
  const { floor: opened, ids } = await approveMany({ submit: { concurrentPosts: symbols.length } });
  opened.submit.start();
  await until("all are posted", async () => broker.posts.length === symbols.length);
  held.answer();
  const rows = await allBecome(ids, "accepted");
  // The first goes at once and alone; the others came in while it was being written.
  expect(new Set(rows.map((row) => row.written_by)).size).toBe(2);
  expect(rows.map((row) => row.kinds)).toEqual(symbols.map(() => ["intent_proposed", "order_approved", "order_submitting", "order_reported"]));
  const { rows: told } = await database.ownerPool.query<{ ref_id: string; count: number }>(
    "select ref_id, count(*)::int4 as count from user_outbox where ref_id = any($1::uuid[]) and kind = 'trade_update' group by ref_id",
    [ids],
  );
  expect(told).toHaveLength(ids.length);
  expect(new Set(told.map(({ count }) => count)).size).toBe(1);
  expect(opened.failures).toEqual([]);
});

test("acceptances and refusals share a transaction, and each is what the broker said", async () => {
  const held = holdAnswers((ticket, at) => (ticket.symbol < "MG" ? accepts(ticket, at) : refuses(ticket, at)));
  const { floor: opened, ids } = await approveMany({ submit: { concurrentPosts: symbols.length } });
  opened.submit.start();
  await until("all are posted", async () => broker.posts.length === symbols.length);
  held.answer();
  const rows = await until("all are written", async () => {
    const found = await rowsOf(ids);
    return found.every((row) => row.status !== "submitting" && row.status !== "pending_submit") ? found : null;
  });
  expect(rows.map((row) => row.status)).toEqual(symbols.map((symbol) => (symbol < "MG" ? "accepted" : "rejected")));
  expect(opened.failures).toEqual([]);
});

test("a result that the database does not take holds none of the others up", async () => {
  const held = holdAnswers();
  const { floor: opened, ids } = await approveMany({ submit: { concurrentPosts: symbols.length, maxWriteAttempts: 3 } });
  await database.ownerPool.query("alter table trade_orders add constraint not_this_one check (symbol <> 'MF' or status <> 'accepted') not valid");
  try {
    opened.submit.start();
    await until("all are posted", async () => broker.posts.length === symbols.length);
    held.answer();
    const rows = await until("the others are written", async () => {
      const found = await rowsOf(ids);
      return found.filter((row) => row.status === "accepted").length === symbols.length - 1 ? found : null;
    });
    expect(rows.find((row) => row.symbol === "MF")?.status).toBe("submitting");
    await opened.stop();
  } finally {
    await database.ownerPool.query("alter table trade_orders drop constraint not_this_one");
  }
  expect(broker.posts).toHaveLength(symbols.length);
  expect(opened.failures.length).toBeGreaterThan(0);
});

test("sixteen POSTs are under way at once, and no more", async () => {
  const held = holdAnswers();
  const { floor: opened, ids } = await approveMany({});
  opened.submit.start();
  await until("sixteen are posted", async () => broker.posts.length >= 16);
  opened.submit.wake();
  const rows = await until("the worker has looked again", async () => {
    const found = await rowsOf(ids);
    return found.filter((row) => row.status === "submitting").length === 16 ? found : null;
  });
  expect(rows.filter((row) => row.status === "pending_submit")).toHaveLength(4);
  expect(broker.posts).toHaveLength(16);
  held.answer();
  await allBecome(ids, "accepted");
  expect(broker.posts).toHaveLength(20);
});

/** As if those of these symbols had been approved to be sold. */
const makeExits = async (ids: readonly string[], of: readonly string[]): Promise<void> => {
  await database.ownerPool.query("update trade_orders set side = 'sell' where id = any($1::uuid[]) and symbol = any($2::text[]) and status = 'pending_submit'", [ids, of]);
};
const posted = (): string[] => broker.posts.map(({ symbol }) => symbol);

test("exits go out before approvals that have waited for longer", async () => {
  const { floor: opened, ids } = await approveMany({ submit: { concurrentPosts: 1 } });
  await makeExits(ids, symbols.slice(-2));
  opened.submit.start();
  await allBecome(ids, "accepted");
  expect(posted()).toEqual([...symbols.slice(-2), ...symbols.slice(0, -2)]);
});

test("approvals that the broker is slow to answer hold up none of four exits; more exits wait", async () => {
  const held = holdAnswers();
  const { floor: opened, ids } = await approveMany({ submit: { concurrentPosts: 10 } });
  opened.submit.start();
  await until("ten are posted", async () => broker.posts.length === 10);
  await makeExits(ids, symbols.slice(-6));
  opened.submit.wake();
  const rows = await until("four more are under way", async () => {
    const found = await rowsOf(ids);
    return found.filter((row) => row.status === "submitting").length === 14 ? found : null;
  });
  expect(rows.filter((row) => row.status === "pending_submit")).toHaveLength(6);
  await until("and posted", async () => broker.posts.length === 14);
  expect(posted().slice(10)).toEqual(symbols.slice(-6, -2));
  held.answer();
  await allBecome(ids, "accepted");
  expect(posted().slice(14, 16)).toEqual(symbols.slice(-2));
});

test("the part of the broker's rate that is kept for exits is spent on nothing else", async () => {
  const room = { any: 0, exits: 3 };
  broker.onPost = (ticket, at) => {
    room.exits -= 1;
    return accepts(ticket, at);
  };
  const { floor: opened, ids } = await approveMany({ roomToSend: () => room });
  await makeExits(ids, symbols.slice(-5));
  opened.submit.start();
  await until("three exits are accepted", async () => (await rowsOf(ids)).filter((row) => row.status === "accepted").length === 3);
  expect(posted()).toEqual(symbols.slice(-5, -2));
  Object.assign(room, { any: 20, exits: 20 });
  opened.submit.wake();
  await allBecome(ids, "accepted");
});

test("what the broker's rate leaves no room for waits on the books, is denied under a halt, and is judged when there is room", async () => {
  let room = 3;
  broker.onPost = (ticket, at) => {
    room -= 1;
    return accepts(ticket, at);
  };
  const { floor: opened, ids } = await approveMany({ roomToSend: () => ({ any: room, exits: room }) });
  opened.submit.start();
  const rows = await until("three are accepted", async () => {
    const found = await rowsOf(ids);
    return found.filter((row) => row.status === "accepted").length === 3 ? found : null;
  });
  expect(rows.filter((row) => row.status === "pending_submit")).toHaveLength(symbols.length - 3);
  const halted = await database.ownerPool.query<{ uid: string }>("select firebase_uid as uid from trade_orders where id = $1::uuid", [ids.at(-1)]);
  const uid = halted.rows[0]?.uid ?? "";
  await withTransaction(database.pool, (tx) => setKillSwitch(tx, { scope: "user", firebaseUid: uid }, { mode: "block_new", reason: null, setBy: uid }));
  opened.submit.wake();
  const waiting = await until("those of the halted user are denied", async () => {
    const found = await rowsOf(ids);
    return found.at(-1)?.status === "denied" && found.filter((row) => row.status === "denied").length >= 6 ? found : null;
  });
  expect(broker.posts).toHaveLength(3);
  const left = waiting.filter((row) => row.status === "pending_submit").length;
  room = left;
  opened.submit.wake();
  await until("the rest is accepted", async () => (broker.posts.length === 3 + left ? true : null));
  expect(opened.failures).toEqual([]);
});

test("while so many results cannot be written nothing more is taken up", async () => {
  const { floor: opened, ids } = await approveMany({ submit: { concurrentPosts: 2, maxUnwritten: 5, writeRetryDelayMs: 50, maxWriteAttempts: 1_000 } });
  await database.ownerPool.query("alter table trade_orders add constraint away check (status <> 'accepted') not valid");
  try {
    opened.submit.start();
    await until("five are posted", async () => broker.posts.length >= 5);
    const failuresBefore = opened.failures.length;
    // By then the worker has polled as well.
    await until("they have been tried again", async () => opened.failures.length > failuresBefore + 20);
    expect(broker.posts).toHaveLength(5);
    expect((await rowsOf(ids)).filter((row) => row.status === "pending_submit")).toHaveLength(symbols.length - 5);
  } finally {
    await database.ownerPool.query("alter table trade_orders drop constraint away");
  }
  await allBecome(ids, "accepted");
  expect(broker.posts).toHaveLength(symbols.length);
});
