import type { Fact } from "../ports.ts";

/**
 * Facts on their way to the database. Of each name only the newest waits, so that a slow database makes for fewer facts and
 * never for more memory: there are at most as many as there are names, and `most` of those.
 */
export type FactQueue = {
  add(facts: readonly Fact[]): void;
  /** Everything that waits. */
  take(): Fact[];
  /** What could not be written; what has come meanwhile is newer and stays. */
  putBack(facts: readonly Fact[]): void;
  /** Facts that were left out because there were too many names. */
  readonly dropped: number;
  readonly size: number;
};

const nameOf = (fact: Fact): string => `${fact.feed} ${fact.assetClass} ${fact.symbol} ${fact.metric}`;

export function createFactQueue(most: number): FactQueue {
  let waiting = new Map<string, Fact>();
  let dropped = 0;
  const put = (fact: Fact, replacesItsEqual: boolean): void => {
    const name = nameOf(fact);
    const known = waiting.get(name);
    if (known === undefined && waiting.size >= most) dropped += 1;
    else if (known === undefined || fact.asOf > known.asOf || (replacesItsEqual && fact.asOf.getTime() === known.asOf.getTime())) waiting.set(name, fact);
  };
  return {
    add: (facts) => {
      for (const fact of facts) put(fact, true);
    },
    take() {
      const taken = [...waiting.values()];
      waiting = new Map();
      return taken;
    },
    putBack: (facts) => {
      for (const fact of facts) put(fact, false);
    },
    get dropped() {
      return dropped;
    },
    get size() {
      return waiting.size;
    },
  };
}
