/**
 * What there is to judge by: the database, read with SQL of the checker's own, and the broker's book. Nothing of the order
 * core is used here, so that a mistake in it cannot hide itself.
 */
import type { Book } from "@nod/alpaca-simulator";
import { createTimeline, type ClockStep, type Timeline } from "./timeline.ts";

/** Instants are milliseconds of the database's clock; money and quantities are decimal text. */
export type QuestionRow = {
  id: string; uid: string; kind: "swipe" | "numeric"; correctAnswer: string | null; status: string; createdMs: number; expiresMs: number;
  symbol: string; side: string; notional: string | null; askMin: string | null; askMax: string | null; price: string;
};
export type AnswerRow = { questionId: string; uid: string; answer: string; result: string; answeredMs: number };
/** `origin`: a rule's intent was asked about; a kill switch's exit was not. */
export type IntentRow = { id: string; uid: string; origin: string; questionId: string | null; symbol: string; side: string };
/** `atMs`: of which moment the limits were looked at. */
export type DecisionRow = { intentId: string; stage: string; verdict: string; code: string | null; atMs: number };
export type OrderRow = {
  id: string; uid: string; intentId: string; questionId: string | null; clientOrderId: string; brokerOrderId: string | null; symbol: string; side: string;
  notional: string | null; qty: string | null; reserved: string; status: string; reason: string | null; isMismatched: boolean; filledQty: string;
  averagePrice: string | null; tradingDay: string; expiresMs: number; createdMs: number;
};
export type FillRow = { executionId: string; orderId: string; uid: string; symbol: string; side: string; qty: string; price: string };
export type EventRow = { n: number; atMs: number; uid: string | null; kind: string; questionId: string | null; orderId: string | null; data: Record<string, unknown> };
export type OutboxRow = { uid: string; seq: number; kind: string; refId: string };
export type HeadRow = { uid: string; lastSeq: number; ackedSeq: number };
/** By this machine's clock. */
export type HaltRow = { uid: string | null; fromMs: number; untilMs: number };
export type ReplyRow = { n: number; uid: string; questionId: string; value: string; kind: string; result: string | null };
export type CapsRow = { maxOrderNotional: string; maxOrdersPerDay: number; maxNotionalPer4h: string };
export type SessionRow = { date: string; opensMs: number; closesMs: number };
/** `said`: the event's content in the chain's canonical form, as migration 0007 fixes it. Hashes are hexadecimal. */
export type LinkRow = { chain: string; place: number; hashBefore: string; hash: string; said: string };
export type ChainHeadRow = { chain: string; length: number; hash: string };
/** `n`: of the event that it came with; 0 for what was there from the start. */
export type DocumentRow = { uid: string; n: number; atMs: number; template: unknown; own: unknown };

export type Evidence = {
  questions: QuestionRow[]; answers: AnswerRow[]; intents: IntentRow[]; decisions: DecisionRow[]; orders: OrderRow[]; fills: FillRow[];
  events: EventRow[]; outbox: OutboxRow[]; heads: HeadRow[]; halts: HaltRow[]; replies: ReplyRow[]; caps: CapsRow | null; sessions: SessionRow[];
  links: LinkRow[]; chainHeads: ChainHeadRow[]; documents: DocumentRow[]; timeline: Timeline; book: Book;
};

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

/** The database, as its owner. */
export type Queryable = { query<Row extends Record<string, unknown>>(sql: string): Promise<{ rows: Row[] }> };

export async function readEvidence(database: Queryable, book: Book): Promise<Evidence> {
  // The columns are named as the fields are, and cast.
  const rows = async <Row extends Record<string, unknown>>(sql: string): Promise<Row[]> => (await database.query<Row>(sql)).rows;
  return {
    questions: await rows<QuestionRow>(
      `select id, firebase_uid as uid, kind, correct_answer::text as "correctAnswer", status, ${ms("created_at")} as "createdMs", ${ms("expires_at")} as "expiresMs",
              metadata ->> 'symbol' as symbol, metadata -> 'order' ->> 'side' as side, metadata -> 'order' ->> 'notional_usd' as notional,
              metadata -> 'order' -> 'ask' ->> 'min' as "askMin", metadata -> 'order' -> 'ask' ->> 'max' as "askMax", metadata ->> 'price' as price
       from questions order by created_at, id`,
    ),
    answers: await rows<AnswerRow>(`select question_id as "questionId", firebase_uid as uid, answer::text, result::text, ${ms("answered_at")} as "answeredMs" from answers`),
    intents: await rows<IntentRow>(`select id, firebase_uid as uid, origin, question_id as "questionId", symbol, side from trade_intents`),
    decisions: await rows<DecisionRow>(`select intent_id as "intentId", stage, verdict, code, ${ms("decided_at")} as "atMs" from risk_decisions order by id`),
    orders: await rows<OrderRow>(
      `select id, firebase_uid as uid, intent_id as "intentId", question_id as "questionId", client_order_id as "clientOrderId", alpaca_order_id as "brokerOrderId",
              symbol, side, notional_usd::text as notional, qty::text, reserved_notional_usd::text as reserved, status, status_reason as reason,
              status = 'unknown' and next_lookup_at is null as "isMismatched", filled_qty::text as "filledQty", filled_avg_price::text as "averagePrice",
              trading_day::text as "tradingDay", ${ms("approval_expires_at")} as "expiresMs", ${ms("created_at")} as "createdMs"
       from trade_orders order by created_at, id`,
    ),
    fills: await rows<FillRow>(`select execution_id as "executionId", order_id as "orderId", firebase_uid as uid, symbol, side, qty::text, price::text from fills`),
    events: await rows<EventRow>(
      `select id::float8 as n, ${ms("at")} as "atMs", firebase_uid as uid, kind, question_id as "questionId", order_id as "orderId", data from events order by id`,
    ),
    outbox: await rows<OutboxRow>(`select firebase_uid as uid, seq::float8, kind, ref_id as "refId" from user_outbox order by firebase_uid, seq`),
    heads: await rows<HeadRow>(`select firebase_uid as uid, last_seq::float8 as "lastSeq", acked_seq::float8 as "ackedSeq" from user_outbox_heads`),
    halts: await rows<HaltRow>(
      `select firebase_uid as uid, certain_from_ms as "fromMs", coalesce(certain_until_ms, 'infinity') as "untilMs" from chaos.halts`,
    ),
    replies: await rows<ReplyRow>(`select n, firebase_uid as uid, question_id as "questionId", value::text, kind, result::text from chaos.replies order by n`),
    caps:
      (await rows<CapsRow>(
        `select max_order_notional_usd::text as "maxOrderNotional", max_orders_per_day as "maxOrdersPerDay", max_notional_usd_per_4h::text as "maxNotionalPer4h" from chaos.caps`,
      ))[0] ?? null,
    sessions: await rows<SessionRow>(`select date::text, opens_ms as "opensMs", closes_ms as "closesMs" from chaos.sessions order by opens_ms`),
    links: await rows<LinkRow>(
      `select coalesce(firebase_uid, '') as chain, place::float8, encode(hash_before, 'hex') as "hashBefore", encode(hash, 'hex') as hash,
              concat_ws(e'\\x1f', extract(epoch from at)::text, kind, coalesce(question_id::text, ''), coalesce(order_id::text, ''), data::text, coalesce(firebase_uid, '')) as said
       from events order by 1, place`,
    ),
    chainHeads: await rows<ChainHeadRow>(`select chain, length::float8, encode(hash, 'hex') as hash from event_chains order by chain`),
    documents: await rows<DocumentRow>(
      `select c.firebase_uid as uid, 0::float8 as n, '-infinity'::float8 as "atMs", t.config as template, '{}'::jsonb as own
         from user_trading_config c join trading_config_templates t on t.name = c.template_name
       union all
       select e.firebase_uid, e.id::float8, ${ms("e.at")}, t.config, e.data -> 'own'
         from events e join user_trading_config c using (firebase_uid) join trading_config_templates t on t.name = c.template_name
        where e.kind = 'config_changed'
       order by 2`,
    ),
    timeline: createTimeline(await rows<ClockStep>(`select natural_ms as "naturalMs", database_ms as "databaseMs", broker_ms as "brokerMs", last_event::float8 as "lastEvent" from chaos.clock_steps order by n`)),
    book,
  };
}
