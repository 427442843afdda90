import type { Book } from "@nod/alpaca-simulator";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkBooks } from "../../chaos/checker/check.ts";
import { positionsAreShownAsTheyAre } from "../../chaos/checker/laws/positions.ts";
import { createHonestWorld, ids, type HonestWorld } from "./honest-world.ts";

let world: HonestWorld;
beforeEach(async () => {
  world = await createHonestWorld();
});
afterEach(async () => {
  await world.database.drop();
});

const verdict = async () => checkBooks({ database: world.database.ownerPool, book: world.book });
const told = async (): Promise<string[]> => (await verdict()).violations.map(({ law, what }) => `${law}: ${what}`);

const account = (book: Book) => {
  const [only] = book.accounts;
  if (only === undefined) throw new Error("the book has no account");
  return only;
};
const [wire, post] = [() => account(world.book).orders[0], () => world.book.posts[0]];

/** A second accepted order of ada's, with everything that belongs to it, under another question. */
async function repeatOrder(changes: { question?: string; createdAgo?: string } = {}): Promise<void> {
  const [question, intent, order, client] = [changes.question ?? "00000000-0000-4000-8000-000000000011", "00000000-0000-4000-8000-000000000012", "00000000-0000-4000-8000-000000000013", "nod-second"];
  const { tamper, book } = world;
  if (question !== ids.question) {
    await tamper(
      `insert into questions select $2, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, 'another', metadata, status, follow_up_of, created_at, expires_at, closed_at from questions where id = $1`,
      [ids.question, question],
    );
    await tamper("insert into answers select $2, firebase_uid, answer, result, answered_at from answers where question_id = $1", [ids.question, question]);
    await tamper("insert into user_outbox select firebase_uid, seq + 3, kind, case when kind = 'trade_update' then $2::uuid else $1::uuid end, created_at from user_outbox", [question, order]);
    await tamper("update user_outbox_heads set last_seq = 6");
  }
  await tamper("alter table trade_orders drop constraint trade_orders_question_id_key; alter table trade_intents drop constraint trade_intents_question_id_key");
  await tamper(
    `insert into trade_intents (id, firebase_uid, origin, question_id, rule_id, symbol, asset_class, side, order_type, notional_usd, mode, facts)
     select $1, firebase_uid, origin, $2, rule_id, symbol, asset_class, side, order_type, notional_usd, mode, facts from trade_intents where id = $3`,
    [intent, question, ids.intent],
  );
  await tamper("insert into risk_decisions (intent_id, stage, verdict, message, limits) values ($1, 'answer', 'approved', 'ok', '{}')", [intent]);
  await tamper(
    `insert into trade_orders (id, firebase_uid, intent_id, question_id, rule_id, client_order_id, alpaca_order_id, symbol, asset_class, side, order_type, notional_usd,
                               reserved_notional_usd, mode, status, trading_day, approval_expires_at, created_at)
     select $1, firebase_uid, $2, $3, rule_id, $4, 'broker-2', symbol, asset_class, side, order_type, notional_usd, reserved_notional_usd, mode, 'canceled', trading_day,
            approval_expires_at, created_at - $5::interval from trade_orders where id = $6`,
    [order, intent, question, client, changes.createdAgo ?? "0 s", ids.order],
  );
  for (const kind of ["question_asked", "answer_given", "question_closed", "intent_proposed", "order_approved", "order_submitting", "order_reported"]) {
    if (question === ids.question && !kind.startsWith("order_")) continue;
    const data = kind === "question_closed" ? { outcome: "approved" } : kind === "order_reported" ? { status: "canceled" } : {};
    await tamper("select record_events(array['ada'], array[$1::text], array[$2::uuid], array[$3::uuid], array[$4::jsonb])", [kind, question, order, JSON.stringify(data)]);
  }
  const [first] = book.posts;
  const [theirs] = account(book).orders;
  if (first === undefined || theirs === undefined) throw new Error("the honest book has an order");
  book.posts.push({ ...first, orderId: "broker-2", clientOrderId: client, receivedMs: Date.now() });
  account(book).orders.push({ ...theirs, id: "broker-2", client_order_id: client, status: "canceled", filled_qty: "0", filled_avg_price: null });
}

test("finds nothing where nothing is wrong, and counts what there was", async () => {
  const { violations, tally } = await verdict();
  expect(violations).toEqual([]);
  expect(tally).toMatchObject({ questions: 1, answers: 1, orders: 1, posts: 1, fills: 1, "order filled": 1 });
});

test("tells the whole story of the order that a violation names", async () => {
  Object.assign(wire() ?? {}, { status: "canceled" });
  const { stories } = await verdict();
  expect(stories).toHaveLength(1);
  for (const part of ["of ada: buy SPY, filled", "question_asked", "order_submitting", "broker: accepts", "broker: fill execution-1, 0.1 at 100", "broker: canceled"]) expect(stories[0]).toContain(part);
});

describe("positions", () => {
  const differences = async () => (await positionsAreShownAsTheyAre(world.database.ownerPool, world.book)).map(({ what }) => what);
  const holds = (qty: string): void => void Object.assign(account(world.book), { positions: { SPY: { qty, costBasis: "10" } } });
  const shows = (broker: string) => world.tamper("insert into position_differences (symbol, broker_qty, our_qty, since, seen_at) values ('SPY', $1, 0.1, now(), now())", [broker]);

  test("that differ are told, and those that agree are not", async () => {
    holds("0.1");
    expect(await differences()).toEqual([]);
    holds("0.3");
    await shows("0.3");
    expect(await differences()).toEqual([]);
  });

  test("that differ, and nobody is told", async () => {
    holds("0.3");
    expect(await differences()).toEqual(["SPY: 0.3 at the broker, 0.1 here, and nobody is told"]);
  });

  test("of which a difference is told that there is not", async () => {
    holds("0.1");
    await shows("0.2");
    expect(await differences()).toEqual(["SPY: 0.2 at the broker, 0.1 here: so it is told, and it is not so"]);
  });
});

describe("orders and their approvals", () => {
  test("the same id accepted twice", async () => {
    const first = post();
    if (first !== undefined) world.book.posts.push({ ...first });
    expect(await told()).toContainEqual(`no duplicate order: ${ids.clientOrder} was accepted twice by the broker`);
  });

  test("two orders from one question", async () => {
    await repeatOrder({ question: ids.question });
    expect(await told()).toContainEqual(`no duplicate order: question ${ids.question} led to ${ids.clientOrder} and nod-second`);
  });

  test("an order at the broker that nobody approved", async () => {
    const first = post();
    if (first !== undefined) world.book.posts.push({ ...first, clientOrderId: "nod-stranger" });
    expect(await told()).toContainEqual("every POST is one approved answer's: the broker accepted nod-stranger, which no row of trade_orders knows");
  });

  test.each([
    ["a question that was not approved", "update questions set status = 'rejected'", "its question was rejected"],
    ["an answer that says no", "update answers set answer = -10", "the answer -10 does not approve it"],
    ["no answer at all", "delete from answers", "it has 0 answers"],
    ["somebody else's answer", "update answers set firebase_uid = 'bob'", "its question or answer is another user's"],
    ["a denial", "update risk_decisions set verdict = 'denied', code = 'kill_switch_active' where stage = 'answer'", "it was not approved by exactly one decision"],
    ["another amount than was approved", `update questions set metadata = jsonb_set(metadata, '{order,notional_usd}', '"5"')`, "$10.00 was sent, $5 was approved"],
    ["another symbol than was approved", `update questions set metadata = jsonb_set(metadata, '{symbol}', '"QQQ"')`, "buy SPY was sent, buy QQQ was approved"],
  ])("a POST in spite of %s", async (_what, sql, says) => {
    await world.tamper(sql);
    expect(await told()).toContainEqual(`every POST is one approved answer's: ${ids.clientOrder}: ${says}`);
  });
});

test("an exit that nobody asked for, without a kill switch to that effect", async () => {
  await world.tamper("alter table trade_intents drop constraint trade_intents_exit_sells_a_quantity");
  await world.tamper("update trade_intents set origin = 'kill_switch', question_id = null");
  expect(await told()).toContainEqual(`every POST is one approved answer's: ${ids.clientOrder}: it is an exit without a kill switch that sells everything`);
});

test("not an exit whose kill switch was set to something less at that very moment", async () => {
  await world.tamper("alter table trade_intents drop constraint trade_intents_exit_sells_a_quantity");
  await world.tamper("update trade_intents set origin = 'kill_switch', question_id = null");
  for (const mode of ["flatten", "block_new"]) await world.tamper(`select record_events(array['ada'], array['kill_switch_set'], array[null::uuid], array[null::uuid], array['{"mode":"${mode}","set_by":"chaos"}'::jsonb])`);
  const complaints = await told();
  expect(complaints).not.toContainEqual(expect.stringContaining("without a kill switch"));
  expect(complaints).toContainEqual(`every POST is one approved answer's: ${ids.clientOrder}: it is an exit that does not sell a quantity`);
});

test("an exit that buys", async () => {
  await world.tamper("alter table trade_intents drop constraint trade_intents_exit_sells_a_quantity");
  await world.tamper("update trade_intents set origin = 'kill_switch', question_id = null");
  await world.tamper(`select record_events(array['ada'], array['kill_switch_set'], array[null::uuid], array[null::uuid], array['{"mode":"flatten","set_by":"chaos"}'::jsonb])`);
  expect(await told()).toContainEqual(`every POST is one approved answer's: ${ids.clientOrder}: it is an exit that does not sell a quantity`);
});

describe("answers", () => {
  test.each([
    ["an approval without an intent", "delete from trade_intents", "it was approved and has not exactly one intent"],
    ["an approval without an order", "delete from trade_orders", "it was approved and has no order"],
    ["an order that is still to be sent", "update trade_orders set status = 'pending_submit'", `${ids.clientOrder} is still pending_submit`],
    ["an order in doubt for ever", "update trade_orders set status = 'unknown', next_lookup_at = now()", `${ids.clientOrder} is still unknown`],
    ["a denial without a reason", "update trade_orders set status = 'denied', status_reason = null", `${ids.clientOrder} is denied without a reason`],
  ])("%s", async (_what, sql, says) => {
    await world.tamper(sql);
    expect(await told()).toContainEqual(`no approved answer is lost: question ${ids.question}: ${says}`);
  });

  test("an answer that was acknowledged and is gone", async () => {
    await world.tamper("delete from answers");
    expect(await told()).toContainEqual(`what a person was told is what is stored: question ${ids.question}: ada was told that 10 counted, and no answer is stored`);
  });

  test("two devices that were told different things", async () => {
    await world.tamper(`update answers set result = '{"outcome":"rejected"}'`);
    expect((await told()).join("\n")).toMatch(/what a person was told is what is stored: .* stored is \{"outcome":"rejected"\}/);
  });
});

describe("what was taken back", () => {
  beforeEach(async () => {
    await world.tamper("insert into chaos.replies (firebase_uid, question_id, value, kind) values ('ada', $1, 0, 'undone')", [ids.question]);
  });

  test("and sent all the same", async () => {
    expect(await told()).toContainEqual(`what was taken back is not sent: ${ids.clientOrder} was sent after ada was told that it is taken back`);
  });

  test("and stands all the same", async () => {
    expect(await told()).toContainEqual(`what was taken back is not sent: question ${ids.question}: ada was told that it is taken back, and it is filled`);
  });
});

describe("doubt", () => {
  const inDoubtFor = async (interval: string, ends: string): Promise<void> => {
    for (const [kind, ago, data] of [["order_unknown", interval, {}], [ends, "0", { from: "unknown" }]] as const) {
      await world.tamper("select record_events(array['ada'], array[$1::text], array[null::uuid], array[$2::uuid], array[$3::jsonb])", [kind, ids.order, JSON.stringify(data)]);
      await world.tamper("update events set at = now() - $2::interval where kind = $1", [kind, ago]);
    }
  };
  const told = async () => (await verdict()).violations.filter(({ law }) => law.startsWith("not found")).map(({ what }) => what);

  test.each(["order_not_placed", "order_sent_again"])("that ends with %s at once", async (kind) => {
    await inDoubtFor("3 seconds", kind);
    expect(await told()).toEqual([expect.stringMatching(new RegExp(`${ids.clientOrder}: ${kind} after 3\\d{3} ms in doubt`))]);
  });

  test("but not after the named time", async () => {
    await inDoubtFor("121 seconds", "order_sent_again");
    expect(await told()).toEqual([]);
  });
});

describe("permission", () => {
  test("a claim after the approval's end", async () => {
    await world.tamper("update trade_orders set approval_expires_at = now() - interval '3 seconds'");
    expect((await told()).join("\n")).toMatch(/nothing is sent after its approval has expired: .* was claimed \d+ ms after its approval had expired/);
  });

  test("a POST that nothing claimed", async () => {
    await world.tamper("delete from events where kind = 'order_submitting'");
    expect(await told()).toContainEqual(`nothing is sent after its approval has expired: ${ids.clientOrder} arrived without having been claimed`);
  });

  test("a POST long after its claim", async () => {
    const first = post();
    if (first !== undefined) first.receivedMs += 60_000;
    expect((await told()).join("\n")).toMatch(/arrived \d+ ms after its claim, which is good for 15000 ms/);
  });

  test.each([["his own", "user", "ada"], ["everyone's", "all", null]])("a claim under %s kill switch", async (_whose, scope, uid) => {
    await world.tamper("insert into chaos.halts values ($1, $2, $3)", [scope, uid, Date.now() - 5_000]);
    expect((await told()).join("\n")).toMatch(/nothing is sent under a kill switch: .* was claimed \d+ ms after the kill switch of (ada|everyone) was on/);
  });

  test("not a claim before the kill switch, after it, or under another user's", async () => {
    const [now, minute] = [Date.now(), 60_000];
    for (const halt of [["ada", now + minute, null], ["ada", now - 60 * minute, now - minute], ["bob", now - 60 * minute, null]]) {
      await world.tamper("insert into chaos.halts values ('user', $1, $2, $3)", halt);
    }
    expect(await told()).toEqual([]);
  });
});

describe("guardrails", () => {
  test("one order a day too many, and more dollars in four hours than allowed", async () => {
    await repeatOrder();
    const violations = (await told()).join("\n");
    expect(violations).toMatch(/no guardrail is exceeded: .* it is number 2 of .*, 1 are allowed/);
    expect(violations).toMatch(/no guardrail is exceeded: .* it makes \$20 in four hours, \$10 are allowed/);
  });

  test("but not when the other one was five hours ago and of another day", async () => {
    await repeatOrder({ createdAgo: "5 h" });
    await world.tamper("update trade_orders set trading_day = trading_day - 1 where client_order_id = 'nod-second'");
    expect((await told()).filter((line) => line.startsWith("no guardrail"))).toEqual([]);
  });

  test.each([
    ["a symbol off the watchlist", "update trading_config_templates set config = jsonb_set(config, '{data_inputs,0,symbols}', '[\"QQQ\"]')", "SPY is not on the watchlist"],
    ["a symbol on the blocklist", "update trading_config_templates set config = jsonb_set(config, '{guardrails,symbols_blocklist}', '[\"SPY\"]')", "SPY is on the blocklist"],
    ["an order above the user's largest", "update trading_config_templates set config = jsonb_set(config, '{guardrails,max_notional_usd}', '5')", "$10 is above the user's largest order of $5"],
    ["an order above the operator's cap", "update chaos.caps set max_order_notional_usd = 5", "$10 is above the operator's cap of $5"],
    ["an order of someone whose trading is off", "update trading_config_templates set config = jsonb_set(config, '{enabled}', 'false')", "trading is switched off in the config"],
  ])("%s", async (_what, sql, says) => {
    await world.tamper(sql);
    expect(await told()).toContainEqual(`no guardrail is exceeded: ${ids.clientOrder} of ada: ${says}`);
  });

  test.each([
    ["orders in a minute", "max_orders_per_minute", "1", "it is number 2 of its minute, 1 are allowed"],
    ["orders of a symbol that cools down", "symbol_cooldown_seconds", "60", "SPY was cooling down for 60 s"],
    ["orders that say the same", "duplicate_intent_window_seconds", "60", "the same was bought less than 60 s before"],
  ])("too many %s", async (_what, name, limit, says) => {
    await repeatOrder();
    await world.tamper("update trading_config_templates set config = jsonb_set(config, array['guardrails', $1], $2::jsonb)", [name, limit]);
    expect((await told()).join("\n")).toContain(`of ada: ${says}`);
  });

  test("a sell of more than was bought", async () => {
    for (const execution of account(world.book).executions) execution.side = "sell";
    expect(await told()).toContainEqual(`nobody sells more than he holds: ${ids.clientOrder} leaves ada with -0.1 SPY`);
  });
});

describe("books", () => {
  test.each([
    ["another status", "update trade_orders set status = 'canceled'", `we say canceled, the broker says filled`],
    ["another quantity", "update trade_orders set filled_qty = 0.05", "we have 0.050000000 filled, the broker 0.1"],
    ["another price", "update trade_orders set filled_avg_price = 101", "we have it at $101.000000000, the broker at $100"],
    ["another broker's id", "update trade_orders set alpaca_order_id = 'broker-9'", "we know it as broker-9, the broker as broker-1"],
    ["a fill that is missing", "delete from fills", "execution execution-1 of 0.1 is not in fills"],
    ["a fill of another size", "update fills set qty = 0.2", "fill execution-1 is 0.200000000 at 100.000000000, the broker's is 0.1 at 100"],
    ["a fill of somebody else", "update fills set firebase_uid = 'bob'", "fill execution-1 is not of its order's user, symbol or side"],
    ["a fill that never was", "insert into fills select 'made-up', order_id, firebase_uid, symbol, side, qty, price, executed_at from fills", "fill made-up is not one of its executions"],
  ])("%s", async (_what, sql, says) => {
    await world.tamper(sql);
    expect(await told()).toContainEqual(`books are equal: ${ids.clientOrder}: ${says}`);
  });

  test("an execution that the broker took back", async () => {
    for (const order of account(world.book).orders) Object.assign(order, { filled_qty: "0", filled_avg_price: null });
    const [fill] = account(world.book).executions;
    if (fill !== undefined) account(world.book).executions.push({ ...fill, kind: "trade_bust", executionId: "bust-1", previousExecutionId: fill.executionId });
    expect(await told()).toEqual([`books are equal: ${ids.clientOrder}: we have 0.100000000 filled, the broker 0`]);
    await world.tamper("update trade_orders set filled_qty = 0, filled_avg_price = null");
    expect(await told()).toEqual([]);
  });

  test("an order that the broker does not have", async () => {
    Object.assign(account(world.book), { orders: [], executions: [] });
    expect(await told()).toContainEqual(`books are equal: ${ids.clientOrder}: the broker does not know ${ids.brokerOrder}`);
  });
});

describe("the record", () => {
  test.each([
    ["who asked", "question_asked", "question_asked was recorded 0 times"],
    ["who answered", "answer_given", "answer_given was recorded 0 times"],
    ["why it was approved", "order_approved", "order_approved was recorded 0 times"],
    ["that it was sent", "order_submitting", "it was sent, and no order_submitting tells so"],
    ["how it was filled", "fill_recorded", "fill execution-1 was recorded 0 times"],
    ["how it ended", "order_filled", "nothing tells how it became filled"],
  ])("does not tell %s", async (_what, kind, says) => {
    await world.tamper("delete from events where kind = $1", [kind]);
    expect(await told()).toContainEqual(`every order's story is complete: ${ids.clientOrder}: ${says}`);
  });

  test("tells an answer before its question", async () => {
    await world.tamper("update events set kind = case kind when 'answer_given' then 'question_asked' else 'answer_given' end where kind in ('answer_given', 'question_asked')");
    expect(await told()).toContainEqual(`every order's story is complete: ${ids.clientOrder}: answer_given comes before what led to it`);
  });

  test.each([
    ["still open", "update questions set status = 'open', closed_at = null", "is open"],
    ["closed in another way than was told", "update questions set status = 'withdrawn'", "is withdrawn, its event says approved"],
    ["closed twice", "insert into events (at, firebase_uid, kind, question_id, data, place, hash_before, hash) select at, firebase_uid, kind, question_id, data, place + 100, hash_before, hash from events where kind = 'question_closed'", "was closed 2 times"],
  ])("has a question %s", async (_what, sql, says) => {
    await world.tamper(sql);
    expect(await told()).toContainEqual(`every question has one outcome: question ${ids.question} ${says}`);
  });

  test.each([
    ["what an event says", "update events set data = '{\"answer\":-10}' where kind = 'answer_given'", "ada's chain breaks at place 2"],
    ["an event away", "delete from events where kind = 'order_approved'", "ada's chain has place 6 where 5 belongs"],
    ["the last event away", "delete from events where kind = 'order_filled'", "ada's chain has 8 events, its head says 9"],
    ["when it was", "update events set at = at - interval '1 hour' where kind = 'order_submitting'", "ada's chain breaks at place 6"],
  ])("whoever changes %s breaks the chain", async (_what, sql, says) => {
    await world.tamper(sql);
    expect(await told()).toContainEqual(`every chain of events is whole: ${says}`);
  });

  test.each([
    ["a gap", "delete from user_outbox where seq = 2", "ada has been told 1, 3, and the head says 3"],
    ["a head that is behind", "update user_outbox_heads set last_seq = 2", "ada has been told 1, 2, 3, and the head says 2"],
    ["nothing about the order", "delete from user_outbox where kind = 'trade_update'", `nobody was told of ${ids.clientOrder}`],
    ["what is somebody else's", "update user_outbox set firebase_uid = 'bob' where seq = 3", "bob was told at 3 of what is ada's"],
  ])("has an outbox with %s", async (_what, sql, says) => {
    await world.tamper(sql);
    expect(await told()).toContainEqual(`outboxes have no gaps: ${says}`);
  });
});
