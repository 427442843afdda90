/**
 * Seeded worlds full of faults, each judged by an independent checker.
 *
 *   npm run chaos -- --seeds 200                    seeds 1 to 200, several at once
 *   npm run chaos -- --seeds 1 --seed 17 --verbose  the world of seed 17 again, with everything that happened in it
 *   npm run chaos -- --seeds 200 --jobs 1           one after the other
 *
 * A seed fixes everything that is random: people, prices, answers, faults and their moments. PostgreSQL and sockets keep
 * their own time, so what depends on a race may need `--repeat`.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runCrew } from "./crew/crew.ts";
import type { SeedResult } from "./run-seed.ts";
import { openStage } from "./stage/stage.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    repeat: { type: "string", default: "1" },
    // A world waits more than it works.
    jobs: { type: "string", default: String(2 * availableParallelism()) },
    verbose: { type: "boolean", default: false },
  },
});
const wholeNumber = (name: "seeds" | "seed" | "repeat" | "jobs"): number => {
  const text = values[name];
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
};
const first = wholeNumber("seed");
const count = wholeNumber("seeds");
const repeat = wholeNumber("repeat");
/** Each has connections of its own, and PostgreSQL allows a hundred in all. */
const mostJobs = 4;
const jobs = Math.max(1, Math.min(wholeNumber("jobs"), mostJobs, count * repeat));
const progressEvery = 100;

// Leaving in haste takes the database along (stage.ts).
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1_000;
const stage = await openStage();
const failed = new Set<number>();
const total = new Map<string, number>();
let done = 0;
let violated = 0;

function* seeds(): Generator<number, undefined> {
  for (let seed = first; seed < first + count; seed += 1) for (let time = 0; time < repeat; time += 1) yield seed;
  return undefined;
}

try {
  await runCrew({ addresses: stage.addresses, jobs, seeds: seeds(), finished });
} finally {
  await stage.close();
}
console.log(`${done} runs in ${seconds().toFixed(0)} s (${(done / seconds()).toFixed(2)} a second)`);
for (const [what, n] of [...total].sort(([a], [b]) => a.localeCompare(b))) console.log(`  ${String(n).padStart(7)}  ${what}`);
console.log(violated === 0 ? "violations: 0" : `violations in ${violated} runs: seeds ${[...failed].toSorted((a, b) => a - b).join(", ")}`);
process.exit(violated === 0 ? 0 : 1);

function finished(result: SeedResult): void {
  done += 1;
  for (const [what, n] of Object.entries(result.tally)) total.set(what, (total.get(what) ?? 0) + n);
  if (result.violations.length > 0) {
    violated += 1;
    failed.add(result.seed);
    describeFailure(result);
  } else if (values.verbose) console.log([`seed ${result.seed}:`, ...result.log].join("\n  "));
  if (done % progressEvery === 0) console.log(`${done} runs, ${violated} violated, ${(done / seconds()).toFixed(2)} a second`);
}

function describeFailure({ seed, violations, stories, log }: SeedResult): void {
  console.log(`\nseed ${seed} violates, again with: npm run chaos -- --seeds 1 --seed ${seed} --verbose`);
  for (const { law, what } of violations) console.log(`  ✗ ${law}: ${what}`);
  console.log(["", ...log].join("\n  "));
  for (const story of stories) console.log(`\n${story}`);
}
