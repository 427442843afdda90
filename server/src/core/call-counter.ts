/** Counts what somebody does within a window of time, for many at once, in memory that does not grow with how many. */

export type Counted = { hits: number; /** By the counter's own clock. */ endsAtMs: number };

export type CallCounter = {
  /** One more of this key; the result includes it. */
  count(key: string): Counted;
  /** As if it had never come. */
  forget(key: string): void;
  readonly size: number;
};

export type CallCounterSettings = {
  windowMs: number;
  /** Beyond it the key that was quiet longest is forgotten: whoever calls on and on stays counted. */
  maxKeys: number;
  /** Monotonic. */
  now: () => number;
};

/** A key's window begins with its first call and is begun anew by the first call after its end. */
export function createCallCounter({ windowMs, maxKeys, now }: CallCounterSettings): CallCounter {
  /** In the order of their last calls. */
  const counted = new Map<string, Counted>();
  return {
    count(key) {
      const nowMs = now();
      const before = counted.get(key);
      const current = before === undefined || before.endsAtMs <= nowMs ? { hits: 1, endsAtMs: nowMs + windowMs } : { hits: before.hits + 1, endsAtMs: before.endsAtMs };
      counted.delete(key);
      counted.set(key, current);
      const [quietest] = counted.size > maxKeys ? counted.keys() : [];
      if (quietest !== undefined) counted.delete(quietest);
      return current;
    },
    forget: (key) => void counted.delete(key),
    get size() {
      return counted.size;
    },
  };
}
