/**
 * The answer that becomes an order. Requests per second of the whole path against pgbench sending the same SQL over as many
 * connections, and against the same handler with its statements in six round trips and in one for each; and how long it
 * takes from an answer to the order's POST, through the SDK to the simulator in a process of its own, under 200 answers a
 * second; and how many orders that wait the desk sends a second when it has the process to itself. `--quick` proves nothing;
 * `--only throughput` and `--only desk` are one half each.
 */
import { parseArgs } from "node:util";
import type { AnswerService } from "../src/pipeline/answer.ts";
import { derivedUuid, clientOrderIdOf } from "../src/core/ids.ts";
import { createPool, type Pool } from "../src/db/pool.ts";
import { measureDeskAlone, measureLatency, type Population } from "./answer/to-the-post.ts";
import { addAskedUsers, answerServiceOn, openMarket, questionIdOf, uidOf } from "./support/answer-population.ts";
import { openBenchDatabase, type BenchDatabase } from "./support/bench-database.ts";
import { findPgbench, runPgbench, toPgbenchScript } from "./support/pgbench.ts";
import { createResults } from "./support/results.ts";
import { median, note, timed } from "./support/side-by-side.ts";
import { poolInGroups, statementsOf, type Sent } from "./support/statement-recorder.ts";

const quick = process.argv.includes("--quick");
const connections = 10;
const perConnection = quick ? 25 : 250;
const rounds = quick ? 2 : 9;
const latencies = quick ? { answers: 100, rounds: 1 } : { answers: 2_000, rounds: 5 };
const waiting = quick ? { orders: 600, rounds: 1 } : { orders: 2_000, rounds: 3 };
/** Only one half of it: `--only throughput` or `--only desk`. */
const { only } = parseArgs({ options: { only: { type: "string" } }, strict: false, allowPositionals: true }).values;
const results = createResults("answer", quick);

/** The handler as six awaited steps: lock, question, context, answer, order, announcement. */
const groups: readonly (readonly string[])[] = [
  ["begin", "lock-user"],
  ["lock-question-for-answer"],
  ["read-answer-context"],
  ["close-question", "insert-answer"],
  ["insert-intent", "insert-decision", "place-order"],
  ["record-events", "append-to-outbox", "commit"],
];

const database = await openBenchDatabase();
const pool = createPool({ url: database.webUrl, applicationName: "bench-answer", maxConnections: connections });
let nextNumber = 1;
try {
  await openMarket(database.ownerPool);
  if (only !== "desk") await compareThroughput(database);
  if (only !== "throughput") {
    const population: Population = { freshUsers, approve };
    await measureDeskAlone(database, population, waiting);
    await measureLatency(database, { pool, population, results, ...latencies });
  }
  await results.record(database.pool);
} finally {
  await pool.end();
  await database.close();
}

async function freshUsers(count: number): Promise<number> {
  const first = nextNumber;
  nextNumber += count;
  await addAskedUsers(database.ownerPool, first, count);
  return first;
}

async function approve(answers: AnswerService, n: number): Promise<void> {
  const outcome = await answers.answer(uidOf(n), questionIdOf(n), 10, { via: "http", requestId: "bench" });
  if (outcome.kind !== "answered" || outcome.result.order === null) throw new Error(`question ${n} made no order: ${JSON.stringify(outcome)}`);
}

/** As many callers as connections, each with its own users. */
async function answersPerSecond(on: Pool): Promise<number> {
  const answers = answerServiceOn(on);
  const first = await freshUsers(connections * perConnection);
  const tookMs = await timed(() =>
    Promise.all(
      Array.from({ length: connections }, async (_, connection) => {
        for (let k = 0; k < perConnection; k += 1) await approve(answers, first + connection * perConnection + k);
      }),
    ),
  );
  return (connections * perConnection * 1_000) / tookMs;
}

async function compareThroughput(db: BenchDatabase): Promise<void> {
  const pgbench = await findPgbench();
  if (pgbench === null) note("pgbench is not on this machine (Debian: postgresql-contrib): the comparison with it is SKIPPED");
  const script = pgbench === null ? "" : await scriptOf();
  const contenders: [string, () => Promise<number>][] = [
    ["ours, two round trips", () => answersPerSecond(pool)],
    ["the same, six round trips", () => answersPerSecond(poolInGroups(pool, groupOfSix))],
    ["the same, statement by statement", () => answersPerSecond(oneByOne())],
    ...(pgbench === null
      ? []
      : [["pgbench, the same SQL", async () => runPgbench(pgbench, { url: db.webUrl, clients: connections, perClient: perConnection, firstNumber: await freshUsers(connections * perConnection), script })] satisfies [string, () => Promise<number>]]),
  ];
  const figures = new Map(contenders.map(([name]): [string, number[]] => [name, []]));
  for (const [, run] of contenders) await run(); // once for the statements to be prepared and the code to be warm
  for (let round = 0; round < rounds; round += 1) {
    // The order turns with each round, so that what disturbs the machine disturbs everybody.
    for (const [name, run] of contenders.map((_, index) => contenders[(index + round) % contenders.length] ?? contenders[0]).filter((each) => each !== undefined)) {
      figures.get(name)?.push(await run());
    }
  }
  const perSecond = (name: string): number => median(figures.get(name) ?? []);
  // Round by round: a machine whose speed drifts moves both of a round.
  const times = (name: string): number[] => (figures.get("ours, two round trips") ?? []).map((ours, round) => ours / (figures.get(name)?.[round] ?? Number.NaN));
  note(`${connections} connections, ${connections * perConnection} answers a round, ${rounds} rounds, medians:`);
  for (const [name] of contenders) note(`  ${name}: ${Math.round(perSecond(name))} answers/s`);
  if (pgbench !== null) results.figure({ name: `answers a second ÷ pgbench with the same SQL, ${connections} connections`, goal: { atLeast: 0.5 }, values: times("pgbench, the same SQL") });
  results.figure({ name: "answers a second ÷ the same handler in six round trips", goal: { atLeast: 1.3 }, values: times("the same, six round trips") });
  note(`against one round trip for each statement: ${median(times("the same, statement by statement")).toFixed(2)} ×`);
}

function groupOfSix(name: string): number {
  const group = groups.findIndex((names) => names.includes(name));
  if (group === -1) throw new Error(`the statement ${name} is in none of the six groups`);
  return group;
}

function oneByOne(): Pool {
  const names = groups.flat();
  return poolInGroups(pool, (name) => names.indexOf(name));
}

/** Our own statements for one answer, with everything that names its user, question, intent or order made to follow from `:n`. */
async function scriptOf(): Promise<string> {
  const n = await freshUsers(1);
  const sent = await statementsOf(pool, (recorded) => approve(answerServiceOn(recorded), n));
  const intentId = derivedUuid("intent", questionIdOf(n));
  const uuid = (kind: string): string => `('00000000-0000-${kind}-8000-' || lpad(:n::text, 12, '0'))::uuid`;
  const names = new Map([
    [uidOf(n), "('b' || :n::text)"],
    [questionIdOf(n), uuid("4000")],
    [intentId, uuid("8001")],
    [derivedUuid("order", intentId), uuid("8002")],
    [clientOrderIdOf(intentId), "('nod-bench-' || :n::text)"],
  ]);
  const read = sent.findIndex(({ name }) => name === "read-answer-context") + 1;
  const asText = ({ name, text, values }: Sent): Sent => ({ name, text, values });
  return toPgbenchScript([sent.slice(0, read).map(asText), sent.slice(read).map(asText)], names);
}
