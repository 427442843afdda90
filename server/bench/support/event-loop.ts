import { performance } from "node:perf_hooks";

/** The longest that the event loop was kept from its turn since. */
export function watchEventLoop(): { longestMs(): number } {
  let longestMs = 0;
  let lastTurnMs = performance.now();
  const turn = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastTurnMs);
    lastTurnMs = nowMs;
  };
  const timer = setInterval(turn, 1);
  return {
    longestMs() {
      turn();
      clearInterval(timer);
      return longestMs;
    },
  };
}
