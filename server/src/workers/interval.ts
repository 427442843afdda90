import { setTimeout as sleep } from "node:timers/promises";

export type IntervalSettings = {
  /** The longest between the end of one run and the start of the next. */
  intervalMs: number;
  /** The shortest between two starts, however often it is woken. Default 100. */
  minGapMs?: number;
  /** After a run that failed. Default 1,000, or the interval where that is shorter. */
  retryMs?: number;
  /** May name when it wants to run again, if that is before the interval is over. */
  run: (stopping: AbortSignal) => Promise<{ nextInMs: number } | undefined>;
  onError: (error: unknown) => void;
};

export type IntervalLoop = {
  /** Runs as soon as may be; during a run, once more after it. */
  wake(): void;
  /** Starts nothing more and waits for what runs. */
  stop(): Promise<void>;
};

/** Runs at once and then again and again, never twice at a time; an error is reported and does not end the loop. */
export function startInterval(settings: IntervalSettings): IntervalLoop {
  const { intervalMs, minGapMs = 100, retryMs = Math.min(1_000, intervalMs) } = settings;
  const stopping = new AbortController();
  let woken = Promise.withResolvers<void>();

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      woken = Promise.withResolvers<void>();
      let waitMs = intervalMs;
      try {
        const wish = await settings.run(stopping.signal);
        if (wish !== undefined) waitMs = Math.min(intervalMs, Math.max(0, wish.nextInMs));
      } catch (error) {
        waitMs = retryMs;
        if (!stopping.signal.aborted) settings.onError(error);
      }
      await pause(waitMs, woken.promise, stopping.signal);
      await pause(minGapMs - (performance.now() - startedAt), null, stopping.signal);
    }
  };
  const running = loop();

  return {
    wake: () => woken.resolve(),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** Returns after the time, when woken, or when it is to stop; leaves no timer behind. */
async function pause(ms: number, woken: Promise<void> | null, stopping: AbortSignal): Promise<void> {
  if (ms <= 0 || stopping.aborted) return;
  const over = new AbortController();
  const time = sleep(ms, undefined, { signal: AbortSignal.any([over.signal, stopping]) }).catch(() => undefined);
  await Promise.race(woken === null ? [time] : [time, woken]);
  over.abort();
}
