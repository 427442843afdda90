/**
 * The simulator's only source of time. Everything that happens by itself (fills,
 * expiries, stream prints, fault delays) is asked for through `after`, so a test that
 * hands in `manualClock` decides when it happens.
 */
export type SimulatorClock = {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Runs `task` once after `delayMs`; the returned function takes it back. */
  after: (delayMs: number, task: () => void) => () => void;
};

/** Real time. Its timers do not keep the process alive; the listening socket does. */
export const systemClock: SimulatorClock = {
  now: () => Date.now(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export type ManualClock = SimulatorClock & {
  /** Moves time forward and runs, in order of their due times, the tasks that fall due. */
  advance: (ms: number) => void;
};

/** A clock that stands still until it is advanced. */
export function manualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  let sequence = 0;
  const tasks = new Map<number, { dueMs: number; task: () => void }>();

  function nextDue(untilMs: number): [number, { dueMs: number; task: () => void }] | undefined {
    let first: [number, { dueMs: number; task: () => void }] | undefined;
    for (const entry of tasks) {
      if (entry[1].dueMs <= untilMs && (first === undefined || entry[1].dueMs < first[1].dueMs)) first = entry;
    }
    return first;
  }

  return {
    now: () => nowMs,
    after: (delayMs, task) => {
      const id = (sequence += 1);
      tasks.set(id, { dueMs: nowMs + Math.max(0, delayMs), task });
      return () => void tasks.delete(id);
    },
    advance: (ms) => {
      const untilMs = nowMs + ms;
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        tasks.delete(due[0]);
        nowMs = Math.max(nowMs, due[1].dueMs);
        due[1].task();
      }
      nowMs = untilMs;
    },
  };
}
