import type { Evidence } from "./evidence.ts";
import { storyOf } from "./laws/story.ts";

/** Everything that is known of one order, by the database's clock, a line each. */
export function tellStory(evidence: Evidence, clientOrderId: string): string {
  const { orders, book, timeline } = evidence;
  const order = orders.find((each) => each.clientOrderId === clientOrderId);
  const theirs = book.accounts.flatMap((account) => account.orders).find((each) => each.client_order_id === clientOrderId);
  const lines: { atMs: number; text: string }[] = [];
  if (order !== undefined) {
    for (const { atMs, kind, data } of storyOf(evidence, order)) lines.push({ atMs, text: `${kind} ${JSON.stringify(data)}` });
    lines.push({ atMs: order.expiresMs, text: "(the approval expires)" });
  }
  for (const post of book.posts.filter((each) => each.clientOrderId === clientOrderId)) lines.push({ atMs: timeline.databaseFromBroker(post.receivedMs), text: `broker: accepts ${post.rawBody}` });
  for (const each of book.accounts.flatMap((account) => account.executions).filter(({ orderId }) => orderId === theirs?.id)) {
    lines.push({ atMs: timeline.databaseFromBroker(each.atMs), text: `broker: ${each.kind} ${each.executionId}, ${each.qty} at ${each.price}, now ${each.orderStatus}` });
  }
  const head =
    order === undefined
      ? `${clientOrderId}: not in trade_orders`
      : `${clientOrderId} of ${order.uid}: ${order.side} ${order.symbol}, ${order.status}${order.reason === null ? "" : ` (${order.reason})`}, filled ${order.filledQty}`;
  const end = theirs === undefined ? "broker: has no such order" : `broker: ${theirs.status}, filled ${theirs.filled_qty} at ${theirs.filled_avg_price ?? "-"}`;
  return [head, ...lines.toSorted((a, b) => a.atMs - b.atMs).map(({ atMs, text }) => `  ${new Date(atMs).toISOString()}  ${text}`), `  ${end}`].join("\n");
}
