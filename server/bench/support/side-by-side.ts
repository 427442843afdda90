/** Several ways of doing the same, timed in turns, so that what disturbs the machine disturbs all of them. */

/** Each returns the milliseconds that count; what it does before and after is not counted. */
export type Contestants<Name extends string> = Record<Name, () => Promise<number>>;

/** `ratios` are of one's time by the other's in the same round: a machine whose speed drifts moves both. `ratio` is their median. */
export type SideBySide<Name extends string> = { medians: Record<Name, number>; ratio(of: Name, by: Name): number; ratios(of: Name, by: Name): number[] };

/** @param rounds at least five for a figure that is worth keeping */
export async function sideBySide<Name extends string>(rounds: number, contestants: Contestants<Name>): Promise<SideBySide<Name>> {
  const names = Object.keys(contestants) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Whoever goes first in one round goes last in the next.
    for (const name of round % 2 === 0 ? names : names.toReversed()) times.get(name)?.push(await contestants[name]());
    note(`  round ${round + 1} of ${rounds}: ${names.map((name) => `${name} ${showMs(times.get(name)?.at(-1) ?? Number.NaN)}`).join(", ")}`);
  }
  const ratios = (of: Name, by: Name): number[] => (times.get(of) ?? []).map((ms, round) => ms / (times.get(by)?.[round] ?? Number.NaN));
  return {
    medians: Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<Name, number>,
    ratio: (of, by) => median(ratios(of, by)),
    ratios,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

/** Processor time instead: of one core, whatever else runs on the machine. */
export const timedOnProcessor = async (work: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

export const showMs = (ms: number): string => (ms < 10 ? `${ms.toFixed(3)} ms` : `${Math.round(ms)} ms`);

export const note = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** One figure with its goal beside it. `--quick` runs say so, since small sizes prove nothing. */
export function verdict(name: string, ratio: number, goal: { atMost: number } | { atLeast: number }, quick: boolean): void {
  const [met, words] = "atMost" in goal ? [ratio <= goal.atMost, `goal: at most ${goal.atMost}`] : [ratio >= goal.atLeast, `goal: at least ${goal.atLeast}`];
  note(`${name}: ${ratio.toFixed(2)} × (${words}) ${quick ? "— quick run, not a figure" : met ? "— met" : "— MISSED"}`);
}
