/** Milliseconds, by a clock that nobody sets. */
export type Stopwatch = { lap(): number; total(): number };

export function createStopwatch(): Stopwatch {
  const startedMs = performance.now();
  let lastMs = startedMs;
  return {
    lap() {
      const sinceMs = performance.now() - lastMs;
      lastMs += sinceMs;
      return sinceMs;
    },
    total: () => performance.now() - startedMs,
  };
}
