import { describe, expect, onTestFinished, test, vi } from "vitest";
import { TradingQuestionMetadata } from "@nod/contract/question";
import { compileValidator } from "@nod/contract/validators";
import type { TradingConfig } from "@nod/contract/trading-config";
import { createPool, type Db } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { askFirings, type FiringsAsked } from "../../src/pipeline/ask.ts";
import { askQuestions, encodeBatch } from "../../src/pipeline/ask-statement.ts";
import { toTradingQuestions } from "../../src/pipeline/ask-trading.ts";
import type { Firing } from "../../src/trading/rules/rule-index.ts";
import { useTestDatabase } from "../support/database.ts";
import type { UserShard } from "../../src/trading/config/config-table.ts";
import { openAsking, openFenceOf } from "../support/open-fence.ts";
import { addUsers, configWith, dipReading, dipRule, firingsOf } from "../support/trading-users.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
/** However slow the machine is, whoever waits for his turn gets it. */
const patience = { connectTimeoutMs: 120_000, lockTimeoutMs: 120_000, statementTimeoutMs: 120_000 };
const ask = (firings: Firing[]): Promise<FiringsAsked> => askFirings(database.pool, firings, openAsking);

let group = 0;
/** Fresh users on a template of their own, so that tests do not see each other. */
async function users(config: TradingConfig, count: number): Promise<string[]> {
  group += 1;
  const uids = Array.from({ length: count }, (_, index) => `g${group}u${index}`);
  await addUsers(database.ownerPool, `template_${group}`, config, uids);
  return uids;
}
async function openQuestions(uid: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ source_tag: string }>("select source_tag from questions where firebase_uid = $1 and status = 'open' order by source_tag", [uid]);
  return rows.map((row) => row.source_tag);
}
const close = (uid: string, phase: string): Promise<unknown> =>
  database.pool.query("with q as (update questions set status = 'rejected', closed_at = now() where firebase_uid = $1) update user_pipeline_state set phase = $2 where firebase_uid = $1", [uid, phase]);

/** Whoever comes first after a change of the split is alone; from here on nobody is, for that reason. */
const askedBefore = ({ index, of }: UserShard): Promise<unknown> => database.pool.query("select take_turn_to_ask($1, $2)", [of, index]);

describe("a firing becomes a question", () => {
  test("with its state, its place in the outbox, its event, and the facts that it rests on", async () => {
    const config = configWith([dipRule()]);
    const [uid = ""] = await users(config, 1);
    expect((await ask(firingsOf(config, [uid]))).asked).toEqual([0]);

    const { rows } = await database.pool.query(
      `select q.question_text, q.kind, q.correct_answer, q.pipeline_key, q.pipeline_step, q.source_tag, q.status, q.metadata,
              extract(epoch from q.expires_at - q.created_at)::int4 as seconds_to_answer,
              p.subject, p.phase, extract(epoch from p.cooldown_until - q.created_at)::int4 as cooldown,
              o.seq, o.kind as told, h.last_seq, e.kind as event, t.last_eval_at = q.created_at as stamped
         from questions q
         join user_pipeline_state p on p.question_id = q.id
         join user_outbox o on o.ref_id = q.id join user_outbox_heads h on h.firebase_uid = q.firebase_uid
         join events e on e.question_id = q.id join user_trading_state t on t.firebase_uid = q.firebase_uid
        where q.firebase_uid = $1`,
      [uid],
    );
    expect(rows).toEqual([
      {
        question_text: "SPY is down 2%. Buy $10?", kind: "swipe", correct_answer: "10", pipeline_key: "trading", pipeline_step: "dip_confirm:await_confirm",
        source_tag: "trading:rule:dip_confirm", status: "open", metadata: expect.anything(), seconds_to_answer: 300, subject: "dip_confirm", phase: "await_confirm",
        cooldown: 3600, seq: "1", told: "question_asked", last_seq: "1", event: "question_asked", stamped: true,
      },
    ]);
    const validate = compileValidator(TradingQuestionMetadata);
    expect(validate(rows[0]?.["metadata"])).toMatchObject({ ok: true, value: { price: "98", ref: "100", pct: "-2", config_revision: "1.1", order: { side: "buy", notional_usd: "10" } } });
  });

  test("a rule that leaves the amount open asks for a number", async () => {
    const config = configWith([dipRule({ on_answer_match: { action: "propose_order", side: "buy", notional_usd: { ask: { min: 5, max: 50 } } } })]);
    const [uid = ""] = await users(config, 1);
    await ask(firingsOf(config, [uid]));
    const { rows } = await database.pool.query("select kind, correct_answer, metadata -> 'order' as size from questions where firebase_uid = $1", [uid]);
    expect(rows).toEqual([{ kind: "numeric", correct_answer: null, size: { side: "buy", order_type: "market", notional_usd: null, ask: { min: "5", max: "50" } } }]);
  });

  test("several questions of a user are numbered without a gap, in the order of his rules", async () => {
    const config = configWith(["a", "b", "c"].map((id) => dipRule({ id })));
    const [uid = "", other = ""] = await users(config, 2);
    await ask(firingsOf(config, [uid, other]));
    const { rows } = await database.pool.query(
      "select o.seq, q.source_tag from user_outbox o join questions q on q.id = o.ref_id where o.firebase_uid = $1 order by o.seq",
      [uid],
    );
    expect(rows).toEqual([{ seq: "1", source_tag: "trading:rule:a" }, { seq: "2", source_tag: "trading:rule:b" }, { seq: "3", source_tag: "trading:rule:c" }]);
  });

  test("takes as many statements for a thousand users as for one", async () => {
    const config = configWith([dipRule(), dipRule({ id: "again" })]);
    const uids = await users(config, 1_000);
    const count = async (recipients: string[]): Promise<number> => {
      const pool = createPool({ url: database.url, applicationName: "counting", maxConnections: 1, ...patience });
      const client = await pool.connect();
      const query = vi.spyOn(client, "query");
      client.release();
      const { asked } = await askFirings(pool, firingsOf(config, recipients), openAsking);
      await pool.end();
      expect(asked).toHaveLength(recipients.length * 2);
      return query.mock.calls.length;
    };
    const [first = "", ...others] = uids;
    expect(await count([first])).toBe(await count(others));
  });
});

describe("more than ten thousand firings", () => {
  /** More than one transaction takes: two thousand and one hundred users with five rules each. */
  async function manyFirings(): Promise<{ uids: string[]; firings: Firing[] }> {
    const config = configWith(["a", "b", "c", "d", "e"].map((id) => dipRule({ id })));
    const uids = await users(config, 2_100);
    return { uids, firings: firingsOf(config, uids) };
  }
  const questionsOf = async (uids: string[]): Promise<{ users: number; questions: number; longest: string | null }> => {
    const { rows } = await database.pool.query<{ users: number; questions: number; longest: string | null }>(
      "select count(distinct o.firebase_uid)::int4 as users, count(*)::int4 as questions, max(o.seq) as longest from questions q join user_outbox o on o.ref_id = q.id where q.firebase_uid = any($1)",
      [uids],
    );
    return rows[0] ?? { users: 0, questions: 0, longest: null };
  };

  test("are asked in two transactions, a user between the two without a gap, and each is heard of when it is committed", async () => {
    const { uids, firings } = await manyFirings();
    const parts: FiringsAsked[] = [];
    const seen: number[] = [];
    const outcome = await askFirings(database.pool, firings, {
      ...openAsking,
      fence: { ...openAsking.fence, over: () => seen.push(parts.length) },
      committed: (part) => parts.push(part),
    });
    expect(seen).toEqual([0, 1]);
    expect(parts.map(({ asked }) => asked.length)).toEqual([10_000, 500]);
    expect(outcome.asked.toSorted((a, b) => a - b)).toEqual(firings.map((_, place) => place));
    expect(outcome.named).toHaveLength(1_000);
    for (const { recipient, questionId } of [...(parts[0]?.named.slice(0, 3) ?? []), ...(parts[1]?.named.slice(0, 3) ?? [])]) {
      const { rows } = await database.pool.query<{ firebase_uid: string; subject: string }>("select firebase_uid, replace(source_tag, 'trading:rule:', '') as subject from questions where id = $1", [questionId]);
      expect(rows).toEqual([{ firebase_uid: firings[recipient]?.firebaseUid, subject: firings[recipient]?.rule.rule.id }]);
    }
    expect(await questionsOf(uids)).toEqual({ users: 2_100, questions: 10_500, longest: "5" });
  });

  test("what the first transaction has asked stays asked and is told, whatever becomes of the second; what is missing is asked when they come again", async () => {
    const { uids, firings } = await manyFirings();
    const parts: FiringsAsked[] = [];
    const committed = (part: FiringsAsked): void => void parts.push(part);
    let entered = 0;
    const enter = (): Promise<boolean> => ((entered += 1) === 2 ? Promise.reject(new Error("the database is gone")) : Promise.resolve(true));
    await expect(askFirings(database.pool, firings, { ...openAsking, fence: { ...openAsking.fence, enter }, committed })).rejects.toThrow("the database is gone");
    expect(parts.map(({ asked }) => asked.length)).toEqual([10_000]);
    expect(await questionsOf(uids)).toMatchObject({ questions: 10_000 });

    await askFirings(database.pool, firings, { ...openAsking, committed });
    expect(parts.map(({ asked, cooling }) => [asked.length, cooling.length])).toEqual([[10_000, 0], [0, 10_000], [500, 0]]);
    expect(await questionsOf(uids)).toEqual({ users: 2_100, questions: 10_500, longest: "5" });
  });

  test("nobody any more from where the caller has lost the right to ask", async () => {
    const { uids, firings } = await manyFirings();
    let entered = 0;
    const outcome = await askFirings(database.pool, firings, { ...openAsking, fence: { ...openAsking.fence, enter: () => Promise.resolve((entered += 1) === 1) } });
    expect(outcome.asked).toHaveLength(10_000);
    expect(await questionsOf(uids)).toMatchObject({ questions: 10_000 });
  });
});

describe("who is not asked", () => {
  test("a user within the cooldown, and the caller is told until when", async () => {
    const config = configWith([dipRule()]);
    const [uid = ""] = await users(config, 1);
    const { at } = await ask(firingsOf(config, [uid]));
    await close(uid, "done");
    const again = await ask(firingsOf(config, [uid]));
    expect(again.asked).toEqual([]);
    expect(again.cooling).toEqual([{ recipient: 0, untilMs: expect.closeTo((at?.getTime() ?? 0) + 3_600_000, -2) }]);
    expect(await openQuestions(uid)).toEqual([]);
  });

  test("nobody twice about the same rule, while the question is open or its order under way", async () => {
    const config = configWith([dipRule({ cooldown_seconds: 0 })]);
    const [uid = ""] = await users(config, 1);
    const firings = firingsOf(config, [uid]);
    expect((await ask(firings)).asked).toEqual([0]);
    expect(await ask(firings)).toMatchObject({ asked: [], cooling: [] });
    await close(uid, "submit_order");
    expect((await ask(firings)).asked).toEqual([]);
    await close(uid, "done");
    expect((await ask(firings)).asked).toEqual([0]);
  });

  test("nobody above the limit of open questions, which counts those that are open already", async () => {
    const rules = Array.from({ length: 6 }, (_, index) => dipRule({ id: `r${index}` }));
    const base = configWith(rules);
    const config = { ...base, guardrails: { ...base.guardrails, max_open_questions: 4 } };
    const [uid = ""] = await users(config, 1);
    const firings = firingsOf(config, [uid]);
    expect((await ask(firings.slice(0, 3))).asked).toHaveLength(3);
    expect((await ask(firings.slice(3))).asked).toEqual([0]);
    expect(await openQuestions(uid)).toHaveLength(4);
  });

  test("ten at most when the config names no limit", async () => {
    const config = configWith(Array.from({ length: 15 }, (_, index) => dipRule({ id: `r${index}` })));
    const [uid = ""] = await users(config, 1);
    expect((await ask(firingsOf(config, [uid]))).asked).toHaveLength(10);
  });

  test("nobody on facts that have gone stale by the database's clock", async () => {
    const config = configWith([dipRule({ max_staleness_seconds: 30 })]);
    const [uid = ""] = await users(config, 1);
    expect((await ask(firingsOf(config, [uid], dipReading(31)))).asked).toEqual([]);
    expect((await ask(firingsOf(config, [uid], dipReading(5)))).asked).toEqual([0]);
  });

  test("nobody whose kill switch is on, except about selling", async () => {
    const config = configWith([dipRule(), dipRule({ id: "exit", on_answer_match: { action: "propose_order", side: "sell", notional_usd: 10 } })]);
    const [halted = "", free = ""] = await users(config, 2);
    await database.pool.query("insert into kill_switches (scope, firebase_uid, mode, set_by) values ('user', $1, 'block_new', 'test')", [halted]);
    await ask(firingsOf(config, [halted, free]));
    expect(await openQuestions(halted)).toEqual(["trading:rule:exit"]);
    expect(await openQuestions(free)).toHaveLength(2);
  });

  test("nobody while the operator's is, except about selling", async () => {
    const config = configWith([dipRule(), dipRule({ id: "exit", on_answer_match: { action: "propose_order", side: "sell", notional_usd: 10 } })]);
    const uids = await users(config, 3);
    await database.pool.query("insert into kill_switches (scope, mode, set_by) values ('all', 'block_new', 'test')");
    await ask(firingsOf(config, uids));
    await database.pool.query("delete from kill_switches where scope = 'all'");
    expect(await Promise.all(uids.map(openQuestions))).toEqual(uids.map(() => ["trading:rule:exit"]));
    expect((await ask(firingsOf(config, uids))).asked).toHaveLength(3);
  });

  test("a user whose config was switched off, replaced or deleted since, while the others are", async () => {
    const config = configWith([dipRule()]);
    const [off = "", replaced = "", gone = "", kept = ""] = await users(config, 4);
    await database.pool.query("update user_trading_config set enabled = false where firebase_uid = $1", [off]);
    await database.pool.query("update user_trading_config set config = '{\"enabled\": false}' where firebase_uid = $1", [replaced]);
    await database.pool.query("delete from users where firebase_uid = $1", [gone]);
    expect((await ask(firingsOf(config, [off, replaced, gone, kept]))).asked).toEqual([3]);
  });

  test("anybody, when the caller has lost the right to ask", async () => {
    const config = configWith([dipRule()]);
    const [uid = ""] = await users(config, 1);
    expect(await askFirings(database.pool, firingsOf(config, [uid]), { ...openAsking, fence: { ...openAsking.fence, enter: () => Promise.resolve(false) } })).toEqual({ at: null, asked: [], cooling: [], named: [] });
    expect(await openQuestions(uid)).toEqual([]);
  });
});

describe("two processes at once", () => {
  test("never ask twice, and never exceed the limit between them", async () => {
    const base = configWith(Array.from({ length: 8 }, (_, index) => dipRule({ id: `r${index}` })));
    const config = { ...base, guardrails: { ...base.guardrails, max_open_questions: 5 } };
    const uids = await users(config, 50);
    const firings = firingsOf(config, uids);
    const pools = [1, 2].map((n) => createPool({ url: database.url, applicationName: `process-${n}`, maxConnections: 2, ...patience }));
    await askedBefore({ index: 0, of: 1 });
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, index) => askFirings(pools[index % 2] ?? database.pool, index < 3 ? firings : firings.toReversed(), openAsking)),
    );
    await Promise.all(pools.map((pool) => pool.end()));
    expect(outcomes.reduce((sum, { asked }) => sum + asked.length, 0)).toBe(50 * 5);
    for (const uid of uids) expect(await openQuestions(uid)).toHaveLength(5);
  });

  test("the statement itself asks once, also without the lock that takes asks in turn", async () => {
    const config = configWith([dipRule({ cooldown_seconds: 0 })]);
    const uids = await users(config, 300);
    const { shapes, recipients } = toTradingQuestions(firingsOf(config, uids), openAsking);
    const pools = [1, 2].map((n) => createPool({ url: database.url, applicationName: `process-${n}`, maxConnections: 2, ...patience }));
    const outcomes = await Promise.all(
      pools.map((pool, index) => withTransaction(pool, async (tx: Db) => askQuestions(tx, await encodeBatch(shapes, index === 0 ? recipients : recipients.toReversed())), { timeoutMs: 120_000 })),
    );
    await Promise.all(pools.map((pool) => pool.end()));
    expect(outcomes.reduce((sum, { asked }) => sum + asked.length, 0)).toBe(300);
    const { rows } = await database.pool.query("select count(*)::int4 as questions, count(distinct firebase_uid)::int4 as users from questions where firebase_uid = any($1)", [uids]);
    expect(rows).toEqual([{ questions: 300, users: 300 }]);
  });
});

describe("of several shards", () => {
  const halves: UserShard[] = [{ index: 0, of: 2 }, { index: 1, of: 2 }];
  const eightRulesOfWhichFive = (): TradingConfig => {
    const base = configWith(Array.from({ length: 8 }, (_, index) => dipRule({ id: `r${index}` })));
    return { ...base, guardrails: { ...base.guardrails, max_open_questions: 5 } };
  };
  const shardsOf = async (uids: readonly string[]): Promise<number[]> =>
    (await database.pool.query<{ shard: number }>("select user_shard(uid, 2) as shard from unnest($1::text[]) with ordinality as u (uid, n) order by n", [uids])).rows.map(({ shard }) => shard);
  const processOf = (name: string): ReturnType<typeof createPool> => {
    const pool = createPool({ url: database.url, applicationName: name, maxConnections: 2, idleInTransactionTimeoutMs: 120_000, ...patience });
    onTestFinished(() => pool.end());
    return pool;
  };
  const askAs = (pool: ReturnType<typeof createPool>, firings: Firing[], shard: UserShard): Promise<FiringsAsked> => askFirings(pool, firings, { ...openAsking, fence: openFenceOf(shard) });
  /** Everything is written, and nothing is committed before it is told to. */
  const askAndHold = async (firings: Firing[], shard: UserShard): Promise<{ finish(): Promise<FiringsAsked> }> => {
    const [written, gate] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    onTestFinished(() => gate.resolve(undefined));
    const leave = async (): Promise<void> => {
      written.resolve(undefined);
      await gate.promise;
    };
    const asking = askFirings(processOf("the first"), firings, { ...openAsking, fence: { ...openFenceOf(shard), leave } });
    await Promise.race([written.promise, asking]);
    return {
      finish: () => {
        gate.resolve(undefined);
        return asking;
      },
    };
  };
  const waits = (name: string): Promise<boolean> =>
    until(`${name} waits`, async () => (await database.ownerPool.query("select from pg_stat_activity where application_name = $1 and datname = current_database() and wait_event_type = 'Lock'", [name])).rowCount === 1, 60_000);

  test("the asks run at the same time: one begins and ends while another is under way", async () => {
    const config = eightRulesOfWhichFive();
    const uids = await users(config, 30);
    const shards = await shardsOf(uids);
    const firings = halves.map(({ index }) => firingsOf(config, uids.filter((_, n) => shards[n] === index)));
    await askedBefore({ index: 0, of: 2 });
    const first = await askAndHold(firings[0] ?? [], halves[0] ?? { index: 0, of: 2 });
    const second = await askAs(processOf("the second"), firings[1] ?? [], halves[1] ?? { index: 1, of: 2 });
    expect(second.asked).toHaveLength(5 * shards.filter((shard) => shard === 1).length);
    expect((await first.finish()).asked).toHaveLength(5 * shards.filter((shard) => shard === 0).length);
    for (const uid of uids) expect(await openQuestions(uid)).toHaveLength(5);
  });

  test.each([
    ["another owner of the same shard, as one that was paused and believes that it still has it", { index: 0, of: 2 }, { index: 0, of: 2 }],
    ["who splits users in another way", { index: 0, of: 2 }, { index: 0, of: 1 }],
    ["who was there before users were split", { index: 0, of: 1 }, { index: 0, of: 2 }],
    ["who splits them into a number that has nothing in common", { index: 0, of: 2 }, { index: 0, of: 3 }],
  ])("waits for its turn, and exceeds no limit: %s", async (_, first, second) => {
    const config = eightRulesOfWhichFive();
    const all = await users(config, 60);
    const { rows } = await database.pool.query<{ uid: string }>("select uid from unnest($1::text[]) as uid where user_shard(uid, $2) = $3 and user_shard(uid, $4) = $5", [all, first.of, first.index, second.of, second.index]);
    const uids = rows.map(({ uid }) => uid);
    expect(uids.length).toBeGreaterThan(2);
    const firings = firingsOf(config, uids);
    await askedBefore(first);
    const held = await askAndHold(firings, first);
    // The last rules first: what it would ask is not what the other asks already.
    const other = askAs(processOf("the second"), firings.toReversed(), second);
    await waits("the second");
    expect((await held.finish()).asked).toHaveLength(5 * uids.length);
    expect((await other).asked).toEqual([]);
    for (const uid of uids) expect(await openQuestions(uid)).toHaveLength(5);
    const { rows: numbers } = await database.pool.query("select array_agg(seq order by seq) as numbers from user_outbox where firebase_uid = any($1) group by firebase_uid", [uids]);
    for (const each of numbers) expect(each).toEqual({ numbers: ["1", "2", "3", "4", "5"] });
  });

  test("nobody of another shard is asked, whoever thinks so", async () => {
    const config = configWith([dipRule()]);
    const uids = await users(config, 30);
    const shards = await shardsOf(uids);
    const { asked } = await askAs(processOf("the only"), firingsOf(config, uids), { index: 1, of: 2 });
    expect(asked.toSorted((a, b) => a - b)).toEqual(shards.flatMap((shard, n) => (shard === 1 ? [n] : [])));
    expect(asked.length).toBeGreaterThan(5);
  });

  test("asks of many, split in three ways at once, end, and nobody is asked above his limit", async () => {
    const config = eightRulesOfWhichFive();
    const uids = await users(config, 40);
    const firings = firingsOf(config, uids);
    const everyShard = [1, 2, 3].flatMap((of) => Array.from({ length: of }, (_, index): UserShard => ({ index, of })));
    const processes = [processOf("one"), processOf("two"), processOf("three")];
    const outcomes = await Promise.all(everyShard.map((shard, n) => askAs(processes[n % 3] ?? processOf("none"), n % 2 === 0 ? firings : firings.toReversed(), shard)));
    expect(outcomes.reduce((sum, { asked }) => sum + asked.length, 0)).toBe(5 * uids.length);
    for (const uid of uids) expect(await openQuestions(uid)).toHaveLength(5);
  });

  test("turns of three splits that a dozen take at once, again and again, never wait for each other for good", async () => {
    const pool = createPool({ url: database.url, applicationName: "a dozen", maxConnections: 12, ...patience });
    onTestFinished(() => pool.end());
    const takesTurns = async (n: number): Promise<number> => {
      for (let k = 0; k < 40; k += 1) {
        const of = 1 + ((n + k) % 3);
        await withTransaction(pool, (tx) => tx.query("select take_turn_to_ask($1::int4, $2::int4)", [of, k % of]), { timeoutMs: 110_000 });
      }
      return n;
    };
    const dozen = Array.from({ length: 12 }, (_, n) => n);
    expect(await Promise.all(dozen.map(takesTurns))).toEqual(dozen);
  });

  test("a shard that is none is refused", async () => {
    await expect(database.pool.query("select take_turn_to_ask(2, 2)")).rejects.toThrow("there is no shard 2 of 2");
  });
});
