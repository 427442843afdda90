import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { createPool } from "../../src/db/pool.ts";
import { listen } from "../../src/db/notify.ts";
import { openQuestions } from "../../src/pipeline/questions-table.ts";
import { expireQuestions } from "../../src/pipeline/expire.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice, type Floor, type QuestionChanges } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
/** However slow the machine is, whoever waits for his turn gets it. */
const patience = { connectTimeoutMs: 120_000, lockTimeoutMs: 120_000, statementTimeoutMs: 120_000 };
let floor: Floor;
let uid = "";

beforeAll(async () => {
  floor = createFloor(database.pool, createScriptedBroker());
});

beforeEach(async () => {
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await openTheMarket(database.ownerPool);
});

const askUser = (changes: QuestionChanges = {}): Promise<string> => ask(database.ownerPool, uid, changes);

const count = async (table: string, where: string, ...values: unknown[]): Promise<number> => {
  const { rows } = await database.ownerPool.query<{ n: number }>(`select count(*)::int4 as n from ${table} where ${where}`, values);
  return rows[0]?.n ?? -1;
};

const statusOf = async (id: string): Promise<string | undefined> => (await database.ownerPool.query<{ status: string }>("select status from questions where id = $1", [id])).rows[0]?.status;

const phaseOf = async (id: string): Promise<string | undefined> =>
  (await database.ownerPool.query<{ phase: string }>("select phase from user_pipeline_state where question_id = $1", [id])).rows[0]?.phase;

const result = (outcome: Awaited<ReturnType<Floor["answer"]>>) => {
  if (outcome.kind !== "answered") throw new Error(`expected an answered question, got ${JSON.stringify(outcome)}`);
  return outcome.result;
};

describe("an approving swipe", () => {
  test("becomes one order on the books, told of in the outbox and in the log", async () => {
    const id = await askUser();
    const told = result(await floor.answer(uid, id, 10));
    expect(told).toMatchObject({ question_id: id, outcome: "approved", answer: 10, decision: { verdict: "approved", code: null }, follow_up_question_id: null });
    expect(told.order).toMatchObject({ symbol: "SPY", side: "buy", notional_usd: "10", qty: null, status: "pending_submit", question_id: id, alpaca_order_id: null });
    expect(await statusOf(id)).toBe("approved");
    expect(await phaseOf(id)).toBe("submit_order");
    const { rows } = await database.ownerPool.query("select * from trade_orders where question_id = $1", [id]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ id: told.order?.id, client_order_id: told.order?.client_order_id, status: "pending_submit" });
    const outbox = await database.ownerPool.query("select seq, kind, ref_id from user_outbox where firebase_uid = $1 order by seq", [uid]);
    expect(outbox.rows).toEqual([
      { seq: "1", kind: "question_closed", ref_id: id },
      { seq: "2", kind: "trade_update", ref_id: told.order?.id },
    ]);
    const events = await database.ownerPool.query<{ kind: string }>("select kind from events where firebase_uid = $1 order by id", [uid]);
    expect(events.rows.map(({ kind }) => kind)).toEqual(["answer_given", "question_closed", "intent_proposed", "order_approved"]);
  });

  test.each([5, 7.5, 10])("is anything from 5 to 10: %d", async (value) => {
    expect(result(await floor.answer(uid, await askUser(), value)).outcome).toBe("approved");
  });

  test("goes to the left where the left approves", async () => {
    expect(result(await floor.answer(uid, await askUser({ correctAnswer: -10 }), -10)).outcome).toBe("approved");
    expect(result(await floor.answer(uid, await askUser({ correctAnswer: -10 }), 10)).outcome).toBe("rejected");
  });
});

test.each([-5, -10])("a swipe of %d rejects, and nothing is proposed", async (value) => {
  const id = await askUser();
  expect(result(await floor.answer(uid, id, value))).toMatchObject({ outcome: "rejected", decision: null, order: null });
  expect(await count("trade_intents", "question_id = $1", id)).toBe(0);
  expect(await phaseOf(id)).toBe("done");
});

describe("an unclear swipe", () => {
  test("asks once more, with as much time, and then gives up", async () => {
    const id = await askUser({ expiresInSeconds: 120, createdSecondsAgo: 60 });
    const first = result(await floor.answer(uid, id, 4.9));
    expect(first).toMatchObject({ outcome: "superseded", decision: null, order: null });
    const [followUp] = await openQuestions(database.pool, uid, 10);
    expect(followUp).toMatchObject({ id: first.follow_up_question_id, followUpOf: id, metadata: { symbol: "SPY", follow_up_of: id } });
    const { rows } = await database.ownerPool.query<{ ms: number }>("select extract(epoch from expires_at - created_at)::float8 * 1000 as ms from questions where id = $1", [id]);
    expect(Number(followUp?.expiresAt) - Number(followUp?.createdAt)).toBeCloseTo(rows[0]?.ms ?? 0, -1);
    expect(await phaseOf(String(followUp?.id))).toBe("await_confirm");

    const second = result(await floor.answer(uid, String(followUp?.id), 0));
    expect(second).toMatchObject({ outcome: "withdrawn", order: null, follow_up_question_id: null });
    expect(await openQuestions(database.pool, uid, 10)).toEqual([]);
    expect(await count("trade_orders", "firebase_uid = $1", uid)).toBe(0);
  });

  test("is made good by a clear one to the second question", async () => {
    const first = result(await floor.answer(uid, await askUser(), -4));
    expect(result(await floor.answer(uid, String(first.follow_up_question_id), 9)).order?.status).toBe("pending_submit");
  });
});

describe("an amount", () => {
  const amount: QuestionChanges = { kind: "numeric", notional: null, ask: { min: "5", max: "50" } };

  test.each([5, 12.34, 50])("of %d is the size", async (value) => {
    expect(result(await floor.answer(uid, await askUser(amount), value)).order).toMatchObject({ notional_usd: String(value) });
  });

  test("of 0 skips", async () => {
    expect(result(await floor.answer(uid, await askUser(amount), 0))).toMatchObject({ outcome: "rejected", order: null });
  });

  test.each([4.99, 50.01, -5, 12.345, 1e21, Number.NaN, Number.POSITIVE_INFINITY])("of %d is invalid, and the question stays open", async (value) => {
    const id = await askUser(amount);
    expect(await floor.answer(uid, id, value)).toMatchObject({ kind: "invalid", errors: [{ pointer: "/answer" }] });
    expect(await statusOf(id)).toBe("open");
    expect(result(await floor.answer(uid, id, 5)).outcome).toBe("approved");
  });
});

test.each([10.1, -11, Number.NaN, Number.NEGATIVE_INFINITY])("a swipe of %d is invalid, and the question stays open", async (value) => {
  const id = await askUser();
  expect((await floor.answer(uid, id, value)).kind).toBe("invalid");
  expect(await statusOf(id)).toBe("open");
});

test("an unknown question, somebody else's and nonsense are told apart by nobody", async () => {
  const stranger = `s_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [stranger]);
  const foreign = await ask(database.ownerPool, stranger);
  const answers = [await floor.answer(uid, foreign, 10), await floor.answer(uid, newUuid(), 10), await floor.answer(uid, "'; drop table questions", 10), await floor.answer(uid, "__proto__", 10)];
  expect(answers).toEqual([{ kind: "not_found" }, { kind: "not_found" }, { kind: "not_found" }, { kind: "not_found" }]);
  expect(await statusOf(foreign)).toBe("open");
});

describe("time", () => {
  test("an answer after the question's time is told so, and closes it", async () => {
    const id = await askUser({ createdSecondsAgo: 60, expiresInSeconds: -1 });
    expect(await floor.answer(uid, id, 10)).toEqual({ kind: "closed", outcome: "expired", expired: true });
    expect(await statusOf(id)).toBe("expired");
    expect(await count("user_outbox", "firebase_uid = $1 and kind = 'question_closed'", uid)).toBe(1);
    expect(await floor.answer(uid, id, 10)).toEqual({ kind: "closed", outcome: "expired", expired: true });
    expect(await count("user_outbox", "firebase_uid = $1", uid)).toBe(1);
  });

  test("what nobody answered in time is closed in bulk and told to each", async () => {
    const late = await Promise.all([1, 2, 3].map(() => askUser({ createdSecondsAgo: 60, expiresInSeconds: -1 })));
    const open = await askUser();
    expect(await expireQuestions(database.pool)).toBeGreaterThanOrEqual(3);
    expect(await Promise.all(late.map(statusOf))).toEqual(["expired", "expired", "expired"]);
    expect(await statusOf(open)).toBe("open");
    const { rows } = await database.ownerPool.query<{ seq: string }>("select seq from user_outbox where firebase_uid = $1 order by seq", [uid]);
    expect(rows.map(({ seq }) => Number(seq))).toEqual([1, 2, 3]);
    expect(await expireQuestions(database.pool)).toBe(0);
  });
});

describe("once", () => {
  test("a thousand replays of an answer at once are told the same, byte for byte, and write nothing", { timeout: 300_000 }, async () => {
    const id = await askUser();
    const first = JSON.stringify(result(await floor.answer(uid, id, 10)));
    const eventsBefore = await count("events", "firebase_uid = $1", uid);
    const patient = createPool({ url: database.url, applicationName: "replays", maxConnections: 10, ...patience });
    try {
      const answering = createFloor(patient, createScriptedBroker());
      const inFlight = Array.from({ length: 1_000 }, () => answering.answer(uid, id, 10));
      expect(patient.waitingCount).toBeGreaterThanOrEqual(900);
      const replays = await Promise.all(inFlight);
      expect(replays).toHaveLength(1_000);
      expect(new Set(replays.map((each) => JSON.stringify(result(each))))).toEqual(new Set([first]));
    } finally {
      await patient.end();
    }
    expect(await count("events", "firebase_uid = $1", uid)).toBe(eventsBefore);
    expect(await count("trade_orders", "firebase_uid = $1", uid)).toBe(1);
  });

  test("another answer to a closed question is told its outcome", async () => {
    const id = await askUser();
    await floor.answer(uid, id, 10);
    expect(await floor.answer(uid, id, -10)).toEqual({ kind: "closed", outcome: "approved", expired: false });
    expect(await count("trade_orders", "firebase_uid = $1", uid)).toBe(1);
  });

  test("a hundred parallel answers from ten connections make one order", { timeout: 300_000 }, async () => {
    const pools = Array.from({ length: 10 }, () => createPool({ url: database.url, applicationName: "ten-devices", maxConnections: 1, ...patience }));
    try {
      // Every one is there before the first answer.
      const sessions = await Promise.all(pools.map(async (each) => (await each.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid));
      expect(new Set(sessions).size).toBe(10);
      const devices = pools.map((each) => createFloor(each, createScriptedBroker()));
      const id = await askUser();
      const outcomes = await Promise.all(Array.from({ length: 10 }, (_, n) => devices.map((device, m) => device.answer(uid, id, (n + m) % 3 === 0 ? -10 : 10))).flat());
      expect(outcomes).toHaveLength(100);
      const won = outcomes.filter((each) => each.kind === "answered");
      expect(new Set(won.map((each) => JSON.stringify(each))).size).toBe(1);
      expect(outcomes.filter((each) => each.kind === "closed").length).toBe(100 - won.length);
      expect(await count("answers", "question_id = $1", id)).toBe(1);
      expect(await count("trade_orders", "question_id = $1", id)).toBe(result(won[0] ?? { kind: "not_found" }).outcome === "approved" ? 1 : 0);
      // The same ten answered: none was lost and opened anew.
      expect(await count("pg_stat_activity", "application_name = 'ten-devices' and pid = any($1)", sessions)).toBe(10);
    } finally {
      await Promise.all(pools.map((each) => each.end()));
    }
  });

  test("ten parallel answers under a limit of five make five orders", async () => {
    const symbols = Array.from({ length: 10 }, (_, index) => `T${String.fromCharCode(65 + index)}`);
    const trader = `t_${newUuid().slice(0, 8)}`;
    await addTraders(database.ownerPool, [trader], { max_orders_per_day: 5, max_notional_usd_per_4h: 1_000 }, symbols);
    await setPrice(database.ownerPool, symbols, "100");
    const ids = await Promise.all(symbols.map((symbol) => ask(database.ownerPool, trader, { symbol })));
    const outcomes = await Promise.all(ids.map((id) => floor.answer(trader, id, 10)));
    const verdicts = outcomes.map((each) => result(each).decision?.code ?? "approved").sort();
    expect(verdicts).toEqual([...Array.from({ length: 5 }, () => "approved"), ...Array.from({ length: 5 }, () => "max_orders_per_day_reached")]);
    expect(await count("trade_orders", "firebase_uid = $1", trader)).toBe(5);
  });

  test("the rolling notional holds under parallel answers too", async () => {
    const symbols = Array.from({ length: 6 }, (_, index) => `N${String.fromCharCode(65 + index)}`);
    const trader = `n_${newUuid().slice(0, 8)}`;
    await addTraders(database.ownerPool, [trader], { max_orders_per_day: 100, max_notional_usd_per_4h: 25 }, symbols);
    await setPrice(database.ownerPool, symbols, "100");
    const ids = await Promise.all(symbols.map((symbol) => ask(database.ownerPool, trader, { symbol })));
    await Promise.all(ids.map((id) => floor.answer(trader, id, 10)));
    expect(await count("trade_orders", "firebase_uid = $1", trader)).toBe(2);
  });
});

describe("an approved question that a guardrail stops", () => {
  test("is approved, denied and on no book, and both are kept with the limits", async () => {
    await database.ownerPool.query("update broker_accounts set buying_power = 9");
    const id = await askUser();
    const told = result(await floor.answer(uid, id, 10));
    expect(told).toMatchObject({ outcome: "approved", order: null, decision: { verdict: "denied", code: "insufficient_buying_power", limits: { notional_usd: "10", buying_power: "9" } } });
    expect(await statusOf(id)).toBe("approved");
    expect(await phaseOf(id)).toBe("done");
    const { rows } = await database.ownerPool.query("select d.* from risk_decisions as d join trade_intents as i on i.id = d.intent_id where i.question_id = $1", [id]);
    expect(rows).toMatchObject([{ stage: "answer", verdict: "denied", code: "insufficient_buying_power", limits: { buying_power: "9" } }]);
    expect(await count("trade_orders", "question_id = $1", id)).toBe(0);
  });

  test("a second order for the symbol waits for the first", async () => {
    await floor.answer(uid, await askUser(), 10);
    expect(result(await floor.answer(uid, await askUser(), 10)).decision?.code).toBe("duplicate_open_order");
  });

  test("an order of five hours ago is not in the rolling window, and still in the day", async () => {
    const id = await askUser();
    await floor.answer(uid, id, 10);
    await database.ownerPool.query("update trade_orders set created_at = now() - interval '241 minutes', status = 'canceled', reserved_notional_usd = 95 where question_id = $1", [id]);
    const told = result(await floor.answer(uid, await askUser(), 10));
    expect(told.decision).toMatchObject({ verdict: "approved", limits: { used_usd_4h: "0", orders_today: 1 } });
  });

  test("a limit that the user has just tightened holds, whatever is compiled in memory", async () => {
    await database.ownerPool.query(`update user_trading_config set config = '{"guardrails": {"symbols_blocklist": ["SPY"]}}' where firebase_uid = $1`, [uid]);
    expect(result(await floor.answer(uid, await askUser(), 10)).decision?.code).toBe("symbol_blocked");
  });

  test("a config that is no longer valid allows nothing", async () => {
    await database.ownerPool.query(`update user_trading_config set config = '{"guardrails": {"max_orders_per_day": "many"}}' where firebase_uid = $1`, [uid]);
    expect(result(await floor.answer(uid, await askUser(), 10)).decision?.code).toBe("trading_disabled");
  });

  test("a user who is switched off is denied", async () => {
    await database.ownerPool.query("update user_trading_config set enabled = false where firebase_uid = $1", [uid]);
    expect(result(await floor.answer(uid, await askUser(), 10)).decision?.code).toBe("trading_disabled");
  });
});

test("the other processes hear of an answer right after its commit", async () => {
  const heard = new Set<string>();
  const listener = await listen({
    url: database.url,
    applicationName: "nod-test-listener",
    channels: { nod_outbox: () => heard.add("nod_outbox"), nod_orders: () => heard.add("nod_orders") },
    onReconnect: () => undefined,
  });
  try {
    await floor.answer(uid, await askUser(), -10);
    await until("the outbox is announced", async () => heard.has("nod_outbox"));
    expect(heard.has("nod_orders")).toBe(false);
    await floor.answer(uid, await askUser(), 10);
    await until("the order is announced", async () => heard.has("nod_orders"));
  } finally {
    await listener.close();
  }
});

test("an answer that fails half-way leaves nothing behind, and can be given again", async () => {
  const id = await askUser();
  await database.ownerPool.query("alter table risk_decisions add constraint broken check (false) not valid");
  try {
    await expect(floor.answer(uid, id, 10)).rejects.toThrow(/broken/);
    expect(await statusOf(id)).toBe("open");
    expect(await count("answers", "question_id = $1", id)).toBe(0);
  } finally {
    await database.ownerPool.query("alter table risk_decisions drop constraint broken");
  }
  expect(result(await floor.answer(uid, id, 10)).outcome).toBe("approved");
});
