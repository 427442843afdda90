/**
 * Whether every guard is needed: each is removed in a copy of the repository, and a test must turn red.
 *
 *   npm run test:guards                          all of them
 *   npm run test:guards -- --only "law 7"        those whose subject, name or file holds the text
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeSubject } from "./removal.ts";
import { removals } from "./removals.ts";
import { BaselineNotGreen, describeTried, tryRemovals } from "./try-removals.ts";

/** Two cores are what the smallest machine that runs this has. */
const atOnce = 2;
/** How long a test waits for what a guard brought about and nothing does any more (`server/test/support/until.ts`). */
const patienceMs = "8000";

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });
const chosen = removals.filter((removal) => [describeSubject(removal.of), removal.name, removal.file].some((text) => text.includes(values.only)));
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort(new Error("stopped")));

const began = performance.now();
try {
  if (chosen.length === 0) throw new RangeError(`no removal holds ${JSON.stringify(values.only)}`);
  const tried = await tryRemovals(chosen, {
    root: join(import.meta.dirname, "../.."),
    environment: { ...process.env, NOD_TEST_PATIENCE_MS: patienceMs },
    atOnce,
    signal: stopping.signal,
    onBaseline: ({ tests, seconds }) => console.log(`With every guard in place ${tests} tests are green (${seconds.toFixed(0)} s).`),
    onTried: (each) => console.log(describeTried(each)),
  });
  const missed = tried.filter(({ verdict }) => verdict.kind !== "red");
  if (missed.length > 0) console.log(["", "Not caught:", ...missed.map(describeTried)].join("\n"));
  console.log(`\n${((performance.now() - began) / 60_000).toFixed(1)} minutes, ${atOnce} at a time`);
  console.log(`${tried.length} removals, ${tried.length - missed.length} caught, ${missed.length} survived`);
  process.exitCode = missed.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof BaselineNotGreen ? error.message : stopping.signal.aborted ? "stopped" : error);
  process.exitCode = 1;
}
