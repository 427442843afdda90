/** Whether processes of the same age need the same memory early and late in the run. */
import type { Life, Role } from "./fleet.ts";

/** By then a process has loaded what it keeps, and its heap has found its size. */
const settledAgeMs = 20_000;
/** The collector's own leisure. */
const looseShare = 1.2;
const looseBytes = 24 * 2 ** 20;
const leastLives = 2;

export type MemoryFinding = { role: Role; earlyBytes: number; lateBytes: number; highestBytes: number; isFlat: boolean | null };

/** `isFlat` is null where too few lives grew old enough to say. */
export function judgeMemory(lives: readonly Life[], role: Role): MemoryFinding {
  const settled = lives
    .filter((life) => life.role === role)
    .map((life) => ({ startedMs: life.startedMs, sizes: life.samples.filter(({ ageMs }) => ageMs >= settledAgeMs).map(({ rssBytes }) => rssBytes) }))
    .filter(({ sizes }) => sizes.length > 0)
    .toSorted((a, b) => a.startedMs - b.startedMs);
  const half = Math.floor(settled.length / 2);
  const earlyBytes = median(settled.slice(0, half).map(({ sizes }) => median(sizes)));
  const lateBytes = median(settled.slice(settled.length - half).map(({ sizes }) => median(sizes)));
  const highestBytes = Math.max(0, ...lives.filter((life) => life.role === role).flatMap(({ samples }) => samples.map(({ rssBytes }) => rssBytes)));
  return { role, earlyBytes, lateBytes, highestBytes, isFlat: half < leastLives ? null : lateBytes <= earlyBytes * looseShare + looseBytes };
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** 0 when there is nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}
