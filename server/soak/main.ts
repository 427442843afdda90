/**
 * Ten minutes of everything at once: many users, many phones, two web and two worker processes of which a random one is
 * killed and started again every twenty seconds, a broker in a process of its own, PostgreSQL restarted halfway. Then
 * everything comes to rest, the independent checker judges the books, and the phones compare what they know.
 *
 *   npm run soak                                                        as above: 20,000 users, 2,000 connected, 100 answers a second
 *   npm run soak -- --minutes 1 --users 1000 --clients 200 --answers-per-second 20 --kill-every 15 --seed 7
 *
 * Exit code 0 only when nothing was lost, nothing done twice, every lease taken over in time, and memory flat.
 */
import { parseArgs } from "node:util";
import { defaultOptions, type SoakOptions } from "./options.ts";
import { reportOn } from "./report.ts";
import { runSoak } from "./run-soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: String(defaultOptions.minutes) },
    users: { type: "string", default: String(defaultOptions.users) },
    clients: { type: "string", default: String(defaultOptions.clients) },
    "answers-per-second": { type: "string", default: String(defaultOptions.answersPerSecond) },
    "kill-every": { type: "string", default: String(defaultOptions.killEverySeconds) },
    shards: { type: "string", default: String(defaultOptions.shards) },
    seed: { type: "string", default: defaultOptions.seed },
    "no-restart": { type: "boolean", default: false },
    "not-durable": { type: "boolean", default: false },
  },
});
function positive(name: "minutes" | "users" | "clients" | "answers-per-second" | "kill-every" | "shards"): number {
  const value = Number(values[name]);
  if (!(value > 0 && value <= 10_000_000)) throw new RangeError(`--${name} must be a number above 0, not ${JSON.stringify(values[name])}`);
  return value;
}
const options: SoakOptions = {
  minutes: positive("minutes"), users: Math.round(positive("users")), clients: Math.round(positive("clients")), answersPerSecond: positive("answers-per-second"),
  killEverySeconds: positive("kill-every"), shards: Math.round(positive("shards")), restartsDatabase: !values["no-restart"], durable: !values["not-durable"], seed: values.seed,
};
if (options.clients > options.users) throw new RangeError("--clients are some of the --users");

// Leaving in haste takes the database and every process along.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const began = performance.now();
const result = await runSoak(options, (line) => console.log(`${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${line}`));
const { lines, failures } = reportOn(options, result);
console.log(["", ...lines, `violations: ${failures.length}`].join("\n"));
for (const failure of failures) console.log(`  ✗ ${failure}`);
for (const story of result.stories) console.log(`\n${story}`);
process.exit(failures.length === 0 ? 0 : 1);
