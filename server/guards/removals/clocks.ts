/** Law 8: whose clock, whose day, which window. */
import type { Proof, Removal } from "../removal.ts";

const answers = (named: string): [Proof] => [{ file: "server/test/pipeline/answer.test.ts", named }];
const limits = (named: string): [Proof] => [{ file: "server/test/pipeline/guardrails.test.ts", named }];
const clock = (named: string): [Proof] => [{ file: "server/test/trading/whose-clock.test.ts", named }];
const days: [Proof] = [{ file: "server/src/core/trading-day.test.ts" }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 8 }, file, find, replace, tests });

const context = "server/src/trading/risk/risk-context-table.ts";

export const clocks: readonly Removal[] = [
  law("An answer after the question's time counts", "server/src/pipeline/answer.ts", "if (isExpired) return expire(tx, question, at);", "", answers("an answer after the question's time is told so, and closes it")),
  law("A question expires by this machine's clock", "server/src/pipeline/answer.ts", "if (isExpired) return expire", "if (question.expiresAt.getTime() <= Date.now()) return expire", clock("a question is answered in its time by the database's clock")),
  law("An approval is judged at the answer by this machine's clock", context, "    at: row.at,\n    asked", "    at: new Date(),\n    asked", clock("a question is answered in its time by the database's clock")),
  law("An approval is judged at the POST by this machine's clock", "server/src/trading/orders/claims-table.ts", "      at: row.at,\n      user", "      at: new Date(),\n      user", clock("an order is sent in its time by the database's clock")),
  law("Questions are closed before their time", "server/src/pipeline/questions-table.ts", "where status = 'open' and expires_at <= clock_timestamp()", "where status = 'open'", answers("what nobody answered in time is closed in bulk and told to each")),
  law("A question whose time is over is shown as open", "server/src/pipeline/questions-table.ts", "and q.status = 'open' and q.expires_at > now()", "and q.status = 'open'", clock("a question whose time is over is not among the open ones")),
  law("A day is not New York's", "server/src/core/trading-day.ts", 'const newYork = new Intl.DateTimeFormat("en-CA", { timeZone: "America/New_York"', 'const newYork = new Intl.DateTimeFormat("en-CA", { timeZone: "UTC"', days),
  law("An open market's day is not the broker's", "server/src/core/trading-day.ts", "clock.isOpen ? clock.nextClose : clock.timestamp", "clock.timestamp", days),
  law("The orders of a day are those of two", context, " and o.trading_day = s.trading_day and o.created_at > q.at - interval '48 hours') as orders_today", ") as orders_today", [{ file: "server/test/pipeline/what-counts.test.ts", named: "orders of another trading day do not count for this one" }]),
  law("The four hours do not roll", context, " and o.created_at > q.at - interval '4 hours'", "", answers("an order of five hours ago is not in the rolling window, and still in the day")),
  law("The minute does not roll", context, " and o.created_at > q.at - interval '1 minute'", "", limits("orders of the last minute count, whatever became of them")),
  law("An order counts for a day of its own making", "server/src/trading/orders/place-order.ts", "    tradingDay,\n", "    tradingDay: at.toISOString().slice(0, 10),\n", clock("an order belongs to the trading day that the broker named")),
  law("A lease that ran out is held by whoever had it", "server/src/db/lease.ts", "and fencing = $3::int8 and expires_at > clock_timestamp() for key share", "and fencing = $3::int8 for key share", [{ file: "server/test/db/lease.test.ts", named: "nobody has a lease that has run out" }]),
  law("A lease that ran out is renewed", "server/src/db/lease.ts", "and fencing = $3::int8 and expires_at > clock_timestamp()`,", "and fencing = $3::int8`,", [{ file: "server/test/db/lease.test.ts", named: "a lease that has run out is not renewed, even when nobody took it" }]),
];
