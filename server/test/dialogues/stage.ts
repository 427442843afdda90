/** What a dialogue happens on: people, a database, Nod's real order desk, and a broker that waits for its lines, or the simulator. */
import { defaultKeys, startSimulator, type Simulator } from "@nod/alpaca-simulator";
import { createAlpacaBroker } from "../../src/alpaca/broker.ts";
import { connectToAlpaca } from "../../src/alpaca/connection.ts";
import { createAlpacaTradeStream } from "../../src/alpaca/trade-stream.ts";
import { newUuid } from "../../src/core/ids.ts";
import type { Pool } from "../../src/db/pool.ts";
import { BrokerUnavailableError, type BrokerPort, type TradeStreamPort } from "../../src/trading/ports.ts";
import { createOrderDesk, type OrderDesk } from "../../src/workers/order-desk.ts";
import { createReconciledGate } from "../../src/workers/reconciled-gate.ts";
import { createReconciler, type Reconciler } from "../../src/workers/reconcile.ts";
import { createUnknownResolver } from "../../src/workers/resolve-unknown.ts";
import { DeskLost } from "../../src/workers/desk-lease.ts";
import type { TestDatabase } from "../support/database.ts";
import { openDeskFence } from "../support/open-fence.ts";
import { addTraders, createFloor, openTheMarket, secondPool, testRiskSettings } from "../support/trading-floor.ts";
import { Mismatch } from "./mismatch.ts";
import { startWireBroker, type WireBroker } from "./wire-broker.ts";

export const people = ["ann", "bob"] as const;
export type Person = (typeof people)[number];

/** What was last said to a person, for the lines that look at it. */
export type LastWord = { code: string | null; refusal: string | null };

export type Stage = {
  readonly database: TestDatabase;
  /** Where a dialogue is with the broker that waits for its lines. @throws Mismatch where it is with the simulator */
  readonly broker: WireBroker;
  /** @throws Mismatch where the dialogue is not with the simulator */
  readonly simulator: Simulator;
  /** The client order ids that were POSTed, one for each POST. */
  posted(): string[];
  /** POSTs that nobody answered. */
  unanswered(): number;
  /** Orders by what the dialogue calls them; `""` is the latest. */
  readonly orders: Map<string, string>;
  readonly questions: Map<Person, string>;
  readonly last: LastWord;
  /** Messages of the stream that the desk has taken in, or could not. */
  taken: number;
  readonly told: Map<Person, number>;
  /** How long a line waits for what it says. */
  patienceMs: number;
  uid(person: Person): string;
  answer(person: Person, questionId: string, value: number): ReturnType<ReturnType<typeof createFloor>["answer"]>;
  /** The books are compared as on the timer. True when it went through. */
  compare(): Promise<boolean>;
  /** Null while no process runs. */
  desk(): OrderDesk | null;
  /** Connected, and the books compared since. */
  isReady(): boolean;
  /** How often the process that runs has connected to the stream. */
  connects(): number;
  startDesk(): Promise<void>;
  stopDesk(): Promise<void>;
  /** The process is gone in the middle of what it does: it never reaches the database again. */
  killDesk(): Promise<void>;
  /** What went wrong that no dialogue may bring about. */
  readonly failures: unknown[];
  end(): Promise<void>;
};

export type StageOptions = { patienceMs: number; requestTimeoutMs: number; on: "wire" | "simulator" };

/** No comparison comes by itself: a dialogue says when. Everything else is as in the process. */
const rhythm = { reconcileEveryMs: 3_600_000, reconcileAgainMs: 50, lookUpEveryMs: 20, cancelEveryMs: 50, assetsEveryMs: 3_600_000, lease: { ttlMs: 600_000, renewEveryMs: 60_000, standbyRetryMs: 20 } };
const lookupLimits = { firstDelayMs: 10, longestDelayMs: 40 };
const submitLimits = { pollIntervalMs: 20, retryDelayMs: 5, firstLookupDelayMs: 0, writeRetryDelayMs: 10 };

export async function setStage(database: TestDatabase, options: StageOptions): Promise<Stage> {
  const run = newUuid().slice(0, 8);
  const venue = options.on === "wire" ? await wireVenue(run) : await simulatedVenue();
  const uids = new Map(people.map((person) => [person, `${person}_${run}`]));
  await clearAway(database.ownerPool);
  await addTraders(database.ownerPool, [...uids.values()], { max_orders_per_day: 10 });
  await openTheMarket(database.ownerPool);

  const settings = { ...venue.keys, tradingBaseUrl: venue.url, dataBaseUrl: venue.url, tradingStreamUrl: venue.streamUrl, requestsPerMinute: 100_000, requestTimeoutMs: options.requestTimeoutMs };
  const port = createAlpacaBroker(connectToAlpaca(settings));
  const failures: unknown[] = [];
  const failed = (error: unknown): void => {
    if (!(error instanceof BrokerUnavailableError || error instanceof DeskLost || isOfTheDead(error))) failures.push(error);
  };
  const floor = createFloor(database.pool, { port, stream: createAlpacaTradeStream(settings) });
  const reconciler = reconcilerOf(database.pool, port, failed);
  let running: RunningDesk | null = null;
  const current = (): RunningDesk => {
    if (running === null) throw new Error("no process is running");
    return running;
  };

  const stage: Stage = {
    database,
    get broker() {
      if (venue.broker === null) throw new Mismatch("this dialogue is with the simulator");
      return venue.broker;
    },
    get simulator() {
      if (venue.simulator === null) throw new Mismatch("this dialogue is not with the simulator");
      return venue.simulator;
    },
    posted: venue.posted,
    unanswered: () => venue.broker?.waitingPosts.length ?? 0,
    orders: new Map(),
    questions: new Map(),
    last: { code: null, refusal: null },
    taken: 0,
    told: new Map(),
    patienceMs: options.patienceMs,
    uid: (person) => uids.get(person) ?? "",
    answer: (person, questionId, value) => floor.answer(uids.get(person) ?? "", questionId, value),
    compare: () => reconciler.reconcile(),
    desk: () => running?.desk ?? null,
    isReady: () => running !== null && running.connects() > 0 && running.desk.isReconciled() && venue.listeners() === 1,
    connects: () => running?.connects() ?? 0,
    startDesk: () => {
      running = openDesk(database, port, createAlpacaTradeStream(settings), { taken: () => (stage.taken += 1), failed });
      return Promise.resolve();
    },
    stopDesk: async () => {
      await running?.end();
      running = null;
    },
    killDesk: async () => {
      const dying = current();
      running = null;
      dying.die();
      for (const waiting of venue.broker?.waitingPosts.splice(0) ?? []) waiting.reset();
      await dying.end();
      await database.ownerPool.query("update leases set expires_at = now() where name = 'order-desk'");
    },
    failures,
    end: async () => {
      venue.broker?.letIn();
      for (const waiting of [...(venue.broker?.waitingPosts ?? []), ...(venue.broker?.waitingDeletes ?? [])]) waiting.reset();
      await stage.stopDesk();
      await floor.stop();
      await venue.stop();
    },
  };
  await stage.startDesk();
  return stage;
}

type Venue = {
  broker: WireBroker | null;
  simulator: Simulator | null;
  url: string;
  streamUrl: string;
  keys: { keyId: string; secretKey: string };
  posted(): string[];
  listeners(): number;
  stop(): Promise<void>;
};

async function wireVenue(run: string): Promise<Venue> {
  const broker = await startWireBroker(run);
  const { url, streamUrl, posts, listeners, stop } = broker;
  return { broker, simulator: null, url, streamUrl, keys: { keyId: "key", secretKey: "secret" }, posted: () => posts.map((posted) => posted.client_order_id), listeners, stop };
}

async function simulatedVenue(): Promise<Venue> {
  const simulator = await startSimulator({ port: 0 });
  simulator.control.setMarket("open");
  const [keys] = defaultKeys;
  if (keys === undefined) throw new Error("the simulator has no keys");
  return {
    broker: null,
    simulator,
    url: simulator.url,
    streamUrl: simulator.tradingStreamUrl,
    keys,
    posted: () => simulator.control.book().posts.map(({ clientOrderId }) => clientOrderId),
    listeners: () => simulator.control.book().streams.tradeUpdates.length,
    stop: () => simulator.stop(),
  };
}

/** What an earlier dialogue left behind is none of this one's business. */
async function clearAway(owner: Pool): Promise<void> {
  await owner.query("update trade_orders set status = 'canceled' where is_open");
  await owner.query("delete from kill_switches");
  await owner.query("delete from leases where name = 'order-desk'");
}

class OfTheDead extends Error {}
const isOfTheDead = (error: unknown): boolean => error instanceof OfTheDead;

type RunningDesk = { desk: OrderDesk; connects: () => number; die: () => void; end: () => Promise<void> };

function openDesk(database: TestDatabase, port: BrokerPort, stream: TradeStreamPort, heard: { taken: () => void; failed: (error: unknown) => void }): RunningDesk {
  const pool = secondPool(database.url);
  let isDead = false;
  const dead = (): Promise<never> => Promise.reject(new OfTheDead("this process is dead"));
  const mortal: Pool = Object.create(pool, {
    query: { value: (...given: Parameters<Pool["query"]>) => (isDead ? dead() : pool.query(...given)) },
    connect: { value: () => (isDead ? dead() : pool.connect()) },
  }) as Pool;
  const nothing = (): undefined => undefined;
  let isEnding = false;
  let connects = 0;
  const desk = createOrderDesk({
    pool: mortal,
    broker: port,
    stream,
    settings: testRiskSettings,
    observer: {
      denied: nothing, sending: nothing, answered: nothing, lookedUp: nothing, canceled: nothing, reconciled: nothing, disconnected: nothing,
      connected: () => (connects += 1),
      applied: () => heard.taken(),
      failed: (error) => (isEnding ? undefined : heard.failed(error)),
    },
    rhythm,
    limits: { submit: submitLimits, lookup: lookupLimits },
  });
  desk.start();
  return {
    desk,
    connects: () => connects,
    die: () => void (isDead = true),
    end: async () => {
      isEnding = true;
      await desk.stop();
      await pool.end();
    },
  };
}

function reconcilerOf(pool: Pool, broker: BrokerPort, failed: (error: unknown) => void): Reconciler {
  const fence = openDeskFence;
  const unknowns = createUnknownResolver({ pool, fence, broker, settings: testRiskSettings, onSendAgain: () => undefined, observer: { lookedUp: () => undefined, failed }, limits: lookupLimits });
  // As in a process that has been there all the time.
  const gate = createReconciledGate();
  gate.open(gate.closings());
  return createReconciler({ pool, fence, broker, gate, unknowns, observer: { reconciled: () => undefined, failed } });
}
