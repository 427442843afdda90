/**
 * Seeded worlds full of faults, each judged by an independent checker.
 *
 *   npm run chaos -- --seeds 200          seeds 1 to 200
 *   npm run chaos -- --seeds 1 --seed 17  the world of seed 17 again, with everything that happened in it
 *
 * A seed fixes everything that is random: people, prices, answers, faults and their moments. PostgreSQL and sockets keep
 * their own time, so what depends on a race may need `--repeat`.
 */
import { parseArgs } from "node:util";
import { runSeed, type SeedResult } from "./run-seed.ts";
import { openStage } from "./stage/stage.ts";

const { values } = parseArgs({
  options: { seeds: { type: "string", default: "20" }, seed: { type: "string", default: "1" }, repeat: { type: "string", default: "1" }, verbose: { type: "boolean", default: false } },
});
const wholeNumber = (name: "seeds" | "seed" | "repeat"): number => {
  const text = values[name];
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
};
const first = wholeNumber("seed");
const count = wholeNumber("seeds");
const repeat = wholeNumber("repeat");
const progressEvery = 100;

// Leaving in haste takes the database along (stage.ts).
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const stage = await openStage();
const failed: number[] = [];
const total = new Map<string, number>();
const began = process.hrtime.bigint();
const seconds = (): number => Number(process.hrtime.bigint() - began) / 1e9;
let done = 0;
try {
  for (let seed = first; seed < first + count; seed += 1) {
    for (let time = 0; time < repeat; time += 1) {
      const result = await runSeed(stage, seed);
      done += 1;
      for (const [what, n] of Object.entries(result.tally)) total.set(what, (total.get(what) ?? 0) + n);
      if (result.violations.length > 0) {
        failed.push(seed);
        describeFailure(result);
      } else if (values.verbose) console.log([`seed ${seed}:`, ...result.log].join("\n  "));
      if (done % progressEvery === 0) console.log(`${done} runs, ${failed.length} violated, ${(done / seconds()).toFixed(2)} a second`);
    }
  }
} finally {
  await stage.close();
}
console.log(`${done} runs in ${seconds().toFixed(0)} s (${(done / seconds()).toFixed(2)} a second)`);
for (const [what, n] of [...total].sort(([a], [b]) => a.localeCompare(b))) console.log(`  ${String(n).padStart(7)}  ${what}`);
console.log(failed.length === 0 ? "violations: 0" : `violations in ${failed.length} runs: seeds ${[...new Set(failed)].join(", ")}`);
process.exit(failed.length === 0 ? 0 : 1);

function describeFailure({ seed, violations, stories, log }: SeedResult): void {
  console.log(`\nseed ${seed} violates, again with: npm run chaos -- --seeds 1 --seed ${seed} --verbose`);
  for (const { law, what } of violations) console.log(`  ✗ ${law}: ${what}`);
  console.log(["", ...log].join("\n  "));
  for (const story of stories) console.log(`\n${story}`);
}
