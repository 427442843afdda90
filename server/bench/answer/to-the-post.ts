/** From the answer to the order's POST, through the SDK over loopback to a broker in a process of its own. */
import { setTimeout as sleep } from "node:timers/promises";
import { defaultKeys } from "@nod/alpaca-simulator";
import { createAlpacaBroker } from "../../src/alpaca/broker.ts";
import { connectToAlpaca } from "../../src/alpaca/connection.ts";
import { roomForOrders } from "../../src/alpaca/request-budget.ts";
import type { AnswerService } from "../../src/pipeline/answer.ts";
import { PoolBusyError, type Pool } from "../../src/db/pool.ts";
import { createOrderDesk, type OrderDesk } from "../../src/workers/order-desk.ts";
import { answerServiceOn, benchSettings, questionIdOf } from "../support/answer-population.ts";
import type { BenchDatabase } from "../support/bench-database.ts";
import type { Results } from "../support/results.ts";
import { median, note } from "../support/side-by-side.ts";
import { startSimulatorProcess } from "../support/simulator-process.ts";

const answersPerSecondOffered = 200;
/** What is not posted so long after its round's last answer counts as that late, and is taken off the books. */
const roundGraceMs = 20_000;

export type Population = {
  /** Adds users that were asked. @returns the first one's number */
  freshUsers(count: number): Promise<number>;
  approve(answers: AnswerService, n: number): Promise<void>;
};

type Watched = { sent: number; booked: number; onSending: (questionId: string) => void };

/** The desk as the server has it, at a broker that answers; whatever goes wrong at it fails the measurement. */
async function withDesk(db: BenchDatabase, measure: (desk: OrderDesk, watched: Watched, failed: Promise<never>) => Promise<void>): Promise<void> {
  const [keys] = defaultKeys;
  if (keys === undefined) throw new Error("the simulator has no keys");
  const simulator = await startSimulatorProcess(["--cash", "100000000"]);
  const alpaca = connectToAlpaca({
    keyId: keys.keyId, secretKey: keys.secretKey, tradingBaseUrl: simulator.url, dataBaseUrl: simulator.url, tradingStreamUrl: simulator.tradingStreamUrl,
    requestsPerMinute: 100_000, requestTimeoutMs: 10_000,
  });
  const nothing = (): undefined => undefined;
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(nothing);
  const watched: Watched = { sent: 0, booked: 0, onSending: nothing };
  const desk = createOrderDesk({
    pool: db.pool,
    broker: createAlpacaBroker(alpaca),
    stream: { start: () => ({ stop: () => Promise.resolve() }) },
    settings: benchSettings,
    roomToSend: () => roomForOrders(alpaca.trading.budget.reading()),
    observer: {
      denied: (order) => failed.reject(new Error(`denied: ${order.id}`)),
      sending: (order) => {
        watched.sent += 1;
        watched.onSending(order.questionId ?? "");
      },
      booked: (source) => {
        if (source === "post") watched.booked += 1;
      },
      answered: (order, outcome) => {
        if (outcome !== "accepted") failed.reject(new Error(`${outcome}: ${order.id}`));
      },
      lookedUp: nothing, canceled: nothing, reconciled: nothing, connected: nothing, disconnected: nothing, applied: nothing,
      failed: (error) => failed.reject(error),
    },
  });
  try {
    await db.ownerPool.query("update market_data_latest set as_of = now()");
    await measure(desk, watched, failed.promise);
  } finally {
    await desk.stop();
    await simulator.stop();
  }
}

/** What waits is not the next measurement's to send. */
async function clearTheBooks(db: BenchDatabase): Promise<void> {
  await db.ownerPool.query("update trade_orders set status = 'canceled' where status = 'pending_submit'");
  await db.ownerPool.query("vacuum analyze trade_orders");
}

async function untilReconciled(desk: OrderDesk): Promise<void> {
  while (!desk.isReconciled()) await sleep(10);
}

/** So many orders wait already, and nothing else goes on in this process: how many the desk posts and books in a second. */
export async function measureDeskAlone(db: BenchDatabase, population: Population, { orders, rounds }: { orders: number; rounds: number }): Promise<void> {
  const [perSecond, cpuMs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    await clearTheBooks(db);
    const first = await population.freshUsers(orders);
    const answers = answerServiceOn(db.pool);
    for (let k = 0; k < orders; k += 10) await Promise.all(Array.from({ length: Math.min(10, orders - k) }, (_, n) => population.approve(answers, first + k + n)));
    await withDesk(db, async (desk, watched, failed) => {
      const [began, cpu] = [Promise.withResolvers<number>(), process.cpuUsage()];
      watched.onSending = () => began.resolve(performance.now());
      desk.start();
      const beganMs = await Promise.race([began.promise, failed]);
      const all = (async () => {
        while (watched.booked < orders) await sleep(5);
      })();
      await Promise.race([all, failed]);
      perSecond.push((watched.booked * 1_000) / (performance.now() - beganMs));
      const { user, system } = process.cpuUsage(cpu);
      cpuMs.push((user + system) / 1_000 / orders);
    });
  }
  note(`the desk alone, ${orders} orders waiting: posts and books ${Math.round(median(perSecond))} a second, ${median(cpuMs).toFixed(2)} ms of this process's CPU for each`);
}

export type LatencyRun = { pool: Pool; population: Population; results: Results; answers: number; rounds: number };

/** @param run `pool`: the answers' own, as the web's role has it */
export async function measureLatency(db: BenchDatabase, { pool, population, results, answers: perRound, rounds }: LatencyRun): Promise<void> {
  await clearTheBooks(db);
  await withDesk(db, async (desk, watched, failed) => {
    desk.start();
    await untilReconciled(desk);
    const service = answerServiceOn(pool, () => desk.orderPlaced());
    const posted = new Map<string, PromiseWithResolvers<number>>();
    watched.onSending = (questionId) => posted.get(questionId)?.resolve(performance.now());
    /** At its own moment, whatever became of those before: who waits for the others offers less when it is slow. */
    const answerAt = async (n: number, atMs: number, overAt: Promise<number>): Promise<{ tookMs: number; isPosted: boolean }> => {
      await sleep(Math.max(0, atMs - performance.now()));
      const post = Promise.withResolvers<number>();
      posted.set(questionIdOf(n), post);
      await population.approve(service, n).catch((error: unknown) => {
        if (!(error instanceof PoolBusyError)) throw error;
      });
      const postedAtMs = await Promise.race([post.promise, overAt.then(() => null)]);
      return { tookMs: (postedAtMs ?? performance.now()) - atMs, isPosted: postedAtMs !== null };
    };
    const [medians, nearlyLongest]: [number[], number[]] = [[], []];
    // The first is not counted: the broker's process is as new as its connections.
    for (let round = 0; round <= rounds; round += 1) {
      const first = await population.freshUsers(perRound);
      const startMs = performance.now() + 100;
      const spanMs = (perRound * 1_000) / answersPerSecondOffered;
      const over = sleep(100 + spanMs + roundGraceMs, performance.now(), { ref: false });
      const offered = Array.from({ length: perRound }, async (_, k) => answerAt(first + k, startMs + (k * 1_000) / answersPerSecondOffered, over));
      const came = await Promise.race([Promise.all(offered), failed]);
      posted.clear();
      const late = came.filter(({ isPosted }) => !isPosted).length;
      if (late > 0) await clearTheBooks(db);
      const took = came.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
      const at = (share: number): number => took[Math.floor((took.length - 1) * share)] ?? Number.NaN;
      if (round > 0) {
        medians.push(at(0.5));
        nearlyLongest.push(at(0.99));
      }
      note(`${round === 0 ? "to be warm, not counted: " : ""}from the answer's moment to the POST, ${perRound} at ${answersPerSecondOffered} a second: median ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms${late === 0 ? "" : `; ${late} were NOT POSTED ${roundGraceMs / 1_000} s after the last answer, and count as that late`}`);
    }
    results.figure({ name: "from answer to POST under 200 answers a second, median", goal: { below: 25 }, unit: "ms", values: medians });
    results.figure({ name: "from answer to POST under 200 answers a second, 99th percentile", goal: { below: 100 }, unit: "ms", values: nearlyLongest });
  });
}
