/** Law 11: setting, seeing, acting on and lifting it, and what sets it by itself. */
import type { Proof, Removal } from "../removal.ts";

const sending = (named: string): [Proof] => [{ file: "server/test/trading/submit.test.ts", named }];
const flatten = (named: string): [Proof] => [{ file: "server/test/trading/flatten.test.ts", named }];
const asking = (named: string): [Proof] => [{ file: "server/test/pipeline/ask.test.ts", named }];
const halts: [Proof] = [{ file: "server/src/trading/risk/halt-rules.test.ts" }];
const watch = (named: string): [Proof] => [{ file: "server/test/workers/watch-halts.test.ts", named }];
const soon = (named: string): [Proof] => [{ file: "server/test/workers/unannounced-kill-switch.test.ts", named }];

const itself = (named: string): [Proof] => [{ file: "server/test/trading/kill-switch.test.ts", named }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 11 }, file, find, replace, tests });

const claims = "server/src/trading/orders/claims-table.ts";
const context = "server/src/trading/risk/risk-context-table.ts";
const table = "server/src/trading/risk/kill-switch-table.ts";
const confirmations = "server/src/trading/risk/kill-switch-confirmations-table.ts";
const rules = "server/src/trading/risk/halt-rules.ts";
const watching = "server/src/workers/watch-halts.ts";

export const killSwitch: readonly Removal[] = [
  law("An answer does not see everyone's switch", context, "from kill_switches as k where k.scope = 'all' or k.firebase_uid = q.firebase_uid", "from kill_switches as k where k.firebase_uid = q.firebase_uid", sending("denies answers until it is cleared in its own scope")),
  law("An answer does not see the user's switch", context, "from kill_switches as k where k.scope = 'all' or k.firebase_uid = q.firebase_uid", "from kill_switches as k where k.scope = 'all'", sending("is not adopted, and halts the user")),
  law("The POST does not see everyone's switch", claims, "from kill_switches as k where k.scope = 'all' or k.firebase_uid = o.firebase_uid", "from kill_switches as k where k.firebase_uid = o.firebase_uid", itself("everyone's kill switch stops what was approved before it")),
  law("The POST does not see the user's switch", claims, "from kill_switches as k where k.scope = 'all' or k.firebase_uid = o.firebase_uid", "from kill_switches as k where k.scope = 'all'", sending("between the answer and the POST")),
  law("A user who is halted is asked about buying", "server/src/pipeline/ask-statement.ts", "(s.reduces_risk or not exists (select from kill_switches k where k.scope = 'user' and k.firebase_uid = r.firebase_uid))", "true", asking("nobody whose kill switch is on, except about selling")),
  law("Users are asked about buying while everyone is halted", "server/src/pipeline/ask-statement.ts", "(s.reduces_risk or not exists (select from kill_switches k where k.scope = 'all'))", "true", asking("nobody while the operator's is, except about selling")),
  law("A switch is not announced to the processes that send", table, "select pg_notify('nod_kill_switch', ''), pg_notify('nod_orders', '')", "select ''", soon("is announced to every process with its commit")),
  law("Where the announcement is lost, cancels wait for minutes", "server/src/workers/order-desk.ts", "cancelEveryMs: 1_000", "cancelEveryMs: 600_000", soon("what is at the broker is taken back")),
  law("Where the announcement is lost, orders that wait are looked at after minutes", "server/src/workers/submit.ts", "pollIntervalMs: 1_000", "pollIntervalMs: 600_000", soon("what waits is denied")),
  law("A switch that cancels takes nothing back", claims, "where k.mode in ('cancel_only', 'flatten') and", "where k.mode in ('flatten') and", sending("in the mode cancel_only takes back what is at the broker, asking once")),
  law("A switch that only blocks takes back what is at the broker", claims, "where k.mode in ('cancel_only', 'flatten') and", "where", itself("in the mode block_new leaves what is at the broker")),
  law("A cancel is asked for again at once", claims, "and (w.cancel_requested_at is null or w.cancel_requested_at <= clock_timestamp() - $2::int4 * interval '1 millisecond')", "and $2::int4 > 0", sending("in the mode cancel_only takes back what is at the broker, asking once")),
  law("A switch of one user takes back everyone's orders", claims, "(k.scope = 'all' or k.firebase_uid = w.firebase_uid)", "(k.scope = 'all' or k.firebase_uid is not null)", itself("takes nothing back of another user")),
  law("Everything is sold without a second confirmation", table, 'if (request.mode === "flatten" && !(await mayFlatten', 'if (request.mode === "flatten" && request.setBy === "" && !(await mayFlatten', sending("does not take flatten without a second confirmation")),
  law("A confirmation is good for another scope", confirmations, "and scope = $2::text and firebase_uid is not distinct from $3::text", "and $2::text <> '' and coalesce($3::text, '-') <> ''", flatten("is good once, for its scope, and for a minute")),
  law("A confirmation is good for ever", confirmations, " and expires_at > clock_timestamp()", "", flatten("is good once, for its scope, and for a minute")),
  law("A confirmation is good twice", confirmations, '"delete from kill_switch_confirmations where token', '"select from kill_switch_confirmations where token', flatten("is good once, for its scope, and for a minute")),
  law("Who lifts his own switch lifts everyone's", table, "delete from kill_switches where scope = $1::text and firebase_uid is not distinct from $2::text", "delete from kill_switches where scope <> $1::text || coalesce($2::text, '')", sending("denies answers until it is cleared in its own scope")),
  law("A position is sold twice by one switch", "server/src/trading/orders/exits-table.ts", "> 0 and not bool_or(o.is_open)", "> 0", itself("of one user closes positions of his alone, and none with an order at work")),
  law("A switch of one user sells everyone's positions", "server/src/trading/orders/exits-table.ts", "on (k.scope = 'all' or o.firebase_uid = k.firebase_uid) and", "on", itself("of one user closes positions of his alone, and none with an order at work")),
  law("Exits that the broker refuses are made without end", "server/src/workers/flatten-positions.ts", "attempts < limits.maxAttempts && ", "", flatten("tries again after a pause when the broker refused, under another id, and not for ever")),
  law("Exits that the broker refuses are made without a pause", "server/src/workers/flatten-positions.ts", " && context.at.getTime() - lastAttemptAt.getTime() >= pauseMs", "", flatten("tries again after a pause when the broker refused, under another id, and not for ever")),

  law("A day's loss halts nobody", rules, "if (of.result === null || of.limit === null || isLess(lossIn(of.result), of.limit)) return null;", "if (of.result === null || of.limit === null || of.limit !== null) return null;", halts),
  law("A fall from the day's best halts nobody", rules, "if (!isPositive(fall) || isLess(fall, of.limit)) return null;", "if (!isPositive(fall) || isPositive(fall)) return null;", halts),
  law("Rejections halt nobody", rules, "if (of.withinWindow < haltLimits.rejections) return null;", "if (of.withinWindow < Infinity) return null;", halts),
  law("A feed that is gone halts nobody", rules, "failingForSeconds >= haltLimits.marketDataGapSeconds", "failingForSeconds >= Infinity", halts),
  law("Books that are not compared halt nobody", rules, "haltLimits.notReconciledSeconds * 1_000) return null;", "Infinity) return null;", halts),
  law("Nobody looks whether the day's loss must halt", watching, "haltForDailyLoss({ result, limit: maxDailyLoss }) ?? haltForDrawdown", "haltForDrawdown", watch("by the day's loss, with the reason, and the next answer in any process is denied")),
  law("Nobody looks whether a fall must halt", watching, " ?? haltForDrawdown({ result, peak, limit: maxDrawdown })", "", watch("by the fall from the day's best, which every process remembers")),
  law("Nobody remembers the day's best", watching, "await raisePeaks(pool, days.flatMap(raisedPeak));", "", watch("by the fall from the day's best, which every process remembers")),
  law("Nobody looks whether rejections must halt", watching, "haltForRejections({ withinWindow: count })", "count < 0 ? haltForRejections({ withinWindow: count }) : null", watch("by five rejections within a minute, and not again for the same ones once it was lifted")),
  law("Nobody looks whether a feed is gone", watching, "haltForMarketDataGap({ marketIsOpen: market.isOpen, feeds: feeds() })", "haltForMarketDataGap({ marketIsOpen: market.isOpen, feeds: [] })", watch("by a feed that cannot be read while the market is open")),
  law("Nobody looks whether the books are compared", watching, 'await set({ scope: "all" }, haltForReconciliation(', 'await Promise.resolve(haltForReconciliation(', watch("by books that are not compared for the whole of the named time")),
];
