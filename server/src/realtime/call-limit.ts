import { createCallCounter } from "../core/call-counter.ts";

const windowMs = 60_000;
/** Users, or addresses, that are counted at once. */
const maxCountedKeys = 100_000;

export type CallLimit = {
  /** Null: go on; otherwise the seconds after which the next is admitted. */
  refuse(key: string): { retryAfterSeconds: number } | null;
};

/** Counts over all connections of this process, a minute at a time for each key. */
export function createCallLimit(callsPerMinute: number, now: () => number = () => performance.now()): CallLimit {
  const counter = createCallCounter({ windowMs, maxKeys: maxCountedKeys, now });
  return {
    refuse(key) {
      const { hits, endsAtMs } = counter.count(key);
      return hits <= callsPerMinute ? null : { retryAfterSeconds: Math.max(1, Math.ceil((endsAtMs - now()) / 1_000)) };
    },
  };
}
