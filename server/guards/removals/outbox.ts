/** Law 12: the outbox, in the transaction of what it tells, and the way from there to every device. */
import type { Proof, Removal } from "../removal.ts";

const answers = (named: string): [Proof] => [{ file: "server/test/pipeline/answer.test.ts", named }];
const together = (named: string): [Proof] => [{ file: "server/test/trading/told-together.test.ts", named }];
const table = (named: string): [Proof] => [{ file: "server/test/trading/outbox.test.ts", named }];
const hub = (named: string): [Proof] => [{ file: "server/test/realtime/questions-hub.test.ts", named }];
const delivery = (named: string): [Proof] => [{ file: "server/test/realtime/outbox-delivery.test.ts", named }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 12 }, file, find, replace, tests });

const rows = "server/src/trading/outbox/outbox-table.ts";
const push = "server/src/realtime/outbox-delivery.ts";

export const outbox: readonly Removal[] = [
  law("An answer is told to nobody", "server/src/pipeline/answer.ts", "      appendToOutboxSilently(tx, told),", "", answers("becomes one order on the books, told of in the outbox and in the log")),
  law("A question that expires at its answer is told to nobody", "server/src/pipeline/answer.ts", '      appendToOutboxSilently(tx, [{ firebaseUid: question.firebaseUid, kind: "question_closed", refId: question.id }]),', "", answers("an answer after the question's time is told so, and closes it")),
  law("A question that nobody answered in time is told to nobody", "server/src/pipeline/expire.ts", "await appendToOutbox(tx, questions", "await appendToOutbox(tx, questions.filter(() => false)", answers("what nobody answered in time is closed in bulk and told to each")),
  law("What expires is told outside the transaction that closes it", "server/src/pipeline/expire.ts", "await appendToOutbox(tx, questions", "await appendToOutbox(pool, questions", together("what expires is told with it")),
  law("A change of an order is told to nobody", "server/src/trading/orders/announce.ts", "appendToOutbox(tx, orders.map(", "appendToOutbox(tx, orders.filter(() => false).map(", together("an order's change is told with it")),
  law("A change of an order is told outside the transaction that makes it", "server/src/workers/claim-orders.ts", "announceOrders(tx, changes", "announceOrders(pool, changes", together("an order's change is told with it")),
  law("A question is asked without its place in the outbox", "server/src/pipeline/ask-statement.ts", "'question_asked', a.question_id from asked a join head h using (firebase_uid)", "'question_asked', a.question_id from asked a join head h using (firebase_uid) where false", [{ file: "server/test/pipeline/ask.test.ts", named: "with its state, its place in the outbox, its event, and the facts that it rests on" }]),
  law("The numbers of users who are told together begin anew", rows, "h.last_seq + excluded.last_seq\n        returning h.firebase_uid", "greatest(h.last_seq, excluded.last_seq)\n        returning h.firebase_uid", table("writers at the same time leave no gap")),
  law("The numbers of a user who is told alone begin anew", rows, "h.last_seq + excluded.last_seq\n        returning h.last_seq", "greatest(h.last_seq, excluded.last_seq)\n        returning h.last_seq", table("each user's numbers count up by one, in the order given")),
  law("Two rows of one user may have one number in the database", "server/migrations/0003_questions.sql", "created_at timestamptz not null default now(),\n  primary key (firebase_uid, seq)", "created_at timestamptz not null default now()", [{ file: "server/test/trading/one-of-each.test.ts", named: "a number of a user's outbox is given once" }]),
  law("Entries are numbered in any order", rows, "row_number() over (partition by e.firebase_uid order by e.position)", "row_number() over (partition by e.firebase_uid order by e.position desc)", table("each user's numbers count up by one, in the order given")),
  law("A reader is told again what it saw", rows, "and user_outbox.seq > wanted.after_seq", "and user_outbox.seq >= wanted.after_seq", table("a reader is told what comes after what it saw, so much at a time")),
  law("An acknowledgement goes back", rows, "set acked_seq = greatest(acked_seq, least($2::int8, last_seq))", "set acked_seq = least($2::int8, last_seq)", table("an acknowledgement neither goes back nor ahead of what was told")),
  law("An acknowledgement runs ahead of what was told", rows, "greatest(acked_seq, least($2::int8, last_seq))", "greatest(acked_seq, least($2::int8, last_seq + 1000)), last_seq = greatest(last_seq, $2::int8)", table("an acknowledgement neither goes back nor ahead of what was told")),
  law("What was not acknowledged is dropped", rows, "where o.seq <= h.acked_seq and", "where", table("what was acknowledged long ago is dropped, what was not is kept")),
  law("A device is sent again what it was sent", push, "place.isLive && place.sentSeq < message.seq", "place.isLive", hub("replays and pushes at the same time neither lose, repeat nor reorder anything")),
  law("What was missed is not replayed", push, "await tellOpenQuestions(place, uid, await replay(place, uid));", "await tellOpenQuestions(place, uid, new Set());", hub("all that was missed is told, what expired meanwhile says so, and then what is open")),
  law("What is open is not told after an absence", push, "await tellOpenQuestions(place, uid, await replay(place, uid));", "await replay(place, uid);", hub("what was acknowledged and dropped leaves open questions to be told all the same")),
  law("A replay ends after its first reading", push, "rows === null || rows.length === rowsPerReplayRead; )", "rows === null; )", hub("a long absence is replayed in full, in order")),
  law("A number of the future is believed", push, "place.sentSeq = Math.min(lastSeq ?? head.lastSeq, head.lastSeq);", "place.sentSeq = lastSeq ?? head.lastSeq;", hub("a number from the future is answered with the real one")),
  law("A push of more than is read at once ends there", push, "if (messages.length < rowsPerUser) return;", "if (messages.length >= 0) return;", delivery("of more than is read at once arrives whole")),
  law("A reading that failed is not repeated", push, "        isAwake = true;\n        await sleep(retryMs", "        await sleep(retryMs", delivery("goes on after the database failed, without a gap and without a repetition")),
  law("A client that never asks is told nothing", "server/src/realtime/hub-methods.ts", "      graceOf.set(connection.id, setTimeout(startAnyway, syncGraceMs));\n    },", "    },", hub("reaches also a client that never calls Sync, from its connection on")),
];
