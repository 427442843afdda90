/** Law 9: each call to the broker moved into a transaction. */
import type { Proof, Removal } from "../removal.ts";

const calls = (named: string): [Proof] => [{ file: "server/test/trading/no-call-in-a-transaction.test.ts", named }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 9 }, file, find, replace, tests });

export const outsideTransactions: readonly Removal[] = [
  law("The POST holds a transaction", "server/src/workers/submit.ts", "const outcome = await submitOnce(deps.broker, order, limits.postTimeoutMs);", "const outcome = await fencedTransaction(deps.pool, deps.fence, () => submitOnce(deps.broker, order, limits.postTimeoutMs));", calls("sending")),
  law("A look-up holds a transaction", "server/src/workers/resolve-unknown.ts", "const outcome = await lookUp(deps.broker, each.order, limits.lookupTimeoutMs);", "const outcome = await fencedTransaction(deps.pool, deps.fence, () => lookUp(deps.broker, each.order, limits.lookupTimeoutMs));", calls("looking up")),
  law("The last look at the account holds a transaction", "server/src/workers/not-found.ts", "const seen = await lookAtAccount(deps, order, of.callTimeoutMs);", "const seen = await fencedTransaction(deps.pool, deps.fence, () => lookAtAccount(deps, order, of.callTimeoutMs));", calls("giving up")),
  law("A cancel holds a transaction", "server/src/workers/cancel-halted.ts", "const outcome = await deps.broker.cancel(order.alpacaOrderId, AbortSignal.timeout(limits.cancelTimeoutMs));", 'const outcome = await fencedTransaction(deps.pool, deps.fence, () => deps.broker.cancel(order.alpacaOrderId ?? "", AbortSignal.timeout(limits.cancelTimeoutMs)));', calls("taking back")),
  law("The comparison reads the clock in a transaction", "server/src/workers/reconcile.ts", "await broker.clock(signal());", "await fencedTransaction(pool, fence, () => broker.clock(signal()));", calls("comparing")),
  law("The comparison reads open orders in a transaction", "server/src/workers/reconcile.ts", "const open = await broker.openOrders(signal());", "const open = await fencedTransaction(pool, fence, () => broker.openOrders(signal()));", calls("comparing")),
  law("The comparison reads positions in a transaction", "server/src/workers/reconcile-positions.ts", "const positions = await broker.positions(signal);", "const positions = await fencedTransaction(pool, fence, () => broker.positions(signal));", calls("comparing")),
  law("The comparison reads executions in a transaction", "server/src/workers/reconcile-executions.ts", "const activities = await deps.broker.fillActivities(after, deps.signal);", 'const held = await deps.pool.connect();\n  await held.query("begin");\n  const activities = await deps.broker.fillActivities(after, deps.signal);\n  await held.query("commit");\n  held.release();', calls("comparing")),
];
