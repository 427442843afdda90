/**
 * A real server process on a real PostgreSQL, under load, killed with SIGKILL at random moments and started again; then
 * everything comes to rest, and the independent checker judges.
 *
 *   npm run chaos:kills -- --kills 1000             in worlds of some fifty kills, two at once
 *   npm run chaos:kills -- --kills 50 --seed 7      other moments
 */
import { parseArgs } from "node:util";
import type { Verdict } from "./checker/check.ts";
import { runKills } from "./kills/run-kills.ts";
import { openStage, type Stage } from "./stage/stage.ts";

const { values } = parseArgs({ options: { kills: { type: "string", default: "20" }, seed: { type: "string", default: "1" }, jobs: { type: "string", default: "2" } } });
const wholeNumber = (name: "kills" | "seed" | "jobs"): number => {
  const text = values[name];
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
};
/** Each world's server has up to thirty connections, and PostgreSQL allows a hundred in all. */
const mostJobs = 3;
const killsInAWorld = 50;
const kills = wholeNumber("kills");
const seed = wholeNumber("seed");

// Leaving in haste takes the database along (stage.ts).
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const began = performance.now();
const seconds = (): string => ((performance.now() - began) / 1_000).toFixed(0);
const stage = await openStage();
const total = new Map<string, number>();
let [done, duringStart, violated] = [0, 0, 0];
try {
  const worlds = Array.from({ length: Math.ceil(kills / killsInAWorld) }, (_, n) => ({ seed: `${seed}_${n + 1}`, kills: Math.min(killsInAWorld, kills - n * killsInAWorld) })).values();
  await Promise.all(Array.from({ length: Math.max(1, Math.min(wholeNumber("jobs"), mostJobs)) }, () => runWorlds(stage, worlds)));
} finally {
  await stage.close();
}
console.log(`${done} kills in ${seconds()} s, ${duringStart} of them during the start`);
for (const [what, n] of [...total].sort(([a], [b]) => a.localeCompare(b))) console.log(`  ${String(n).padStart(7)}  ${what}`);
console.log(`violations: ${violated}`);
process.exit(violated === 0 ? 0 : 1);

async function runWorlds(on: Stage, worlds: Iterable<{ seed: string; kills: number }>): Promise<void> {
  for (const world of worlds) {
    judged(world.seed, await runKills(on, world.kills, world.seed, (wasReady) => {
      done += 1;
      if (!wasReady) duringStart += 1;
      console.log(`kill ${done} of ${kills} after ${seconds()} s, ${wasReady ? "under load" : "during the start"}`);
    }));
  }
}

function judged(world: string, { violations, stories, tally }: Verdict): void {
  for (const [what, n] of Object.entries(tally)) total.set(what, (total.get(what) ?? 0) + n);
  console.log(`world ${world} is at rest: ${violations.length} violations`);
  violated += violations.length;
  for (const { law, what } of violations) console.log(`  ✗ ${law}: ${what}`);
  for (const story of stories) console.log(`\n${story}`);
}
