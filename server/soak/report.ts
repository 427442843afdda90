/** What a soak says at its end, and whether it holds. */
import { judgeMemory, median, percentile, type MemoryFinding } from "./memory.ts";
import type { SoakOptions } from "./options.ts";
import type { SoakResult } from "./run-soak.ts";

/** The issue's own: a lease of a dead process is somebody else's within ten seconds. */
const longestTakeOverMs = 10_000;
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
const milliseconds = (ms: number): string => (ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** @returns the lines to print, and those of them that say what does not hold */
export function reportOn(options: SoakOptions, result: SoakResult): { lines: string[]; failures: string[] } {
  const { tally, totals, kills, lives, phones, loadSeconds } = result;
  const memory = [judgeMemory(lives, "web"), judgeMemory(lives, "worker")];
  const takeOvers = kills.takeOvers.map(({ tookMs }) => tookMs);
  const starts = lives.flatMap(({ readyMs }) => readyMs ?? []);
  const failures = [
    ...result.violations.map(({ law, what }) => `${law}: ${what}`),
    ...(kills.takeOvers.filter(({ tookMs }) => tookMs > longestTakeOverMs).map(({ lease, tookMs }) => `the lease ${lease} was nobody's for ${milliseconds(tookMs)}`)),
    ...memory.filter(({ isFlat }) => isFlat === false).map(({ role, earlyBytes, lateBytes }) => `a ${role} process needed ${megabytes(earlyBytes)} early in the run and ${megabytes(lateBytes)} late`),
    ...(totals.replies === 0 ? ["nobody answered anything, so nothing was shown"] : []),
  ];
  const lines = [
    `load          ${loadSeconds.toFixed(0)} s, ${options.users} users, ${options.clients} of them connected, seed ${options.seed}`,
    `answers       ${totals.replies} of ${options.answersPerSecond * Math.round(loadSeconds)} wanted: ${(totals.replies / loadSeconds).toFixed(1)} a second; p50 ${milliseconds(percentile(totals.answerMs, 0.5))}, p99 ${milliseconds(percentile(totals.answerMs, 0.99))}`,
    `              ${totals.unanswered} calls without a reply (a process died under them), refused: ${describeCounts(totals.refused)}`,
    `connections   ${phones.connections} by ${options.clients} clients; up to date again after p50 ${milliseconds(percentile(totals.reconnectMs, 0.5))}, p99 ${milliseconds(percentile(totals.reconnectMs, 0.99))}`,
    `questions     ${phones.questions} told to the connected, ${phones.toldAgain} of them again after a reconnect`,
    `kills         ${kills.total}, ${kills.duringStart} of them during a start; ready again after p50 ${milliseconds(median(starts))}, longest ${milliseconds(Math.max(0, ...starts))}`,
    `take-overs    ${takeOvers.length} leases: p50 ${milliseconds(median(takeOvers))}, longest ${milliseconds(Math.max(0, ...takeOvers))} (at most ${milliseconds(longestTakeOverMs)})`,
    `PostgreSQL    ${kills.databaseAwayMs === null ? "was not restarted" : `restarted once, away for ${milliseconds(kills.databaseAwayMs)}`}`,
    `stops         ${result.disorder.length === 0 ? "all in good order" : `not in good order: ${result.disorder.join("\n")}`}`,
    ...memory.map(describeMemory),
    ...result.bystanders.map(({ name, startBytes, endBytes }) => `memory        ${name}: ${megabytes(startBytes)} at the start, ${megabytes(endBytes)} at the end (not Nod's, not judged)`),
    ...Object.entries(tally).toSorted(([a], [b]) => a.localeCompare(b)).map(([what, n]) => `  ${String(n).padStart(7)}  ${what}`),
  ];
  return { lines, failures };
}

function describeMemory({ role, earlyBytes, lateBytes, highestBytes, isFlat }: MemoryFinding): string {
  const verdict = isFlat === null ? `too few lives of age to judge` : `settled at ${megabytes(earlyBytes)} early, ${megabytes(lateBytes)} late: ${isFlat ? "flat" : "NOT FLAT"}`;
  return `memory        ${role}: ${verdict}; highest ${megabytes(highestBytes)}`;
}

const describeCounts = (counts: Readonly<Record<string, number>>): string => Object.entries(counts).map(([why, n]) => `${n} ${why}`).join(", ") || "none";
