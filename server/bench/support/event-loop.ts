import { performance } from "node:perf_hooks";

/** The longest that the event loop was kept from its turn. */
export type LongestBlock = {
  /** By the clock: on a machine that is shared, most of it may be somebody else's work. */
  byClockMs: number;
  /** Of the processor's time of the thread that turns it: what the program itself is to blame for. */
  onProcessorMs: number;
};

/** From now on, until the longest is asked for. */
export function watchEventLoop(): { longest(): LongestBlock } {
  const longest: LongestBlock = { byClockMs: 0, onProcessorMs: 0 };
  let [lastTurnMs, lastProcessorMs] = [performance.now(), processorMs()];
  const turn = (): void => {
    const [nowMs, nowProcessorMs] = [performance.now(), processorMs()];
    longest.byClockMs = Math.max(longest.byClockMs, nowMs - lastTurnMs);
    longest.onProcessorMs = Math.max(longest.onProcessorMs, nowProcessorMs - lastProcessorMs);
    [lastTurnMs, lastProcessorMs] = [nowMs, nowProcessorMs];
  };
  const timer = setInterval(turn, 1);
  return {
    longest() {
      turn();
      clearInterval(timer);
      return longest;
    },
  };
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
