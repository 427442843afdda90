import type { Order } from "@nod/contract/order";

/** How many whole seconds are left to take an approval back, the last one begun counting as one; 0 when it is over. */
export function secondsToUndo({ status, undo_until }: Pick<Order, "status" | "undo_until">, serverNowMs: number): number {
  if (status !== "pending_submit" || undo_until === null) return 0;
  return Math.max(0, Math.ceil((Date.parse(undo_until) - serverNowMs) / 1_000));
}
