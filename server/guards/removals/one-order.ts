/** Law 1. The constraints are tried by themselves: what the code does before them would hide that one is gone. */
import type { Proof, Removal } from "../removal.ts";

const constraints = (named: string): [Proof] => [{ file: "server/test/trading/one-of-each.test.ts", named }];
const answers = (named: string): [Proof] => [{ file: "server/test/pipeline/answer.test.ts", named }];
const asking = (named: string): [Proof] => [{ file: "server/test/pipeline/ask.test.ts", named }];
const sending = (named: string): [Proof] => [{ file: "server/test/trading/submit.test.ts", named }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 1 }, file, find, replace, tests });

export const oneOrder: readonly Removal[] = [
  law("A question may have two answers in the database", "server/migrations/0003_questions.sql", "question_id uuid primary key references questions on delete cascade", "question_id uuid references questions on delete cascade", constraints("a question has one answer")),
  law("A question may be followed up twice in the database", "server/migrations/0003_questions.sql", "create unique index questions_one_follow_up", "create index questions_one_follow_up", constraints("a question has one follow-up")),
  law("A rule may ask twice at once in the database", "server/migrations/0003_questions.sql", "create unique index questions_one_open_per_source", "create index questions_one_open_per_source", constraints("a rule has one open question")),
  law("A question may have two intents in the database", "server/migrations/0004_orders.sql", "check (origin in ('rule')),\n  question_id uuid unique references", "check (origin in ('rule')),\n  question_id uuid references", constraints("a question has one intent")),
  law("An intent may have two orders in the database", "server/migrations/0004_orders.sql", "intent_id uuid not null unique references", "intent_id uuid not null references", constraints("an intent has one order")),
  law("A question may have two orders in the database", "server/migrations/0004_orders.sql", "references trade_intents,\n  question_id uuid unique references", "references trade_intents,\n  question_id uuid references", constraints("a question has one order")),
  law("Two orders may have one id at the broker in the database", "server/migrations/0004_orders.sql", "client_order_id text not null unique check", "client_order_id text not null check", constraints("a client order id names one order")),
  law("Two orders may be one order of the broker's in the database", "server/migrations/0004_orders.sql", "alpaca_order_id text unique", "alpaca_order_id text", constraints("an order of the broker's is one order here")),
  law("An intent may be decided twice at the answer in the database", "server/migrations/0004_orders.sql", "create unique index risk_decisions_one_at_the_answer", "create index risk_decisions_one_at_the_answer", constraints("an intent is decided once at the answer")),
  law("An answer does not lock its question, which may expire meanwhile", "server/src/pipeline/questions-table.ts", "      for update of q`,", "      `,", constraints("a question that is being answered does not expire")),
  law("An answer is taken although the question is closed", "server/src/pipeline/answer.ts", 'if (question.status !== "open") return', 'if (question.status === "rejected") return', answers("another answer to a closed question is told its outcome")),
  law("The same answer again is told something else", "server/src/pipeline/answer.ts", "if (given?.answer === value) return", "if (given?.answer === value + 1) return", answers("a thousand replays of an answer at once are told the same")),
  law("A replay is told a result made anew", "server/migrations/0003_questions.sql", "result json not null", "result jsonb not null", answers("a thousand replays of an answer at once are told the same")),
  law("Answering leaves the question open", "server/src/pipeline/questions-table.ts", "update questions set status = $2::text, closed_at = $3::timestamptz where id = $1::uuid and status = 'open'", "select $2::text, $3::timestamptz", answers("becomes one order on the books, told of in the outbox and in the log")),
  law("Two processes take up the same order to send it", "server/src/trading/orders/claims-table.ts", "  limit $1::int4\n  for update of o skip locked`;", "  limit $1::int4`;", constraints("an order that one process is taking up is not taken up by another")),
  law("An order that was taken up can be taken up again", "server/src/trading/orders/order-state.ts", 'return from(state, event, ["pending_submit"], "submitting", null);', 'return from(state, event, ["pending_submit", "submitting", "unknown"], "submitting", null);', [{ file: "server/src/trading/orders/order-state.test.ts" }]),
  law("An execution that is told twice is recorded as two", "server/src/trading/orders/fills-table.ts", "return rowCount === 1;", "return rowCount !== null;", sending("goes to the broker once, with the id that was committed before, and is filled by the stream")),
  law("A rule asks again while its question is open", "server/src/pipeline/ask-statement.ts", "     where p.cooldown_until <= now() and p.phase not in ('await_confirm', 'submit_order')\n", "", asking("the statement itself asks once, also without the lock that takes asks in turn")),
  law("Two processes that ask at once do not ask one after the other", "server/migrations/0039_asks-by-shard.sql", "  perform pg_advisory_xact_lock(7011982, wanted_shards * 64 + shard);\n", "", asking("never ask twice, and never exceed the limit between them")),
  law("Workers that split users in two ways ask side by side", "server/migrations/0039_asks-by-shard.sql", "      perform from ask_split where shards = wanted_shards for share;\n      exit when found;\n", "      exit;\n", asking("waits for its turn, and exceeds no limit")),
  law("Two who change how users are split wait for each other for good", "server/migrations/0039_asks-by-shard.sql", "      raise serialization_failure;\n", "", asking("turns of three splits that a dozen take at once, again and again, never wait for each other for good")),
  law("Whoever has a shard's turn asks users of other shards", "server/src/pipeline/ask-statement.ts", "       and ($21::int4 = 1 or user_shard(r.firebase_uid, $21::int4) = $22::int4)\n", "", asking("nobody of another shard is asked, whoever thinks so")),
  law("What was asked about is asked about again because what came after it could not be", "server/src/workers/evaluate-and-ask.ts", "      pending = pending.filter((firing) => !asked.has(firing));\n", "", [{ file: "server/test/workers/tick-conditions.test.ts", named: "that was asked about before the database went away is not asked about again with those that were not" }]),
  law("A user is asked any number of questions at once", "server/src/pipeline/ask-statement.ts", "where nth_now + coalesce(open_count, 0) <= max_open and", "where", asking("nobody above the limit of open questions")),
];
