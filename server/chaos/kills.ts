/**
 * A real server process on a real PostgreSQL, under load, killed with SIGKILL at random moments and started again; then
 * everything comes to rest, and the independent checker judges.
 *
 *   npm run chaos:kills -- --kills 1000
 *   npm run chaos:kills -- --kills 50 --seed 7    other moments
 */
import { parseArgs } from "node:util";
import { runKills } from "./kills/run-kills.ts";
import { openStage } from "./stage/stage.ts";

const { values } = parseArgs({ options: { kills: { type: "string", default: "20" }, seed: { type: "string", default: "1" } } });
const wholeNumber = (name: "kills" | "seed"): number => {
  const text = values[name];
  if (!/^\d{1,9}$/.test(text)) throw new RangeError(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
};

// Leaving in haste takes the database along (stage.ts).
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const stage = await openStage();
const began = performance.now();
try {
  const { violations, stories, tally, kills, duringStart } = await runKills(stage, wholeNumber("kills"), wholeNumber("seed"), (line) => console.log(line));
  console.log(`${kills} kills in ${((performance.now() - began) / 1_000).toFixed(0)} s, ${duringStart} of them during the start`);
  for (const [what, n] of Object.entries(tally).sort(([a], [b]) => a.localeCompare(b))) console.log(`  ${String(n).padStart(7)}  ${what}`);
  for (const { law, what } of violations) console.log(`  ✗ ${law}: ${what}`);
  for (const story of stories) console.log(`\n${story}`);
  console.log(`violations: ${violations.length}`);
  process.exitCode = violations.length === 0 ? 0 : 1;
} finally {
  await stage.close();
}
