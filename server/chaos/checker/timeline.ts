/**
 * Three clocks tell the story: this machine's, the database's and the broker's, and the last two are moved in a simulation.
 * Each step notes what all three said at one moment; between steps they run alike. The broker's never goes back. The
 * database's does, so that what it says may have been said twice: what happened then is told from the place in `events`.
 */
export type ClockStep = { naturalMs: number; databaseMs: number; brokerMs: number; lastEvent: number };

/** An instant of the database's clock, and the number of the event that was recorded with it. */
export type Recorded = { n: number; atMs: number };

export type Timeline = {
  naturalOf(recorded: Recorded): number;
  naturalFromBroker(brokerMs: number): number;
  brokerFromNatural(naturalMs: number): number;
  databaseFromBroker(brokerMs: number): number;
  /** How far the database's clock was set back, all in all: windows are that much less certain. */
  setBackMs: number;
};

const together: ClockStep = { naturalMs: 0, databaseMs: 0, brokerMs: 0, lastEvent: -1 };

export function createTimeline(steps: readonly ClockStep[]): Timeline {
  const first = steps[0] ?? together;
  const convert = (from: "naturalMs" | "brokerMs", to: keyof ClockStep) => (atMs: number): number => {
    const step = steps.findLast((each) => each[from] <= atMs) ?? first;
    return step[to] + (atMs - step[from]);
  };
  let setBackMs = 0;
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    if (before !== undefined) setBackMs += Math.max(0, before.databaseMs + (step.naturalMs - before.naturalMs) - step.databaseMs);
  }
  return {
    naturalOf: ({ n, atMs }) => {
      const step = steps.findLast(({ lastEvent }) => lastEvent < n) ?? first;
      return step.naturalMs + (atMs - step.databaseMs);
    },
    naturalFromBroker: convert("brokerMs", "naturalMs"),
    brokerFromNatural: convert("naturalMs", "brokerMs"),
    databaseFromBroker: convert("brokerMs", "databaseMs"),
    setBackMs,
  };
}
