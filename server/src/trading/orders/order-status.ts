import type { OrderStatus } from "@nod/contract/order";

/** Our own words: everything before the broker has spoken, and the two ends that the broker never hears of. */
export type OwnStatus = "pending_submit" | "submitting" | "unknown" | "denied" | "not_placed";
/** The broker's words. */
export type BrokerStatus = Exclude<OrderStatus, OwnStatus>;

/**
 * How far along an order is by the broker's word. Between two words of the same time the further one is the newer;
 * everything at `ended` is over for good. `calculated` and `done_for_day` are pauses of the clearing, not ends.
 * Source: Alpaca's order lifecycle.
 */
const stageOfBrokerStatus: Readonly<Record<BrokerStatus, number>> = {
  pending_new: 0,
  accepted: 1,
  accepted_for_bidding: 1,
  held: 1,
  new: 2,
  pending_replace: 3,
  suspended: 3,
  stopped: 3,
  partially_filled: 3,
  pending_cancel: 4,
  calculated: 4,
  done_for_day: 4,
  filled: 5,
  canceled: 5,
  expired: 5,
  rejected: 5,
  replaced: 5,
};

const endedStage = 5;

export function isBrokerStatus(status: string): status is BrokerStatus {
  return Object.hasOwn(stageOfBrokerStatus, status);
}

export const stageOf = (status: BrokerStatus): number => stageOfBrokerStatus[status];

/** No longer working at the broker, and never will be. The table's column `is_open` says the same in SQL. */
export function isEnded(status: OrderStatus): boolean {
  if (isBrokerStatus(status)) return stageOf(status) === endedStage;
  return status === "denied" || status === "not_placed";
}
