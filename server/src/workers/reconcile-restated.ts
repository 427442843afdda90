/** What became, while nobody listened, of orders that were over: a bust can reach one that is never polled again. */
import type { AppliedWord, BrokerWord } from "../trading/orders/apply-broker-event.ts";
import type { Pool } from "../db/pool.ts";
import { latestFilledOrders } from "../trading/orders/fills-table.ts";
import { saidLessAt, untoldBust } from "../trading/orders/judge-amendment.ts";
import { BrokerUnavailableError, type BrokerPort } from "../trading/ports.ts";

export type RestatedDeps = {
  pool: Pool;
  broker: BrokerPort;
  apply: (word: BrokerWord) => Promise<AppliedWord>;
  count: (word: BrokerWord, applied: AppliedWord) => void;
  signal: () => AbortSignal;
};

/**
 * Asks for up to `limit` of the latest orders that are over and were filled. One of which the broker now says less, at a later
 * time, has lost an execution that neither the stream nor the account's activities told of.
 * @returns how many were asked for
 * @throws BrokerUnavailableError, and the database's errors
 */
export async function reconcileRestated(deps: RestatedDeps, limit: number): Promise<number> {
  const orders = await latestFilledOrders(deps.pool, limit);
  for (const order of orders) {
    const found = await deps.broker.findByClientOrderId(order.clientOrderId, deps.signal());
    if (found.kind === "unavailable") throw new BrokerUnavailableError(`an order that was filled could not be polled: ${found.reason}`);
    const at = found.kind === "found" ? saidLessAt(found.order, order) : null;
    if (found.kind !== "found" || at === null) continue;
    const word: BrokerWord = { kind: "order", source: "poll", order: found.order, execution: null, amendment: untoldBust(found.order.alpacaOrderId, at), event: null };
    deps.count(word, await deps.apply(word));
  }
  return orders.length;
}
