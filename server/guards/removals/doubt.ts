/** Law 2: the row before the POST, and what follows a POST that ended in neither yes nor no. */
import type { Proof, Removal } from "../removal.ts";

const sending = (named: string): [Proof] => [{ file: "server/test/trading/submit.test.ts", named }];
const failures: [Proof] = [{ file: "server/test/alpaca-failures.test.ts", named: "what a POST's ending means" }];
const states: [Proof] = [{ file: "server/src/trading/orders/order-state.test.ts" }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 2 }, file, find, replace, tests });

const submit = "server/src/workers/submit.ts";
const notFound = "server/src/workers/not-found.ts";
const ticket = "server/src/trading/orders/ticket.ts";
const applyEvent = "server/src/trading/orders/apply-broker-event.ts";

export const doubt: readonly Removal[] = [
  law("An approved order is not put on the books", "server/src/pipeline/trading-branch.ts", "...(approved === null ? [] : [placeOrder(tx, approved, at)]),", "", [{ file: "server/test/pipeline/answer.test.ts", named: "becomes one order on the books" }]),
  law("An order is sent before it is written that it is being sent", "server/src/workers/claim-orders.ts", "...changes.map(({ order, state }) => saveOrderState(tx, order.id, state)),", "...changes.filter(({ decision }) => decision.verdict === \"denied\").map(({ order, state }) => saveOrderState(tx, order.id, state)),", sending("is on the books before the POST begins")),
  law("An order has another id at the broker each time", "server/src/core/ids.ts", 'return `nod-${intentId.replaceAll("-", "")}`;', 'return `nod-${(intentId === "" ? "" : randomUUID()).replaceAll("-", "")}`;', [{ file: "server/test/pipeline/answer.test.ts", named: "becomes one order on the books" }]),
  law("An id that is longer than the broker takes fits into the database", "server/migrations/0004_orders.sql", " check (length(client_order_id) between 1 and 48)", "", [{ file: "server/test/trading/one-of-each.test.ts", named: "a client order id is no longer than the broker takes" }]),
  law("An id that is spent is taken for a no", "server/src/alpaca/call-failure.ts", "if (error.status === 422 && /client_order_id must be unique/i.test(error.message))", "if (error.status === 409 && /client_order_id must be unique/i.test(error.message))", failures),
  law("A server's error is taken for a no", "server/src/alpaca/call-failure.ts", "if ([400, 401, 403, 404, 422].includes(error.status))", "if (error.status >= 400)", failures),
  law("A connection that broke is taken for a POST that never left", "server/src/alpaca/call-failure.ts", 'return { kind: "unknown", reason: reasonOf(error) };', 'return { kind: "not_sent", reason: reasonOf(error) };', failures),
  law("An answer about another order is taken for ours, by the adapter", "server/src/alpaca/broker.ts", "if (read.clientOrderId !== ticket.clientOrderId) return", "if (read.clientOrderId === \"\") return", failures),
  law("An answer about another order is taken for ours, by whoever sends", submit, 'if (outcome.kind === "accepted" && outcome.order.clientOrderId !== order.clientOrderId)', 'if (outcome.kind === "accepted" && outcome.order.clientOrderId === "")', [{ file: "server/test/trading/outcome-in-doubt.test.ts", named: "answered with another order" }]),
  law("An adapter that throws is taken for a POST that never left", submit, 'return { kind: "unknown", reason: error instanceof Error ? error.name', 'return { kind: "not_sent", reason: error instanceof Error ? error.name', [{ file: "server/test/trading/outcome-in-doubt.test.ts", named: "whose adapter throws" }]),
  law("An unclear outcome is sent again", submit, '{ kind: "outcome_lost", reason: `it may or may not have arrived', '{ kind: "not_sent", reason: `it may or may not have arrived', sending("is looked up and adopted when the order is there")),
  law("An unclear outcome is given up", submit, '{ kind: "outcome_lost", reason: `it may or may not have arrived', '{ kind: "given_up", reason: `it may or may not have arrived', sending("is looked up and adopted when the order is there")),
  law("An id that is spent is taken for a refusal", submit, '{ kind: "outcome_lost", reason: "the broker says that it has it already', '{ kind: "refused", reason: "the broker says that it has it already', sending("of an id that is spent already is the same as found")),
  law("A clear no is sent again", submit, '{ kind: "refused", reason: `the broker refused it', '{ kind: "not_sent", reason: `the broker refused it', sending("a clear no is the broker's rejection, and is not repeated")),
  law("A POST that never leaves is made again without end", submit, "order.submitAttempts + 1 < limits.maxAttempts", "order.submitAttempts + 1 < Infinity", sending("a POST that never left is made again, a few times, and then given up")),
  law("An order that its process left behind is never looked up", submit, "await doubtAbandoned(deps, limits, abandonedAfterMs);", "", sending("of which nobody knows whether it left is looked up by the next process, not sent again")),
  law("An order that its process left behind is sent again", submit, 'await settleOrder(tx, order.id, { kind: "outcome_lost", reason }, { lookupInMs: limits.firstLookupDelayMs });', 'await settleOrder(tx, order.id, { kind: "not_sent", reason }, { submitInMs: 0 });', sending("of which nobody knows whether it left is looked up by the next process, not sent again")),
  law("A result that could not be written is forgotten", submit, "if (error instanceof DeskLost || attempt >= limits.maxWriteAttempts) return;", "return;", sending("whose acceptance cannot be written at once is written when the database is back, and is not sent again")),
  law("Not found is taken for not placed at once", "server/src/workers/resolve-unknown.ts", "|| inDoubtForMs < limits.blockedWhileNotFoundMs", "", sending("blocks the symbol while the order cannot be found")),
  law("An order in doubt blocks nothing", "server/migrations/0004_orders.sql", "('filled', 'canceled', 'expired', 'rejected', 'replaced', 'denied', 'not_placed')) stored", "('filled', 'canceled', 'expired', 'rejected', 'replaced', 'denied', 'not_placed', 'unknown')) stored", sending("blocks the symbol while the order cannot be found")),
  law("A broker that cannot be asked is taken for one that knows of nothing", "server/src/workers/resolve-unknown.ts", 'if (outcome.kind !== "not_found" ||', 'if (outcome.kind === "found" ||', sending("stays unknown while the broker cannot be asked, for however long")),
  law("An order that is found is not adopted", "server/src/workers/resolve-unknown.ts", 'if (outcome.kind === "found") await applyBrokerEvent', 'if (outcome.kind === "unavailable" && "order" in outcome) await applyBrokerEvent', sending("is looked up and adopted when the order is there")),
  law("An order is sent again and again while it cannot be found", notFound, "if (sentAgainAt !== null) return", 'if (symbol === "") return', sending("is sent once more only once")),
  law("An order is sent once more without being judged once more", notFound, "const denial = judge(due, { gateIsOpen: true, settings: deps.settings });", "const denial: Denial | null = null;", [{ file: "server/test/trading/outcome-in-doubt.test.ts", named: "and judged once more before it is given back to be sent" }]),
  law("An order is sent once more although the account shows an execution of nobody's", notFound, "if (hasStrangeFill) return", 'if (symbol === "") return', sending("is not sent again when the account shows an execution of nobody's")),
  law("An order is sent once more although the list of open orders has it", notFound, "if (found !== undefined) return { order: found, hasStrangeFill: false };", "", sending("is adopted from the list of open orders when only that knows it")),
  law("An execution of an order that was given up is nobody's for ever", "server/src/workers/reconcile-executions.ts", 'const isAdopted = applied.kind === "foreign" && (await', 'const isAdopted = applied.kind === "unchanged" && (await', sending("is not sent again when the account shows an execution of nobody's")),
  law("Another order under our id is adopted", applyEvent, "order.alpacaOrderId === null ? differenceFrom(order, word.order) : null;", "order.alpacaOrderId === \"\" ? differenceFrom(order, word.order) : null;", sending("is not adopted, and halts the user")),
  law("An order of another symbol under our id is adopted", ticket, "if (plainSymbol(found.symbol) !== plainSymbol(order.symbol))", "if (plainSymbol(found.symbol) === \"\")", sending("is not adopted, and halts the user")),
  law("An order of the other side under our id is adopted", ticket, "if (found.side !== order.side)", 'if (found.symbol === "")', sending("is not adopted, and halts the user")),
  law("An order of another amount under our id is adopted", ticket, "compare(found.notionalUsd, order.notionalUsd) !== 0", "false", sending("is not adopted, and halts the user")),
  law("An order of another number of shares under our id is adopted", ticket, "compare(found.qty, order.qty) !== 0", "false", [{ file: "server/src/trading/orders/ticket.test.ts" }]),
  law("Another order under our id halts nobody", applyEvent, "await haltUser(tx, order.firebaseUid, `order ${order.clientOrderId} at the broker", "if (order.firebaseUid === \"\") await haltUser(tx, order.firebaseUid, `order ${order.clientOrderId} at the broker", sending("is not adopted, and halts the user")),
  law("What was filled may become less", "server/src/trading/orders/order-state.ts", 'if (isLess(report.filledQty, state.filledQty)) return { kind: "unchanged" };', "", states),
  law("An order that has ended may come back", "server/src/trading/orders/order-state.ts", 'if (isEnded(state.status)) return next === "filled" && filledMore;', "", states),
  law("A word about another order changes ours", "server/src/trading/orders/order-state.ts", "if (report.alpacaOrderId !== state.alpacaOrderId) return", 'if (report.alpacaOrderId === "") return', states),
  law("A POST whose outcome is lost goes back to be sent", "server/src/trading/orders/order-state.ts", 'return from(state, event, ["submitting"], "unknown", event.reason);', 'return from(state, event, ["submitting"], "pending_submit", event.reason);', states),
];
