/**
 * Push over several processes: so many real WebSocket connections over two web processes against the same number on one.
 * Every user is connected once and is told the same number of messages, written by bulk transactions; what counts is the
 * messages a second until everybody has everything. None may be lost, come twice or out of order. `--quick` proves nothing.
 *
 * It needs as many open files as connections in one process. Node raises its own limit as far as it may; where that is too
 * little (`ulimit -Hn`), it says so.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/core/clock.ts";
import { createLocalIdentity } from "../src/http/auth/local-identity.ts";
import { readOrCreateLocalSecret } from "../src/http/auth/local-secret.ts";
import { appendToOutbox } from "../src/trading/outbox/outbox-table.ts";
import { withTransaction } from "../src/db/transaction.ts";
import { startCrowd, sum } from "./push/crowd.ts";
import type { Person, Tally } from "./push/messages.ts";
import { startWebProcess, type WebProcess } from "./push/web-process.ts";
import { addAskedUsers, openMarket, questionIdOf, uidOf } from "./support/answer-population.ts";
import { openBenchDatabase, type BenchDatabase } from "./support/bench-database.ts";
import { createResults } from "./support/results.ts";
import { note, timed } from "./support/side-by-side.ts";

const quick = process.argv.includes("--quick");
const sockets = quick ? 200 : 5_000;
const messagesEach = quick ? 5 : 20;
const pairs = quick ? 2 : 7;
/** Clients are many processes' work, so that they are not what is measured. */
const clientProcesses = 2;
const spareFiles = 500;

const results = createResults("push", quick);
checkOpenFiles();
const database = await openBenchDatabase();
const dataFolder = await mkdtemp(join(tmpdir(), "nod-bench-push-"));
const crowd = startCrowd(clientProcesses);
const webs: WebProcess[] = [];
try {
  note(`${sockets} sockets, ${messagesEach} messages each, in ${messagesEach} transactions`);
  await openMarket(database.ownerPool);
  await addAskedUsers(database.ownerPool, 1, sockets);
  const tokens = await tokensOf(dataFolder);
  for (let n = 0; n < 2; n += 1) webs.push(await startWebProcess(environmentOf(database)));
  const [first, second] = webs;
  if (first === undefined || second === undefined) throw new Error("two were started");
  await pushOver([first], tokens); // warms up both, and the database
  await pushOver([second], tokens);
  const ratios: number[] = [];
  const tallies: Tally[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const perSecond = { one: 0, two: 0 };
    for (const name of pair % 2 === 0 ? (["one", "two"] as const) : (["two", "one"] as const)) {
      const run = await pushOver(name === "two" ? [first, second] : pair % 4 < 2 ? [first] : [second], tokens);
      perSecond[name] = run.perSecond;
      tallies.push(run.tally);
    }
    ratios.push(perSecond.two / perSecond.one);
    note(`  pair ${pair + 1} of ${pairs}: one process ${Math.round(perSecond.one)} messages a second, two ${Math.round(perSecond.two)}`);
  }
  results.figure({ name: `push to ${sockets.toLocaleString("en")} sockets, two web processes ÷ one, messages a second`, goal: { atLeast: 0.9 }, values: ratios });
  expectNoneLost(sum(tallies));
  await results.record(database.ownerPool);
} finally {
  crowd.stop();
  await Promise.all(webs.map((web) => web.stop()));
  await database.close();
  await rm(dataFolder, { recursive: true, force: true });
}

/** The limits by address are as many as this one machine is people. */
function environmentOf({ webUrl, workerUrl, ownerUrl }: BenchDatabase): Record<string, string> {
  return {
    DATABASE_URL: webUrl,
    DATABASE_WORKER_URL: workerUrl,
    DATABASE_OWNER_URL: ownerUrl,
    DATA_DIR: dataFolder,
    LIMIT_REQUESTS_PER_ADDRESS_PER_MINUTE: "1000000",
    LIMIT_HUB_CONNECTIONS_PER_ADDRESS: "100000",
  };
}

async function tokensOf(folder: string): Promise<string[]> {
  const secret = await readOrCreateLocalSecret(join(folder, "local-auth.key"));
  const { issueToken } = createLocalIdentity({ secret, host: "127.0.0.1", nodeEnv: undefined, clock: systemClock });
  return Promise.all(Array.from({ length: sockets }, (_, n) => issueToken(uidOf(n + 1))));
}

async function pushOver(over: readonly WebProcess[], tokens: readonly string[]): Promise<{ perSecond: number; tally: Tally }> {
  await emptyOutbox();
  const { rows } = await database.ownerPool.query<{ last_seq: number }>("select last_seq::int4 from user_outbox_heads where firebase_uid = $1", [uidOf(1)]);
  const lastSeq = rows[0]?.last_seq ?? 0;
  const people = tokens.map((token, n): Person => ({ uid: uidOf(n + 1), token, port: over[n % over.length]?.port ?? 0, lastSeq }));
  await crowd.connect(people);
  let tally = sum([]);
  const ms = await timed(async () => {
    const received = crowd.expect(messagesEach);
    await writeMessages();
    tally = await received;
  });
  const { repeated, disordered } = await crowd.disconnect();
  return { perSecond: (sockets * messagesEach * 1_000) / ms, tally: { ...tally, repeated, disordered } };
}

/** What the last run's processes still read of it ends by itself. */
async function emptyOutbox(): Promise<void> {
  await withTransaction(
    database.ownerPool,
    async (tx) => {
      await tx.query("set local lock_timeout = '60s'");
      await tx.query("truncate user_outbox");
    },
    { timeoutMs: 90_000 },
  );
}

/** One message for everybody in each transaction, with one notification. */
async function writeMessages(): Promise<void> {
  const entries = Array.from({ length: sockets }, (_, n) => ({ firebaseUid: uidOf(n + 1), kind: "question_asked" as const, refId: questionIdOf(n + 1) }));
  for (let n = 0; n < messagesEach; n += 1) await withTransaction(database.pool, (tx) => appendToOutbox(tx, entries), { timeoutMs: 60_000 });
}

function expectNoneLost({ received, missing, repeated, disordered, connectionsLost }: Tally): void {
  const faults = missing + repeated + disordered + connectionsLost;
  note(`${received.toLocaleString("en")} messages: ${missing} lost, ${repeated} twice, ${disordered} out of order, ${connectionsLost} connections lost${faults === 0 ? " — met" : " — MISSED"}`);
  if (faults > 0) process.exitCode = 1;
}

function checkOpenFiles(): void {
  const limit = execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim();
  if (limit !== "unlimited" && Number(limit) < sockets + spareFiles) throw new Error(`${sockets} connections need ${sockets + spareFiles} open files in a process, and ${limit} are allowed (ulimit -Hn)`);
}
