/** Laws 3 and 4: the lock, what the guardrails are shown at the answer and at the POST, and what is kept of their verdict. */
import type { Proof, Removal } from "../removal.ts";

const answers = (named: string): [Proof] => [{ file: "server/test/pipeline/answer.test.ts", named }];
const sending = (named: string): [Proof] => [{ file: "server/test/trading/submit.test.ts", named }];
const limits = (named: string): [Proof] => [{ file: "server/test/pipeline/guardrails.test.ts", named }];
const counts = (named: string): [Proof] => [{ file: "server/test/pipeline/what-counts.test.ts", named }];
const states: [Proof] = [{ file: "server/src/trading/orders/order-state.test.ts" }];
const decide: [Proof] = [{ file: "server/src/trading/risk/decide.test.ts" }];

const holds = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 3 }, file, find, replace, tests });
const kept = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 4 }, file, find, replace, tests });

const claims = "server/src/trading/orders/claims-table.ts";
const context = "server/src/trading/risk/risk-context-table.ts";

export const decisions: readonly Removal[] = [
  holds("Answers of one user are not taken one after the other", "server/src/db/user-lock.ts", "pg_advisory_xact_lock(hashtextextended('user:' || $1::text, 0)), ", "", answers("ten parallel answers under a limit of five make five orders")),
  holds("Nothing is looked at between the answer and the POST", "server/src/workers/claim-orders.ts", "denial: judge(each, of) }));", "denial: null }));", sending("between the answer and the POST")),
  holds("An order is judged and then waits for the broker's rate", "server/src/workers/submit.ts", "deps.gate.isOpen() && maySend", "deps.gate.isOpen()", [{ file: "server/test/trading/submit-many.test.ts", named: "what the broker's rate leaves no room for waits on the books" }]),
  holds("What is denied right before the POST is sent", "server/src/workers/claim-orders.ts", "const cleared = judged.filter((each) => each.denial === null);", "const cleared = judged;", sending("between the answer and the POST")),
  holds("The POST knows nothing of the user's switch", claims, "c.enabled and coalesce((c.config ->> 'enabled')::boolean, (t.config ->> 'enabled')::boolean) as user_enabled", "true as user_enabled", sending("between the answer and the POST")),
  holds("The POST knows nothing of the user's mode", claims, "coalesce(c.config ->> 'mode', t.config ->> 'mode') as user_mode", "o.mode as user_mode", sending("between the answer and the POST")),
  holds("The POST goes by the price of the question", claims, "l.price as last_price, l.as_of as last_as_of", "(i.facts ->> 'price')::numeric as last_price, l.as_of as last_as_of", sending("between the answer and the POST")),
  holds("The POST goes by no price's age", claims, "l.price as last_price, l.as_of as last_as_of", "l.price as last_price, clock_timestamp() as last_as_of", sending("between the answer and the POST")),
  holds("The POST takes the market for open", claims, "s.is_open as is_open_now", "true as is_open_now", sending("between the answer and the POST")),
  holds("The POST takes the market's state for heard just now", claims, "s.next_open, s.next_close, s.as_of as session_as_of", "s.next_open, s.next_close, clock_timestamp() as session_as_of", sending("between the answer and the POST")),
  holds("An answer goes by the config that is compiled in memory", context, "held?.revision === row.revision ? held.config", "held !== undefined ? held.config", counts("an older config in memory")),
  holds("An answer goes by a config that is switched off", context, "enabled: settings.enabled && row.enabled === true", "enabled: settings.enabled", answers("a user who is switched off is denied")),
  holds("The money of orders on their way is spent twice", context, "inFlightUsd: usd(row.in_flight)", 'inFlightUsd: usd("0")', counts("what is on its way is money that is spent already")),
  holds("What is being sold can be sold again", context, "openSellQty: quantity(row.open_sell_qty)", 'openSellQty: quantity("0")', counts("what is being sold cannot be sold again")),
  holds("Orders of others, and what they hold, count for a user", context, "where o.firebase_uid = $2::text and (o.filled_qty", "where (o.filled_qty", counts("orders of another user do not")),
  holds("An order that is open at the broker is not seen at the answer", context, "openOrdersOfSymbol: row.open_orders_of_symbol", "openOrdersOfSymbol: 0", answers("a second order for the symbol waits for the first")),
  holds("An answer that fails half-way keeps its first half", "server/src/db/pipelined-transaction.ts", 'inOnePacket(client, () => [client.query("begin"), work.read(tx)] as const)', 'inOnePacket(client, () => [client.query("select 1"), work.read(tx)] as const)', answers("an answer that fails half-way leaves nothing behind")),

  kept("The verdict of the answer is not kept", "server/src/pipeline/trading-branch.ts", 'insertDecision(tx, { intentId: intent.id, stage: "answer", decision, at }),', "", answers("is approved, denied and on no book, and both are kept with the limits")),
  kept("The verdict right before the POST is not kept", "server/src/workers/claim-orders.ts", '...changes.map(({ order, decision, at }) => insertDecision(tx, { intentId: order.intentId, stage: "submit", decision, at })),', "", sending("between the answer and the POST")),
  kept("A denial does not say by which limits", "server/src/trading/risk/decide.ts", "limits: { ...denial.limits } };", "limits: {} };", decide),
  kept("An approval does not say by which limits", "server/src/trading/risk/decide.ts", "limits: limitsSeen(riskCase) },", "limits: {} },", decide),
  kept("What we deny is called rejected", "server/src/trading/orders/order-state.ts", 'return from(state, event, ["pending_submit"], "denied", event.reason);', 'return from(state, event, ["pending_submit"], "rejected", event.reason);', states),
  kept("What the broker rejects is called denied", "server/src/trading/orders/order-state.ts", 'return from(state, event, ["submitting", "unknown"], "rejected", event.reason);', 'return from(state, event, ["submitting", "unknown"], "denied", event.reason);', states),
  kept("A denied order uses up the limits", "server/migrations/0004_orders.sql", "(status not in ('denied', 'not_placed', 'rejected')) stored", "(status not in ('not_placed', 'rejected')) stored", limits("orders of the last minute count, whatever became of them")),
  kept("A denial may be without a reason in the database", "server/migrations/0004_orders.sql", "decided_at timestamptz not null default now(),\n  check ((verdict = 'denied') = (code is not null))", "decided_at timestamptz not null default now()", [{ file: "server/test/trading/one-of-each.test.ts", named: "a denial has a reason, and an approval has none" }]),
];
