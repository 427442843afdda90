/** One user's dip, asked about, approved, sent, filled and told: a small story in which nothing is wrong. */
import type { Book, Execution, WireOrder } from "@nod/alpaca-simulator";
import { notesSql } from "../../chaos/checker/notes.ts";
import type { Pool } from "../../src/db/pool.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { addUsers, configWith, dipRule } from "../support/trading-users.ts";

export const ids = {
  question: "00000000-0000-4000-8000-000000000001",
  intent: "00000000-0000-4000-8000-000000000002",
  order: "00000000-0000-4000-8000-000000000003",
  clientOrder: "nod-00000000000040008000000000000002",
  brokerOrder: "broker-1",
  execution: "execution-1",
};

export type HonestWorld = {
  database: TestDatabase;
  book: Book;
  /** As somebody who may do what nobody may: without triggers and constraints between tables. */
  tamper(sql: string, values?: unknown[]): Promise<void>;
};

const result = JSON.stringify({ question_id: ids.question, outcome: "approved", answer: 10 });

export async function createHonestWorld(): Promise<HonestWorld> {
  const database = await createTestDatabase();
  const owner = database.ownerPool;
  await owner.query(notesSql);
  const config = configWith([dipRule()]);
  await addUsers(owner, "honest", { ...config, guardrails: { ...config.guardrails, max_orders_per_day: 1, max_notional_usd_per_4h: 10 } }, ["ada", "bob"]);
  await owner.query("insert into chaos.caps values (1000, 20, 5000)");
  await owner.query("insert into chaos.replies (firebase_uid, question_id, value, kind, result) values ('ada', $1, 10, 'answered', $2)", [ids.question, result]);
  await tellStory(owner);
  const placedAt = new Date();
  const tamper = async (sql: string, values: unknown[] = []): Promise<void> => {
    const client = await owner.connect();
    try {
      await client.query("set session_replication_role = replica");
      await client.query(sql, values);
      await client.query("reset session_replication_role");
    } finally {
      client.release();
    }
  };
  return { database, book: bookOf(placedAt), tamper };
}

const metadata = JSON.stringify({ rule_id: "dip_confirm", symbol: "SPY", price: "100", order: { side: "buy", order_type: "market", notional_usd: "10" } });

async function tellStory(owner: Pool): Promise<void> {
  const { question, intent, order, clientOrder, brokerOrder, execution } = ids;
  await owner.query(
    `insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata, status, expires_at, closed_at)
     values ($1, 'ada', 'SPY?', 'swipe', 10, 'trading', 'dip_confirm:await_confirm', 'trading:rule:dip_confirm', $2, 'approved', now() + interval '5 minutes', now())`,
    [question, metadata],
  );
  await owner.query("insert into answers (question_id, firebase_uid, answer, result) values ($1, 'ada', 10, $2)", [question, result]);
  await owner.query(
    `insert into trade_intents (id, firebase_uid, origin, question_id, rule_id, symbol, asset_class, side, order_type, notional_usd, mode, facts)
     values ($1, 'ada', 'rule', $2, 'dip_confirm', 'SPY', 'us_equity', 'buy', 'market', 10, 'paper', '{}')`,
    [intent, question],
  );
  await owner.query("insert into risk_decisions (intent_id, stage, verdict, message, limits) values ($1, 'answer', 'approved', 'ok', '{}'), ($1, 'submit', 'approved', 'ok', '{}')", [intent]);
  await owner.query(
    `insert into trade_orders (id, firebase_uid, intent_id, question_id, rule_id, client_order_id, alpaca_order_id, symbol, asset_class, side, order_type, notional_usd,
                               reserved_notional_usd, mode, status, filled_qty, filled_avg_price, trading_day, approval_expires_at)
     values ($1, 'ada', $2, $3, 'dip_confirm', $4, $5, 'SPY', 'us_equity', 'buy', 'market', 10, 10, 'paper', 'filled', 0.1, 100, current_date, now() + interval '5 minutes')`,
    [order, intent, question, clientOrder, brokerOrder],
  );
  await owner.query("insert into fills (execution_id, order_id, firebase_uid, symbol, side, qty, price, executed_at) values ($1, $2, 'ada', 'SPY', 'buy', 0.1, 100, now())", [execution, order]);
  const events: [string, string | null, object][] = [
    ["question_asked", null, {}],
    ["answer_given", null, { answer: 10 }],
    ["question_closed", null, { outcome: "approved" }],
    ["intent_proposed", order, {}],
    ["order_approved", order, { stage: "answer" }],
    ["order_submitting", order, {}],
    ["order_reported", order, { status: "new" }],
    ["fill_recorded", order, { execution_id: execution }],
    ["order_filled", order, { status: "filled" }],
  ];
  for (const [kind, orderId, data] of events) {
    await owner.query("select record_events(array['ada'], array[$1::text], array[$2::uuid], array[$3::uuid], array[$4::jsonb])", [kind, question, orderId, JSON.stringify(data)]);
  }
  await owner.query("insert into user_outbox_heads (firebase_uid, last_seq) values ('ada', 3)");
  await owner.query("insert into user_outbox (firebase_uid, seq, kind, ref_id) values ('ada', 1, 'question_asked', $1), ('ada', 2, 'question_closed', $1), ('ada', 3, 'trade_update', $2)", [question, order]);
}

function bookOf(at: Date): Book {
  const rawBody = JSON.stringify({ client_order_id: ids.clientOrder, symbol: "SPY", side: "buy", type: "market", time_in_force: "day", notional: "10.00" });
  return {
    posts: [{ account: "paper", receivedMs: at.getTime(), rawBody, orderId: ids.brokerOrder, clientOrderId: ids.clientOrder }],
    accounts: [{ account: "paper", cash: "100000", orders: [wireOrder(at)], executions: [execution(at)], positions: {} }],
    requests: { counts: {}, last: [] },
    streams: { tradeUpdates: [], marketData: [] },
  };
}

const wireOrder = (at: Date): WireOrder => ({
  id: ids.brokerOrder, client_order_id: ids.clientOrder, created_at: at.toISOString(), updated_at: at.toISOString(), submitted_at: at.toISOString(), filled_at: at.toISOString(),
  expired_at: null, canceled_at: null, failed_at: null, replaced_at: null, replaced_by: null, replaces: null, asset_id: "asset", symbol: "SPY", asset_class: "us_equity", notional: "10",
  qty: null, filled_qty: "0.1", filled_avg_price: "100", order_class: "", order_type: "market", type: "market", side: "buy", position_intent: "buy_to_open", time_in_force: "day",
  limit_price: null, stop_price: null, status: "filled", extended_hours: false, legs: null, trail_percent: null, trail_price: null, hwm: null, subtag: null, source: null, expires_at: null,
});

const execution = (at: Date): Execution => ({
  kind: "fill", executionId: ids.execution, previousExecutionId: null, account: "paper", orderId: ids.brokerOrder, symbol: "SPY", side: "buy", qty: "0.1", price: "100",
  at: at.toISOString(), atMs: at.getTime(), positionQty: "0.1", cumQty: "0.1", leavesQty: "0", orderStatus: "filled",
});
