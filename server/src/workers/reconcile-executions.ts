/** What the account's activities tell of executions: those that the stream did not, and what was said of them afterwards. */
import type { Pool } from "../db/pool.ts";
import type { AppliedWord, BrokerWord } from "../trading/orders/apply-broker-event.ts";
import { givenUpOrders } from "../trading/orders/claims-table.ts";
import { unknownExecutions } from "../trading/orders/fills-table.ts";
import { orderByAlpacaId } from "../trading/orders/orders-table.ts";
import { BrokerUnavailableError, type AmendmentActivity, type BrokerPort, type FillActivity } from "../trading/ports.ts";

export type ExecutionsDeps = {
  pool: Pool;
  broker: BrokerPort;
  apply: (word: BrokerWord) => Promise<AppliedWord>;
  count: (word: BrokerWord, applied: AppliedWord) => void;
  signal: () => AbortSignal;
};

/** @throws BrokerUnavailableError, and the database's errors */
export async function reconcileExecutions(deps: ExecutionsDeps, after: Date): Promise<void> {
  const activities = await deps.broker.fillActivities(after, deps.signal);
  // Nearly all are known: what is read reaches back past the last comparison.
  const unknown = await unknownExecutions(deps.pool, activities);
  for (const activity of unknown) await (isAmendment(activity) ? takeAmendment(deps, activity) : takeFill(deps, activity));
}

const isAmendment = (activity: FillActivity | AmendmentActivity): activity is AmendmentActivity => "kind" in activity;

async function takeFill(deps: ExecutionsDeps, fill: FillActivity): Promise<void> {
  const word: BrokerWord = { kind: "fill", source: "reconciliation", fill };
  const applied = await deps.apply(word);
  // Nobody's, as it seems: but an order that could not be found, and was given up, may have been there all the while.
  const isAdopted = applied.kind === "foreign" && (await adoptGivenUp(deps, fill));
  deps.count(word, isAdopted ? await deps.apply(word) : applied);
}

/** What became of the order is not in the activity: it may be at work again, and is asked for. */
async function takeAmendment(deps: ExecutionsDeps, amendment: AmendmentActivity): Promise<void> {
  const order = await orderByAlpacaId(deps.pool, amendment.alpacaOrderId);
  const found = order === null ? null : await deps.broker.findByClientOrderId(order.clientOrderId, deps.signal());
  if (found?.kind === "unavailable") throw new BrokerUnavailableError(`an order whose execution was changed could not be polled: ${found.reason}`);
  const word: BrokerWord =
    found?.kind === "found"
      ? { kind: "order", source: "poll", order: found.order, execution: null, amendment, event: amendment.kind }
      : { kind: "amendment", source: "reconciliation", amendment };
  deps.count(word, await deps.apply(word));
}

/** Looks up the orders that were given up and that an execution may be of; true when one of them turned out to be its order. */
async function adoptGivenUp({ pool, broker, apply, signal }: ExecutionsDeps, fill: FillActivity): Promise<boolean> {
  for (const order of await givenUpOrders(pool, { symbol: fill.symbol, side: fill.side, before: fill.executedAt })) {
    const found = await broker.findByClientOrderId(order.clientOrderId, signal());
    if (found.kind === "unavailable") throw new BrokerUnavailableError(`an order that was given up could not be looked up: ${found.reason}`);
    if (found.kind !== "found") continue;
    await apply({ kind: "order", source: "poll", order: found.order, execution: null, event: null });
    if (found.order.alpacaOrderId === fill.alpacaOrderId) return true;
  }
  return false;
}
