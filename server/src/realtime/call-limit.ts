const windowMs = 60_000;
/** Users counted at once; beyond it the window is begun anew for everybody. */
const maxCountedUsers = 100_000;

export type CallLimit = { admits(uid: string): boolean };

/** Counts each user's calls over all connections of this process, a fixed minute at a time. */
export function createCallLimit(callsPerMinute: number, now: () => number = () => performance.now()): CallLimit {
  let counts = new Map<string, number>();
  let windowStart = now();
  return {
    admits(uid) {
      if (now() - windowStart >= windowMs || counts.size > maxCountedUsers) {
        counts = new Map();
        windowStart = now();
      }
      const count = (counts.get(uid) ?? 0) + 1;
      counts.set(uid, count);
      return count <= callsPerMinute;
    },
  };
}
