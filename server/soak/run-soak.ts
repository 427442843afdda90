/** One soak: everything is started, lives under load and kills, comes to rest, and is judged. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Tally } from "../chaos/checker/check.ts";
import type { Violation } from "../chaos/checker/violation.ts";
import { createRandom } from "../chaos/random.ts";
import { noteClocks } from "../chaos/stage/shadow-clock.ts";
import { startBroker, type Broker } from "./broker.ts";
import { comparePhones } from "./compare.ts";
import { openSoakDatabase, type SoakDatabase } from "./database.ts";
import { rssOf, startFleet, type Fleet, type Life, type Member } from "./fleet.ts";
import { judge } from "./judge.ts";
import { killNowAndThen, type Kills } from "./kills.ts";
import { startLoad, type Load, type LoadTotals } from "./load.ts";
import type { PhoneMemory } from "./load/phone.ts";
import { movePrices } from "./prices.ts";
import { loadMs, type SoakOptions } from "./options.ts";
import { comeToRest } from "./rest.ts";
import { caps, populate } from "./scenario.ts";
import { freePort } from "../src/db/free-port.ts";

export type SoakResult = {
  violations: Violation[];
  stories: string[];
  tally: Tally;
  totals: LoadTotals;
  loadSeconds: number;
  kills: Kills;
  /** What was said of processes that did not stop in good order after the load. */
  disorder: string[];
  lives: readonly Life[];
  phones: { questions: number; toldAgain: number; connections: number };
  bystanders: { name: string; startBytes: number; endBytes: number }[];
};

const loadProcesses = 2;
/** Of each process's phones: the unmodified client. */
const fixedShare = 0.02;
const progressEveryMs = 10_000;
const connectTimeoutMs = 300_000;
const requestTimeoutMs = 5_000;

export async function runSoak(options: SoakOptions, say: (line: string) => void): Promise<SoakResult> {
  const database = await openSoakDatabase(options.durable);
  const broker = await startBroker(options.seed);
  try {
    await populate(database.owner, options);
    await noteClocks(database.owner, 0);
    say(`${options.users} users are there; PostgreSQL ${options.durable ? "writes through to the disk" : "does not wait for the disk"}`);
    const members = await Promise.all(["web 1", "web 2", "worker 1", "worker 2"].map(async (name): Promise<Member> => ({ name, role: name.startsWith("web") ? "web" : "worker", address: `http://127.0.0.1:${await freePort()}` })));
    const environmentOf = (member: Member): Record<string, string> => environmentFor(member, database, broker, options);
    const fleet = startFleet(members, environmentOf);
    let load: Load | null = null;
    try {
      await fleet.ready();
      say("two web and two worker processes are ready");
      load = startLoad(ordersFor(options, members, database.folder));
      await untilConnected(load, options.clients);
      say(`${options.clients} clients are connected`);
      const lived = await live({ options, database, broker, fleet, load, say });
      const resting = await comeToRest({ database, broker, load, members, environmentOf, say });
      await load.end();
      const judged = await judgeAll(database, broker, load);
      const unrest = [...lived.complaints, ...resting].map((what): Violation => ({ law: "everything comes to rest", what, clientOrderId: null }));
      return { ...lived.result, ...judged, violations: [...unrest, ...judged.violations] };
    } finally {
      await fleet.stop();
    }
  } finally {
    await broker.stop();
    await database.close();
  }
}

type Living = { options: SoakOptions; database: SoakDatabase; broker: Broker; fleet: Fleet; load: Load; say: (line: string) => void };

/** The load with its kills, until everybody has stopped in good order. */
async function live({ options, database, broker, fleet, load, say }: Living): Promise<{ result: Pick<SoakResult, "kills" | "disorder" | "lives" | "loadSeconds" | "totals" | "bystanders">; complaints: string[] }> {
  const forMs = loadMs(options);
  const random = createRandom(`soak ${options.seed}`);
  let began = performance.now();
  const bystanders = await Promise.all([["broker", broker.pid] as const, ...load.pids.map((pid, n) => [`load ${n + 1}`, pid] as const)].map(async ([name, pid]) => ({ name, pid, startBytes: (await rssOf(pid)) ?? 0 })));
  const over = new AbortController();
  const prices = movePrices(broker, { random: random.fork("prices"), forMs, signal: over.signal });
  const progress = setInterval(() => {
    const { connected, replies, waiting } = load.totals();
    say(`after ${((performance.now() - began) / 1_000).toFixed(0)} s: ${connected} connected, ${replies} answers, ${waiting} questions wait for their turn`);
  }, progressEveryMs);
  try {
    await untilAnswered(load);
    began = performance.now();
    const kills = await killNowAndThen({ fleet, database, random: random.fork("kills"), everyMs: options.killEverySeconds * 1_000, forMs, restartsDatabase: options.restartsDatabase, say });
    const loadSeconds = (performance.now() - began) / 1_000;
    // What comes later is the rest, in which nobody is meant to be reached for a while.
    const { answerMs, reconnectMs, ...counts } = load.totals();
    const totals = { ...counts, answerMs: [...answerMs], reconnectMs: [...reconnectMs] };
    load.answerNoMore();
    await fleet.ready();
    const disorder = await fleet.stop();
    const measured = await Promise.all(bystanders.map(async ({ name, pid, startBytes }) => ({ name, startBytes, endBytes: (await rssOf(pid)) ?? 0 })));
    return { result: { kills, disorder, lives: fleet.lives, loadSeconds, totals, bystanders: measured }, complaints: [...fleet.surprises] };
  } finally {
    clearInterval(progress);
    over.abort();
    await prices;
  }
}

async function judgeAll(database: SoakDatabase, broker: Broker, load: Load): Promise<Pick<SoakResult, "violations" | "stories" | "tally" | "phones">> {
  const batch = 5_000;
  let replies: { uid: string; questionId: string; value: number; result: string }[] = [];
  const store = async (): Promise<void> => {
    await database.owner.query(
      "insert into chaos.replies (firebase_uid, question_id, value, kind, result) select uid, question, value, 'answered', result from unnest($1::text[], $2::uuid[], $3::numeric[], $4::json[]) as r (uid, question, value, result)",
      [replies.map(({ uid }) => uid), replies.map(({ questionId }) => questionId), replies.map(({ value }) => value), replies.map(({ result }) => result)],
    );
    replies = [];
  };
  for await (const reply of load.replies()) {
    replies.push(reply);
    if (replies.length === batch) await store();
  }
  await store();
  const memories: PhoneMemory[] = [];
  for await (const memory of load.memories()) memories.push(memory);
  const { violations: differences, ...phones } = await comparePhones(database.owner, memories);
  const verdict = await judge(database.ownerUrl, await broker.book());
  return { ...verdict, violations: [...differences, ...verdict.violations], phones };
}

async function untilConnected(load: Load, clients: number): Promise<void> {
  const givesUpAt = performance.now() + connectTimeoutMs;
  while (load.totals().connected < clients) {
    if (performance.now() > givesUpAt) throw new Error(`only ${load.totals().connected} of ${clients} clients came to be connected`);
    await sleep(100);
  }
}

/** The load begins with the first answer, however long everything took to be ready for it. */
async function untilAnswered(load: Load): Promise<void> {
  const givesUpAt = performance.now() + connectTimeoutMs;
  while (load.totals().replies === 0) {
    if (performance.now() > givesUpAt) throw new Error("nobody was asked, or nobody's answer was taken");
    await sleep(100);
  }
}

function ordersFor({ clients, answersPerSecond, seed }: SoakOptions, members: readonly Member[], folder: string): Parameters<typeof startLoad>[0] {
  const addresses = members.filter(({ role }) => role === "web").map(({ address }) => address);
  return Array.from({ length: loadProcesses }, (_, n) => {
    const first = Math.floor((clients * n) / loadProcesses);
    const count = Math.floor((clients * (n + 1)) / loadProcesses) - first;
    return {
      addresses, first, count, fixedClients: Math.ceil(count * fixedShare), answersPerSecond: answersPerSecond / loadProcesses, dataFolder: join(folder, "nod"),
      repliesFile: join(folder, `replies-${n}.jsonl`), memoriesFile: join(folder, `memories-${n}.jsonl`), seed: `${seed} ${n}`,
    };
  });
}

function environmentFor({ role, address }: Member, database: SoakDatabase, broker: Broker, { shards }: SoakOptions): Record<string, string> {
  const [keys] = broker.keys;
  return {
    ROLE: role, TRADING_SHARDS: String(shards), PORT: new URL(address).port, DATA_DIR: join(database.folder, "nod"), LOG_LEVEL: "fatal",
    DATABASE_URL: database.webUrl, DATABASE_WORKER_URL: database.workerUrl, DATABASE_OWNER_URL: database.ownerUrl,
    QUESTION_WORKER_INTERVAL_SECONDS: "1",
    TRADING_CAP_MAX_ORDER_NOTIONAL_USD: caps.maxOrderNotionalUsd, TRADING_CAP_MAX_ORDERS_PER_DAY: caps.maxOrdersPerDay, TRADING_CAP_MAX_NOTIONAL_USD_PER_4H: caps.maxNotionalUsdPer4h,
    ALPACA_TRADING_BASE_URL: broker.url, ALPACA_DATA_BASE_URL: broker.url, ALPACA_TRADING_STREAM_URL: broker.tradingStreamUrl, ALPACA_DATA_STREAM_URL: broker.dataStreamUrl,
    // Where this machine has no second loopback address, all clients come from the one.
    LIMIT_HUB_CONNECTIONS_PER_ADDRESS: "100000", LIMIT_REQUESTS_PER_ADDRESS_PER_MINUTE: "1000000",
    ALPACA_REQUESTS_PER_MINUTE: "100000", ALPACA_REQUEST_TIMEOUT_MS: String(requestTimeoutMs),
    ...(role === "worker" && keys !== undefined && { ALPACA_API_KEY_ID: keys.keyId, ALPACA_API_SECRET_KEY: keys.secretKey }),
  };
}
