/** A real process under load, killed again and again; then rest, and the checker's verdict. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Rule, TradingConfig } from "@nod/contract/trading-config";
import { startSimulator, type Simulator } from "@nod/alpaca-simulator";
import { createPool, type Pool } from "../../src/db/pool.ts";
import { checkBooks, type Verdict } from "../checker/check.ts";
import { createRandom, type Random } from "../random.ts";
import { openDatabase } from "../stage/database.ts";
import { setDatabaseAhead } from "../stage/shadow-clock.ts";
import type { Stage } from "../stage/stage.ts";
import { ordersAt, whatIsLeft } from "../world/rest.ts";
import { startNodProcess, type NodProcess } from "./nod-process.ts";
import { createPerson, type Person } from "./people.ts";
import { freePort } from "../../src/db/free-port.ts";

const uids = ["ada", "bob", "cyd", "dee", "eve", "fay"];
const symbols = ["ACME", "BOLT", "CRUX", "DYNE"];
const prevClose = 100;
const duringStartShare = 0.2;
const longestStartMs = 1_500;
const longestLoadMs = 900;
const busyShare = 0.8;
const longestIdleMs = 240_000;
const mostStarts = 4;
const roundPauseMs = 25;
const restTimeoutMs = 600_000;
const lookEveryMs = 100;
/**
 * Between the first two jumps. Each takes every lease away, so on a machine that needs longer to take them again and to compare
 * the books there must be more time before the next.
 */
const firstLooksBetweenJumps = 50;
const moreLooksEachTime = 1.5;
/** Past the time that an order may stay in doubt, by the database's clock. */
const doubtMs = 6 * 60_000;
/** The adapter's time-out for a POST in this run, and where nothing goes wrong any more. */
const requestTimeoutMs = 2_000;
const unhurriedTimeoutMs = 30_000;

type Run = { address: string; environment: Record<string, string>; simulator: Simulator; owner: Pool; people: Person[]; random: Random };

/** One world of its own. `say` is told each kill. @throws what keeps a process from starting or stopping */
export async function runKills({ addresses }: Stage, kills: number, seed: string, say: (wasReady: boolean) => void): Promise<Verdict> {
  const random = createRandom(`nod kills ${seed}`);
  const database = await openDatabase(addresses, `kills_${seed}`);
  const dataFolder = await mkdtemp(join(tmpdir(), "nod-kills-"));
  const simulator = await startSimulator({
    seed,
    symbols: Object.fromEntries(symbols.map((symbol) => [symbol, { price: String(prevClose), prevClose: String(prevClose) }])),
    cash: "10000000",
    latency: { route: [0, 10], fill: [0, 300], cancel: [0, 20] },
  });
  simulator.control.setMarket("open");
  const owner = createPool({ url: database.ownerUrl, applicationName: "chaos", maxConnections: 4 });
  const address = `http://127.0.0.1:${await freePort()}`;
  const run: Run = { address, environment: environmentOf(address, database, dataFolder, simulator), simulator, owner, people: uids.map((uid) => createPerson(address, uid, owner)), random };
  try {
    await setDatabaseAhead(owner, 0);
    await populate(owner);
    await beCompiled(run);
    for (let n = 0; n < kills; n += 1) {
      const wasReady = await liveAndDie(run, random.fork(`kill ${n}`));
      await endLeases(owner);
      say(wasReady);
    }
    const left = await comeToRest(run);
    const verdict = await checkBooks({ database: owner, book: simulator.control.book() });
    const unrest = left === null ? [] : [{ law: "everything comes to rest", what: left, clientOrderId: null }];
    return { ...verdict, violations: [...unrest, ...verdict.violations] };
  } finally {
    await owner.end();
    await simulator.stop();
    await database.drop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** Those that are killed start faster on what one that ended in good order has left of its compiled modules. */
async function beCompiled({ address, environment }: Run): Promise<void> {
  const nod = await startUntilReady(address, { ...environment, QUESTION_WORKER_ENABLED: "false" });
  await nod.stop();
}

/** @returns whether it had become ready */
async function liveAndDie(run: Run, random: Random): Promise<boolean> {
  trouble(run.simulator, random);
  movePrices(run.simulator, random);
  if (random.chance(duringStartShare)) {
    const unready = startNodProcess(run.address, run.environment);
    await sleep(random.integer(0, longestStartMs));
    await unready.kill();
    return false;
  }
  const nod = await startUntilReady(run.address, run.environment);
  const asked = Promise.withResolvers<void>();
  const load = underLoad(run, nod, random, asked.resolve);
  // Most die in the middle of answers and orders, the others at any moment.
  if (random.chance(busyShare)) await Promise.race([asked.promise, sleep(longestIdleMs, undefined, { ref: false })]);
  await sleep(random.integer(0, longestLoadMs));
  await nod.kill();
  await load;
  return true;
}

/** What the dead held runs out at once: waiting six or eight seconds for it would show nothing more. */
async function endLeases(owner: Pool): Promise<void> {
  await owner.query("update leases set expires_at = clock_timestamp() where expires_at > clock_timestamp()");
}

/** On a machine that is busy with other things a start can fail for want of time: whoever supervises Nod starts it again. */
async function startUntilReady(address: string, environment: Record<string, string>): Promise<NodProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const nod = startNodProcess(address, environment);
    if (await nod.ready()) return nod;
    if (attempt === mostStarts) throw new Error(`Nod ended by itself:\n${nod.output()}`);
  }
}

async function underLoad({ people, simulator }: Run, nod: NodProcess, random: Random, onAsked: () => void): Promise<void> {
  for (let round = 0; nod.isRunning(); round += 1) {
    const own = random.fork(`round ${round}`);
    movePrices(simulator, own);
    await Promise.all(people.map((person, n) => person.answerAll(own.fork(`person ${n}`), onAsked)));
    await sleep(roundPauseMs);
  }
}

function movePrices(simulator: Simulator, random: Random): void {
  for (const symbol of symbols) simulator.control.setPrice(symbol, ((prevClose * random.integer(9_400, 9_690)) / 10_000).toFixed(2));
}

/** Answers to POSTs come late or never now and then, so that kills find orders in every state. */
function trouble(simulator: Simulator, random: Random): void {
  simulator.control.clearFaults();
  simulator.control.fault({ route: "POST /v2/orders", times: 12, do: { kind: "delay", ms: random.integer(50, 900) }, when: random.pick(["before", "after"]) });
  if (random.chance(0.3)) simulator.control.fault({ route: "POST /v2/orders", skip: 1, times: 1, do: { kind: "reset" }, when: "after" });
  if (random.chance(0.3)) simulator.control.streamFault({ stream: "trade_updates", times: 3, do: { kind: "lose" } });
}

/**
 * Two lives that ask nothing new: one to bring everything to its end, one that compares the books from scratch. What is in
 * doubt since the last start ends after two minutes: they pass by the database's clock.
 */
async function comeToRest({ address, environment, simulator, owner }: Run): Promise<string | null> {
  simulator.control.clearFaults();
  let left: string | null = null;
  let aheadMs = 0;
  const letTimePass = (): Promise<void> => setDatabaseAhead(owner, (aheadMs += doubtMs));
  for (let life = 0; life < 2; life += 1) {
    await letTimePass();
    const nod = await startUntilReady(address, { ...environment, QUESTION_WORKER_ENABLED: "false", ALPACA_REQUEST_TIMEOUT_MS: String(unhurriedTimeoutMs) });
    const givesUpAt = performance.now() + restTimeoutMs;
    let looks = firstLooksBetweenJumps;
    for (let look = 1; (left = await whatIsLeft(owner, ordersAt(simulator))) !== null && performance.now() < givesUpAt; look += 1) {
      await sleep(lookEveryMs);
      if (look < looks) continue;
      await letTimePass();
      [look, looks] = [0, looks * moreLooksEachTime];
    }
    await nod.stop();
  }
  return left;
}

function environmentOf(address: string, database: { url: string; webUrl: string; ownerUrl: string }, dataFolder: string, simulator: Simulator): Record<string, string> {
  const [keys] = simulator.keys;
  if (keys === undefined) throw new Error("the simulator has no keys");
  return {
    NODE_COMPILE_CACHE: join(dataFolder, "compiled"),
    PORT: new URL(address).port, DATA_DIR: dataFolder, DATABASE_URL: database.webUrl, DATABASE_WORKER_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl, LOG_LEVEL: "fatal",
    QUESTION_WORKER_INTERVAL_SECONDS: "1", TRADING_CAP_MAX_ORDERS_PER_DAY: "1000", TRADING_CAP_MAX_NOTIONAL_USD_PER_4H: "100000",
    ALPACA_API_KEY_ID: keys.keyId, ALPACA_API_SECRET_KEY: keys.secretKey, ALPACA_TRADING_BASE_URL: simulator.url, ALPACA_DATA_BASE_URL: simulator.url,
    ALPACA_TRADING_STREAM_URL: simulator.tradingStreamUrl, ALPACA_REQUESTS_PER_MINUTE: "100000", ALPACA_REQUEST_TIMEOUT_MS: String(requestTimeoutMs),
  };
}

async function populate(owner: Pool): Promise<void> {
  const rules = symbols.map((symbol): Rule => ({
    id: `dip_${symbol.toLowerCase()}`, type: "price_below_pct_of_ref", symbol, ref_metric: "prev_close", threshold_pct: -1, question_template: "{{symbol}} is at {{price}}. Buy?",
    on_answer_match: { action: "propose_order", side: "buy", notional_usd: symbol === "DYNE" ? { ask: { min: 5, max: 50 } } : 10 },
    cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 3_600, max_drift_bps: 2_000,
  }));
  const template: TradingConfig = {
    version: 1, enabled: true, mode: "paper", rules,
    data_inputs: [{ id: "watchlist", source: "alpaca", asset_class: "us_equity", symbols: [...symbols], feed: "iex", poll_interval_seconds: 5, metrics: ["last_trade", "daily_bar", "prev_close"] }],
    guardrails: { undo_seconds: 0, max_orders_per_day: 1_000, max_notional_usd_per_4h: 10_000, require_question_before_order: true, symbols_blocklist: [] },
  };
  await owner.query("insert into trading_config_templates (name, config) values ('kills', $1)", [JSON.stringify(template)]);
  await owner.query("insert into users (firebase_uid) select unnest($1::text[])", [uids]);
  await owner.query("insert into user_trading_config (firebase_uid, template_name) select unnest($1::text[]), 'kills'", [uids]);
  await owner.query("insert into chaos.caps values (1000, 1000, 100000)");
}
