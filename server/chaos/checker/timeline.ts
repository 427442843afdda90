/**
 * Three clocks tell the story: this machine's, the database's and the broker's, and the last two are moved in a simulation.
 * Each step notes what all three said at one moment; between steps they run alike. The broker's never goes back.
 */
export type ClockStep = { naturalMs: number; databaseMs: number; brokerMs: number };

export type Timeline = {
  databaseFromBroker(brokerMs: number): number;
  brokerFromDatabase(databaseMs: number): number;
  naturalFromBroker(brokerMs: number): number;
  naturalFromDatabase(databaseMs: number): number;
  /** How far the database's clock was set back, all in all: windows are that much less certain. */
  setBackMs: number;
};

const together: ClockStep = { naturalMs: 0, databaseMs: 0, brokerMs: 0 };

export function createTimeline(steps: readonly ClockStep[]): Timeline {
  const first = steps[0] ?? together;
  const stepAt = (key: keyof ClockStep, atMs: number): ClockStep => steps.findLast((step) => step[key] <= atMs) ?? first;
  const convert = (from: keyof ClockStep, to: keyof ClockStep) => (atMs: number): number => {
    const step = stepAt(from, atMs);
    return step[to] + (atMs - step[from]);
  };
  let setBackMs = 0;
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1];
    if (before !== undefined) setBackMs += Math.max(0, before.databaseMs + (step.naturalMs - before.naturalMs) - step.databaseMs);
  }
  return {
    databaseFromBroker: convert("brokerMs", "databaseMs"),
    brokerFromDatabase: convert("databaseMs", "brokerMs"),
    naturalFromBroker: convert("brokerMs", "naturalMs"),
    naturalFromDatabase: convert("databaseMs", "naturalMs"),
    setBackMs,
  };
}
