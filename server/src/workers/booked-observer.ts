import type { AppliedWord, BrokerWordSource } from "../trading/orders/apply-broker-event.ts";

/** For metrics, logs and traces; must not throw. */
export type BookedObserver = {
  /** The broker's word, by whichever way it came, is in the books: committed. */
  booked?(source: BrokerWordSource, applied: AppliedWord): void;
};
