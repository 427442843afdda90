import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { QuestionKind } from "@nod/contract/question";
import type { Db } from "../db/pool.ts";
import { everybody, type UserShard } from "../trading/config/config-table.ts";
import { jsonTextArray, nullableTextArray, plainArray, textArray } from "../db/text-array.ts";

/**
 * What is asked, without whom. Users whom one rule of one template asks share it, so it crosses the wire once.
 * `subject` is what a user is asked about at most once at a time and once in a cooldown; `freshUntil` is when the facts that
 * the question rests on stop being fresh, by the database's clock.
 */
export type QuestionShape = {
  pipelineKey: string;
  subject: string;
  pipelineStep: string;
  sourceTag: string;
  questionText: string;
  kind: QuestionKind;
  /** The end of the swipe that approves; null for numeric. */
  correctAnswer: 10 | -10 | null;
  /** JSON text. */
  metadata: string;
  cooldownSeconds: number;
  expiresInSeconds: number;
  freshUntil: Date;
  /** Asked in spite of a kill switch: it can only lead to less risk. */
  reducesRisk: boolean;
  /** What it is about, for those who want one card of a symbol at a time; null: about none. */
  symbol: string | null;
  restraint: CardLimits;
};

/** How often a user wants to be asked; null: no limit. */
export type CardLimits = { perHour: number | null; perDay: number | null; onePerSymbol: boolean };

/** `ownRevision` is of the config that the question comes from: a config that has changed meanwhile asks nothing. */
export type Recipient = { firebaseUid: string; ownRevision: string; maxOpenQuestions: number; shape: number };

/** Positions in the list of recipients. `cooling`: was asked not long ago; until when, in milliseconds of the database's clock. */
export type AskOutcome = { at: Date; asked: number[]; cooling: { recipient: number; untilMs: number }[]; named: { recipient: number; questionId: string }[] };

/** However many are asked, so many are named, for those who follow single questions: logs and traces. */
const namedPerStatement = 500;

/**
 * One statement for any number of questions. It alone decides who is asked: in order of the recipients, at most up to each
 * user's limit of open questions, never outside the shard, never twice about one subject while a question or its order is under way or within the
 * cooldown, never while the user has the rule snoozed or against the limits of his restraint, never on facts that have gone
 * stale, never under a kill switch, never for a config that has been replaced. With the questions go their state, the outbox
 * and its heads, the event log, the users' evaluation stamps and one notification.
 *
 * The phases are read first, so that what is suppressed takes no lock and writes nothing; the upsert checks them again on the
 * row itself, which is what holds when two processes ask at once. Rows are locked in the order of their keys, and a user's
 * event chain before his outbox, as everywhere.
 *
 * How it is planned: the planner cannot know how many rows an array or a change makes, guesses few, and would then compare
 * everything with everything in nested loops: minutes instead of a second. So nested loops are off, which leaves hashing for
 * joins between the parts, and what must be looked up by index is written as a lateral or scalar subquery, which cannot be
 * planned in any other way. The cost is linear in the recipients, whatever the size of the tables.
 */
const askSql = `
  with shape as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::jsonb[],
                         $9::int4[], $10::int4[], $11::timestamptz[], $12::boolean[], $13::text[], $14::int4[], $15::int4[], $16::boolean[])
      with ordinality as s (pipeline_key, subject, pipeline_step, source_tag, question_text, kind, correct_answer, metadata,
                            cooldown_seconds, expires_in_seconds, fresh_until, reduces_risk, symbol, per_hour, per_day, one_per_symbol, shape)
  ), wanted as materialized (
    select r.firebase_uid, r.max_open, r.n, s.*, p.cooldown_until, p.phase
      from unnest($17::text[], $18::int8[], $19::int4[], $20::int8[]) with ordinality as r (firebase_uid, own_revision, max_open, shape, n)
      join shape s using (shape)
      left join lateral (
        select p.cooldown_until, p.phase from user_pipeline_state p
         where p.firebase_uid = r.firebase_uid and p.pipeline_key = s.pipeline_key and p.subject = s.subject limit 1
      ) p on true
     where s.fresh_until > clock_timestamp()
       and ($21::int4 = 1 or user_shard(r.firebase_uid, $21::int4) = $22::int4)
       and (select c.enabled and c.revision = r.own_revision from user_trading_config c where c.firebase_uid = r.firebase_uid)
       and (s.reduces_risk or not exists (select from kill_switches k where k.scope = 'all'))
       and (s.reduces_risk or not exists (select from kill_switches k where k.scope = 'user' and k.firebase_uid = r.firebase_uid))
       and not exists (select from card_snoozes z where z.firebase_uid = r.firebase_uid and z.rule_id = s.subject and z.until > now())
  ), ready as materialized (
    select * from wanted where cooldown_until is null or (cooldown_until <= now() and phase not in ('await_confirm', 'submit_order'))
  ), open as materialized (
    select u.firebase_uid, o.count, o.source_tags, o.symbols
      from (select distinct firebase_uid from ready) u
     cross join lateral (
       select count(*) as count, array_agg(q.source_tag) as source_tags, array_agg(coalesce(q.metadata ->> 'symbol', '')) as symbols
         from questions q where q.firebase_uid = u.firebase_uid and q.status = 'open'
     ) o
     where o.count > 0
  ), recent as materialized (
    -- What follows an answer is not another card.
    select u.firebase_uid, c.of_hour, c.of_day
      from (select distinct firebase_uid from ready where per_hour is not null or per_day is not null) u
     cross join lateral (
       select count(*) filter (where q.created_at > now() - interval '1 hour') as of_hour, count(*) as of_day
         from questions q where q.firebase_uid = u.firebase_uid and q.created_at > now() - interval '1 day' and q.follow_up_of is null
     ) c
  ), of_symbol as materialized (
    select r.*, o.count as open_count, row_number() over (partition by r.firebase_uid, r.symbol order by r.n) as nth_of_symbol
      from ready r left join open o using (firebase_uid)
     where (o.source_tags is null or r.source_tag <> all (o.source_tags))
       and (o.symbols is null or r.symbol is null or not r.one_per_symbol or r.symbol <> all (o.symbols))
  ), free as materialized (
    select s.*, gen_random_uuid() as question_id, l.of_hour, l.of_day, row_number() over (partition by s.firebase_uid order by s.n) as nth_now
      from of_symbol s left join recent l using (firebase_uid)
     where s.nth_of_symbol = 1 or s.symbol is null or not s.one_per_symbol
  ), taken as (
    insert into user_pipeline_state as p (firebase_uid, pipeline_key, subject, phase, question_id, cooldown_until)
    select firebase_uid, pipeline_key, subject, 'await_confirm', question_id, now() + cooldown_seconds * interval '1 second'
      from free
     where nth_now + coalesce(open_count, 0) <= max_open and (per_hour is null or nth_now + of_hour <= per_hour) and (per_day is null or nth_now + of_day <= per_day)
     order by firebase_uid, pipeline_key, subject
    on conflict (firebase_uid, pipeline_key, subject) do update
       set phase = excluded.phase, question_id = excluded.question_id, cooldown_until = excluded.cooldown_until, updated_at = now()
     where p.cooldown_until <= now() and p.phase not in ('await_confirm', 'submit_order')
    returning p.question_id
  ), asked as materialized (
    select f.*, row_number() over (partition by f.firebase_uid order by f.n) as nth, count(*) over (partition by f.firebase_uid) as of_user
      from taken join free f using (question_id)
  ), inserted as (
    insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata, expires_at)
    select question_id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata,
           now() + expires_in_seconds * interval '1 second'
      from asked
  ), recorded as materialized (
    select record_events(array_agg(firebase_uid order by n), array_agg('question_asked'::text order by n), array_agg(question_id order by n),
                         array_agg(null::uuid order by n), array_agg(jsonb_build_object('source_tag', source_tag) order by n)) as count
      from asked
  ), head as (
    insert into user_outbox_heads as h (firebase_uid, last_seq)
    select firebase_uid, of_user from asked where nth = 1 and (select count from recorded) > 0 order by firebase_uid
    on conflict (firebase_uid) do update set last_seq = h.last_seq + excluded.last_seq
    returning h.firebase_uid, h.last_seq
  ), told as (
    insert into user_outbox (firebase_uid, seq, kind, ref_id)
    select a.firebase_uid, h.last_seq - a.of_user + a.nth, 'question_asked', a.question_id from asked a join head h using (firebase_uid)
  ), stamped as (
    insert into user_trading_state as t (firebase_uid, last_eval_at)
    select firebase_uid, now() from asked where nth = 1 order by firebase_uid
    on conflict (firebase_uid) do update set last_eval_at = greatest(t.last_eval_at, excluded.last_eval_at)
  )
  select now() as at,
         (select coalesce(array_agg(n::int4), '{}') from asked) as asked,
         (select coalesce(json_agg(json_build_array(n, question_id)), '[]') from (select n, question_id from asked limit ${namedPerStatement}) as a) as named,
         (select coalesce(array_agg(n::int4 order by n), '{}') from wanted where cooldown_until > now()) as cooling,
         (select coalesce(array_agg(extract(epoch from cooldown_until)::float8 * 1000 order by n), '{}') from wanted where cooldown_until > now()) as cooling_until,
         (select pg_notify('nod_outbox', '') where exists (select from asked)) as told`;

/** What the transaction of an ask runs with: see above; memory for sorting ten thousand questions without a file; and no compiling of a plan that is dear only by its estimate, where a server of somebody's own has that switched on. */
export const askSettings = "set local enable_nestloop = off; set local work_mem = '64MB'; set local jit = off";

type AskRow = { at: Date; asked: number[]; cooling: number[]; cooling_until: number[]; named: [number, string][] };

/** A batch as it goes over the wire. Encoding tens of megabytes takes its time, which no transaction should wait for. */
export type EncodedBatch = { readonly parameters: readonly string[] };

/** Rows encoded at a stretch, between which others have their turn: some ten milliseconds. */
const stretch = 1_000;

/** So many rows of one parameter, as PostgreSQL writes an array. */
type Column<Row> = (rows: readonly Row[]) => string;

const shapeColumns: readonly Column<QuestionShape>[] = [
  (shapes) => textArray(shapes.map((shape) => shape.pipelineKey)),
  (shapes) => textArray(shapes.map((shape) => shape.subject)),
  (shapes) => textArray(shapes.map((shape) => shape.pipelineStep)),
  (shapes) => textArray(shapes.map((shape) => shape.sourceTag)),
  (shapes) => textArray(shapes.map((shape) => shape.questionText)),
  (shapes) => textArray(shapes.map((shape) => shape.kind)),
  (shapes) => plainArray(shapes.map((shape) => shape.correctAnswer)),
  (shapes) => jsonTextArray(shapes.map((shape) => shape.metadata)),
  (shapes) => plainArray(shapes.map((shape) => shape.cooldownSeconds)),
  (shapes) => plainArray(shapes.map((shape) => shape.expiresInSeconds)),
  (shapes) => textArray(shapes.map((shape) => shape.freshUntil.toISOString())),
  (shapes) => plainArray(shapes.map((shape) => shape.reducesRisk)),
  (shapes) => nullableTextArray(shapes.map((shape) => shape.symbol)),
  (shapes) => plainArray(shapes.map((shape) => shape.restraint.perHour)),
  (shapes) => plainArray(shapes.map((shape) => shape.restraint.perDay)),
  (shapes) => plainArray(shapes.map((shape) => shape.restraint.onePerSymbol)),
];

const recipientColumns: readonly Column<Recipient>[] = [
  (recipients) => textArray(recipients.map((recipient) => recipient.firebaseUid)),
  (recipients) => textArray(recipients.map((recipient) => recipient.ownRevision)),
  (recipients) => plainArray(recipients.map((recipient) => recipient.maxOpenQuestions)),
  (recipients) => plainArray(recipients.map((recipient) => recipient.shape + 1)),
];

export async function encodeBatch(shapes: readonly QuestionShape[], recipients: readonly Recipient[]): Promise<EncodedBatch> {
  return { parameters: [...(await encodeColumns(shapes, shapeColumns)), ...(await encodeColumns(recipients, recipientColumns))] };
}

async function encodeColumns<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Promise<string[]> {
  const parts = columns.map((): string[] => []);
  for (let start = 0; start < rows.length; start += stretch) {
    if (start > 0) await yieldToOthers();
    const some = rows.slice(start, start + stretch);
    for (const [n, column] of columns.entries()) parts[n]?.push(column(some).slice(1, -1));
  }
  return parts.map((each) => `{${each.join(",")}}`);
}

/** Asks inside the caller's transaction, which has the `askSettings` and the shard's turn. Who is not of the shard is not asked. */
export async function askQuestions(tx: Db, { parameters }: EncodedBatch, shard: UserShard = everybody): Promise<AskOutcome> {
  // Unnamed on purpose: a prepared statement would settle on one plan for ten recipients and for a hundred thousand.
  const { rows } = await tx.query<AskRow>(askSql, [...parameters, shard.of, shard.index]);
  const row = rows[0];
  if (row === undefined) throw new Error("a select without a condition returned no row");
  return {
    at: row.at,
    asked: row.asked.map((n) => n - 1),
    named: row.named.map(([n, questionId]) => ({ recipient: n - 1, questionId })),
    cooling: row.cooling.map((n, index) => ({ recipient: n - 1, untilMs: row.cooling_until[index] ?? 0 })),
  };
}
