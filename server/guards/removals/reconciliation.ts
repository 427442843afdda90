/** Law 10: the gate, and what opens it. */
import type { Proof, Removal } from "../removal.ts";

const books = (named: string): [Proof] => [{ file: "server/test/trading/reconcile.test.ts", named }];

const incomplete = (named: string): [Proof] => [{ file: "server/test/trading/incomplete-comparison.test.ts", named }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 10 }, file, find, replace, tests });

const reconcile = "server/src/workers/reconcile.ts";

export const reconciliation: readonly Removal[] = [
  law("The gate is open from the start", "server/src/workers/reconciled-gate.ts", "let isOpen = false;", "let isOpen = true;", books("nothing is sent before the books have been compared, and then it is")),
  law("Orders are sent whether the gate is open or not", "server/src/workers/submit.ts", "gateIsOpen: deps.gate.isOpen()", "gateIsOpen: true", books("nothing is sent before the books have been compared, and then it is")),
  law("A comparison that failed opens the gate", reconcile, "      deps.observer.failed(error);\n      return false;", "      deps.gate.open(closings);\n      deps.observer.failed(error);\n      return false;", books("nothing is sent before the books have been compared, and then it is")),
  law("A stream that connects leaves the gate open", "server/src/workers/trade-stream.ts", "deps.gate.close();", "", books("each connect of the trade stream closes the gate until the books have been compared again")),
  law("A stream that connects does not have the books compared", "server/src/workers/trade-stream.ts", "          deps.observer.connected();\n          deps.reconcile();", "          deps.observer.connected();", books("each connect of the trade stream closes the gate until the books have been compared again")),
  law("A comparison from before the stream was lost opens the gate", "server/src/workers/reconciled-gate.ts", "if (isOpen || asOf !== closings) return;", "if (isOpen) return;", books("a comparison that began before the stream was lost does not open the gate")),
  law("Orders in doubt are not looked up by a comparison", reconcile, "if (!(await unknowns.lookUpAll())) throw", "if (pool.ended) throw", incomplete("an order in doubt that the list of open ones leaves out")),
  law("A comparison goes through although an order in doubt could not be looked up", reconcile, "if (!(await unknowns.lookUpAll())) throw", "if ((await unknowns.lookUpAll()) === undefined) throw", incomplete("an order in doubt could not be looked up")),
  law("A comparison goes through although an order could not be polled", reconcile, 'if (found.kind === "unavailable") throw new BrokerUnavailableError(`an order could not be polled', 'if (found.kind === "unavailable") continue; if (pool.ended) throw new BrokerUnavailableError(`an order could not be polled', incomplete("an order of ours could not be polled")),
  law("Executions are not read by a comparison", "server/src/workers/reconcile-executions.ts", "await deps.broker.fillActivities(after, deps.signal);", "(await deps.broker.fillActivities(after, deps.signal)).slice(0, 0);", books("a fill that the stream never told of is found, once")),
  law("Executions of a long absence are not read", reconcile, "lastSuccess = await lastReconciledAt(deps.pool);", "", books("executions from before a long absence are found by the process that comes after it")),
  law("Executions of what was in doubt are not read again", reconcile, "lackingSince = inDoubtSince;", "lackingSince = null;", books("executions that came while their order was still being sent are read again by")),
  law("A process that begins does not look for executions that are lacking", reconcile, "lackingSince = await oldestLackingFills(deps.pool);", "", books("executions that came while their order was still being sent are read again by")),
  law("An event that could not be taken in is forgotten", "server/src/workers/trade-stream.ts", "      deps.observer.failed(error);\n      deps.reconcile();", "      deps.observer.failed(error);", incomplete("an event that could not be taken in")),
  law("Answers count although the books were never compared", "server/src/trading/portfolio/accounts-table.ts", "update broker_accounts set reconciled_at = clock_timestamp() where id = $1::text", "update broker_accounts set reconciled_at = reconciled_at where id = $1::text", books("an answer is denied when the books have not been compared for too long")),
];
