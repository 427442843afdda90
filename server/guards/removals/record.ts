/** Law 13: what is written of every order, and what keeps it as it was written. */
import type { Proof, Removal } from "../removal.ts";

const sending = (named: string): [Proof] => [{ file: "server/test/trading/submit.test.ts", named }];
const chain = (named: string): [Proof] => [{ file: "server/test/trading/event-chain.test.ts", named }];
const story: [Proof] = [{ file: "server/test/trading/order-story.test.ts" }];
const answers = (named: string): [Proof] => [{ file: "server/test/pipeline/answer.test.ts", named }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 13 }, file, find, replace, tests });

const logTables = "server/migrations/0030_events-by-month.sql";
const partitions = "server/migrations/0029_snapshots-by-day.sql";
const chainTables = "server/migrations/0007_event-chain.sql";
const walk = "server/src/trading/audit/verify-chains.ts";
const branch = "server/src/pipeline/trading-branch.ts";
const traced = sending("can be traced from its answer to its fill, with who gave it");
const touched = chain("a chain that somebody touched is found");

export const record: readonly Removal[] = [
  law("The log does not say who gave an answer", "server/src/pipeline/answer.ts", "data: { answer: value, outcome, via: meta.via, request_id: meta.requestId }", "data: { answer: value, outcome }", traced),
  law("An answer is in no log", "server/src/pipeline/answer.ts", "      recordEvents(tx, storyOf(closing)),", "", traced),
  law("A closing by time is in no log", "server/src/pipeline/expire.ts", "await recordEvents(tx, questions", "await recordEvents(tx, questions.filter(() => false)", [{ file: "server/test/trading/told-together.test.ts", named: "what expires is told with it" }]),
  law("An intent does not keep the facts that it rests on", "server/src/trading/orders/intents-table.ts", "JSON.stringify({ ...intent.background, ...facts })", "JSON.stringify(facts)", traced),
  law("An intent is not logged", branch, '{ ...of, kind: "intent_proposed"', '...[].map(() => of), { ...of, kind: "order_approved"', traced),
  law("An order does not say of which rule it came", "server/src/trading/orders/place-order.ts", "    ruleId: intent.ruleId,", "    ruleId: null,", [{ file: "server/test/trading/one-of-each.test.ts", named: "an order names its question, its rule and its intent" }]),
  law("An order does not say of which question it came", "server/src/trading/orders/place-order.ts", "    questionId: intent.questionId,", "    questionId: null,", answers("becomes one order on the books")),
  law("Taking an order up is not logged", "server/src/workers/claim-orders.ts", "changes.map(({ event }) => event)", "changes.flatMap(({ event }) => (event.kind === \"order_submitting\" ? [] : [event]))", traced),
  law("What the broker says is not logged", "server/src/trading/orders/apply-broker-event.ts", "await announce(tx, [saved], events);\n  return { kind: \"changed\"", "await announce(tx, [saved], []);\n  return { kind: \"changed\"", traced),
  law("A fill is not logged", "server/src/trading/orders/apply-broker-event.ts", "isNewFill ? [fillEvent(order, execution, word.source)] : []", "isNewFill ? [] : []", traced),
  law("A look-up is not logged", "server/src/workers/resolve-unknown.ts", "await recordEvents(tx, [eventOf(order, \"order_looked_up\"", "if (order.id === \"\") await recordEvents(tx, [eventOf(order, \"order_looked_up\"", [{ file: "server/test/trading/outcome-in-doubt.test.ts", named: "its look-ups are in the log" }]),
  law("What becomes of a POST is not logged", "server/src/trading/orders/settle-order.ts", "await announce(tx, [saved], [eventOf(saved, recordedAs[event.kind], { from: order.status, reason: event.reason, ...along.data })]);", "await announce(tx, [saved], []);", sending("blocks the symbol while the order cannot be found")),
  law("A cancel is not logged", "server/src/workers/cancel-halted.ts", 'recordEvents(tx, [eventOf(order, "cancel_requested", { outcome, because: "kill_switch" })])', "recordEvents(tx, [])", [{ file: "server/test/trading/kill-switch.test.ts", named: "its setting and its lifting are in the log" }]),
  law("The setting of a kill switch is not logged", "server/src/trading/risk/kill-switch-table.ts", 'data: { scope: scope.scope, mode: request.mode, reason: request.reason, set_by: request.setBy } }]);', 'data: { scope: scope.scope } }].slice(1));', [{ file: "server/test/trading/kill-switch.test.ts", named: "its setting and its lifting are in the log" }]),
  law("The lifting of a kill switch is not logged", "server/src/trading/risk/kill-switch-table.ts", 'data: { scope: scope.scope, cleared_by: clearedBy } }]);', 'data: { scope: scope.scope, cleared_by: clearedBy } }].slice(1));', [{ file: "server/test/trading/kill-switch.test.ts", named: "its setting and its lifting are in the log" }]),
  law("The story of an order leaves its question out", "server/src/trading/audit/events-table.ts", "and (e.order_id = o.id or e.question_id in (o.question_id, q.follow_up_of))", "and e.order_id = o.id", story),
  law("The story of an order leaves the facts out", "server/src/trading/audit/order-story.ts", "...(question === null ? [] : prologueOf(question)), ", "", story),
  law("The story of an order whose older part is in an archive looks whole", "server/src/trading/audit/order-story.ts", "...(archivedBefore === null ? [] : [gapBefore(archivedBefore)]), ", "", [{ file: "server/test/trading/order-story.test.ts", named: "a story whose older part has gone to an archive" }]),

  law("The owner of the log can change what is in it", logTables, "before update or delete on events for each row execute", "before update or delete on events for each row when (false) execute", chain("for the owner, by trigger")),
  law("The owner of the log can empty it", partitions, "execute format('create trigger events_no_truncate before truncate on %I for each statement execute function refuse_event_change()', part);", "", chain("for the owner, by trigger")),
  law("The application can write into the log beside its function", logTables, "grant select on events to nod_app, nod_web;", "grant select on events to nod_web; grant all on events to nod_app;", chain("for the application, by privilege")),
  law("An event is not chained to the one before it", chainTables, "return sha256(coalesce(hash, before) || digest);", "return sha256(digest);", chain("are one for each user and one for everybody")),
  law("A few events of one user are not chained to the one before them", "server/migrations/0016_one-users-events.sql", "last_hash := sha256(last_hash || substr(", "last_hash := sha256(substr(", chain("are one for each user and one for everybody")),
  law("An event's hash leaves out what it says", chainTables, "'\\x1f' || data || e'\\x1f' ||", "'\\x1f' || '{}' || e'\\x1f' ||", chain("are one for each user and one for everybody")),
  law("Two events may have one place in a chain in the database", partitions, "execute format('create unique index on %I (firebase_uid, place) nulls not distinct', part);", "", [{ file: "server/test/trading/one-of-each.test.ts", named: "a place in a chain is taken once" }]),
  law("The application can rewrite what was said of executions", "server/migrations/0015_busts-and-corrections.sql", "grant select, insert on fill_amendments to nod_app;", "grant select, insert, update, delete on fill_amendments to nod_app;", [{ file: "server/test/trading/busts.test.ts", named: "the evidence stays: executions and what was said of them are added to and never rewritten" }]),
  law("The application can rewrite executions, answers and decisions", "server/migrations/0005_application-role.sql", "grant select, insert on market_data_snapshots, answers", "grant select, insert, update, delete on market_data_snapshots, answers", [{ file: "server/test/trading/busts.test.ts", named: "the evidence stays: executions and what was said of them are added to and never rewritten" }]),
  law("A gap in a chain is not found", walk, "if (Number(link.place) !== before.place + 1) return", "if (Number(link.place) < 0) return", touched),
  law("An event that does not follow the one before it is not found", walk, "if (link.hash_before !== before.hash) return", 'if (link.hash_before === "") return', touched),
  law("An event that says something else is not found", walk, "if (link.digested !== null && link.hash !== eventHash(", "if (link.digested === \"\" && link.hash !== eventHash(", touched),
  law("Events exchanged in their places are not found", walk, "if (before.id !== null && link.id !== null && BigInt(link.id) <= BigInt(before.id)) return", 'if (link.id === "") return', chain("an event that was written again later, in its old place and with its old hash")),
  law("A chain that ends too early is not found", walk, "else if (Number(head.length) !== place.place) broken", "else if (Number(head.length) < 0) broken", touched),
  law("A last event rewritten with its hash is not found", walk, "else if (head.hash !== place.hash) broken", 'else if (head.hash === "") broken', touched),
  law("A chain without a head is not found", walk, 'if (head === undefined) broken(place.chain, place.place, place.id, "the chain has no head");', "if (head === undefined) return;", touched),
  law("A chain of which nothing is left is not found", walk, "for (const { chain, length } of heads.values()) broken", 'for (const { chain, length } of heads.values()) if (chain === "?") broken', chain("all of it removed, the one of everybody too")),
];
