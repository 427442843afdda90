/** One start of Nod's order road within this process: tick, answers, expiry and order desk over pools of its own. */
import { createAlpacaBroker } from "../../src/alpaca/broker.ts";
import { connectToAlpaca } from "../../src/alpaca/connection.ts";
import { createAlpacaMarketData } from "../../src/alpaca/market-data.ts";
import type { AlpacaSettings } from "../../src/alpaca/settings.ts";
import { createAlpacaTradeStream } from "../../src/alpaca/trade-stream.ts";
import { createAnswerService, type AnswerService } from "../../src/pipeline/answer.ts";
import { expireQuestions } from "../../src/pipeline/expire.ts";
import { undoAnswer, type UndoOutcome } from "../../src/pipeline/undo.ts";
import { createTradingBranch } from "../../src/pipeline/trading-branch.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import type { RiskSettings } from "../../src/trading/risk/risk-settings.ts";
import { startInterval } from "../../src/workers/interval.ts";
import { createOrderDesk, type OrderDeskObserver } from "../../src/workers/order-desk.ts";
import { startTick } from "../../src/workers/tick.ts";
import type { WorldDatabase } from "../stage/world-database.ts";
import { createMortalBroker, type PostFault } from "./mortal-broker.ts";
import { createMortalPool, type CommitFault, type MortalPool, type Turnstile } from "./mortal-pool.ts";

export type LifeDeps = {
  name: string;
  database: WorldDatabase;
  alpaca: AlpacaSettings;
  settings: RiskSettings;
  /** `living`: among faults, where whoever waits does not wait long. `ending`: brings what is there to its end, asks nobody anything new, and waits for a busy machine. */
  spirit: "living" | "ending";
  turnstile: Turnstile;
  say: (line: string) => void;
};

export type Life = {
  name: string;
  /** Breaks every connection to the database. */
  cutDatabase(): void;
  answers: AnswerService;
  undo(firebaseUid: string, questionId: string): Promise<UndoOutcome>;
  isDead(): boolean;
  isReconciled(): boolean;
  /** The leases that it holds, or held when it died. */
  leases(): ("order-desk" | "tick")[];
  /** How often it has looked at the market, and how many orders it has sent or refused to send. */
  looks(): number;
  sends(): number;
  /** As by SIGKILL: nothing more is written or sent, nothing is finished. */
  die(): void;
  /** The process dies, or a connection breaks, at the commit or POST that comes after `skip` others. */
  planCommitFault(fault: CommitFault, skip: number): void;
  planPostFault(fault: PostFault, skip: number): void;
  /** What a notification does: whoever listens looks. */
  wake(): void;
  /** The good end of one that lives, and the sweeping up after one that died. */
  end(): Promise<void>;
};

/** What waits in earnest waits less here, so that a seed is over in a second or two; what is woken is not polled in vain. */
const rhythm = {
  reconcileEveryMs: 400, reconcileAgainMs: 30, lookUpEveryMs: 150, cancelEveryMs: 300, assetsEveryMs: 400,
  // Time jumps by minutes between two renewals, and only a longer jump is taken for a pause of the process.
  lease: { ttlMs: 1_800_000, renewEveryMs: 250, standbyRetryMs: 150 },
};
const limitsAmongFaults = {
  submit: { postTimeoutMs: 400, retryDelayMs: 5, firstLookupDelayMs: 5, pollIntervalMs: 250, writeRetryDelayMs: 10 },
  lookup: { firstDelayMs: 20, longestDelayMs: 200, lookupTimeoutMs: 300 },
  reconcile: { callTimeoutMs: 400 },
  cancel: { askAgainMs: 2_000, cancelTimeoutMs: 300 },
};
const unhurriedMs = 60_000;
const unhurriedLimits = {
  submit: { ...limitsAmongFaults.submit, postTimeoutMs: unhurriedMs },
  lookup: { ...limitsAmongFaults.lookup, lookupTimeoutMs: unhurriedMs },
  reconcile: { callTimeoutMs: unhurriedMs },
  cancel: { ...limitsAmongFaults.cancel, cancelTimeoutMs: unhurriedMs },
};
const tickEveryMs = 300;
const expireEveryMs = 300;

type Plan<Fault> = { fault: Fault; skip: number };

export function startLife(deps: LifeDeps): Life {
  const { name, say } = deps;
  let dead = false;
  let hasDesk = false;
  let [looks, sends] = [0, 0];
  const looked = (): void => void (looks += 1);
  const sent = (): void => void (sends += 1);
  const commitPlans: Plan<CommitFault>[] = [];
  const postPlans: Plan<PostFault>[] = [];
  const isDead = (): boolean => dead;
  const die = (): void => {
    if (dead) return;
    dead = true;
    say(`${name} dies`);
    cutDatabase();
  };
  const mortality = {
    isDead,
    die,
    atCommit: () => take(commitPlans, `a commit of ${name}`),
    atPost: () => take(postPlans, `a POST of ${name}`),
  };
  const take = <Fault extends string>(plans: Plan<Fault>[], where: string): Fault | null => {
    const [plan] = plans;
    if (plan === undefined) return null;
    plan.skip -= 1;
    if (plan.skip >= 0) return null;
    plans.shift();
    say(`${plan.fault} at ${where}`);
    return plan.fault;
  };
  const mortal: MortalPool = createMortalPool(deps.database.app, mortality, deps.turnstile);
  const mortalWeb: MortalPool = createMortalPool(deps.database.web, mortality, deps.turnstile);
  const { pool } = mortal;
  const cutDatabase = (): void => {
    mortal.cut();
    mortalWeb.cut();
  };
  const isEnding = deps.spirit === "ending";
  const alpaca = isEnding ? { ...deps.alpaca, requestTimeoutMs: unhurriedMs } : deps.alpaca;
  const connection = connectToAlpaca(alpaca);
  const desk = createOrderDesk({
    pool,
    broker: createMortalBroker(createAlpacaBroker(connection), mortality),
    stream: createAlpacaTradeStream(alpaca),
    settings: deps.settings,
    observer: { ...silentDesk, answered: sent, denied: sent, deskChanged: (isOurs) => void (hasDesk = isOurs) },
    rhythm,
    limits: isEnding ? unhurriedLimits : limitsAmongFaults,
  });
  const tick = startTick({
    pool,
    market: createAlpacaMarketData(connection, () => undefined),
    owner: name,
    intervalMs: tickEveryMs,
    ingestEnabled: true,
    evaluationEnabled: !isEnding,
    patienceMs: 300,
    observer: { tickFinished: looked, tickFailed: looked },
    fetchTimeoutMs: 400,
  });
  const expiry = startInterval({
    intervalMs: expireEveryMs,
    run: async () => {
      await expireQuestions(pool);
      return undefined;
    },
    onError: () => undefined,
  });
  const branch = createTradingBranch({ configs: configSourceOf(tick.configs), settings: deps.settings, orderPlaced: () => desk.orderPlaced() });
  const answers = createAnswerService({ pool: mortalWeb.pool, branches: [branch] });
  desk.start();
  say(`${name} starts`);
  return {
    name,
    answers,
    undo: (firebaseUid, questionId) => undoAnswer(mortalWeb.pool, firebaseUid, questionId, { via: "http", requestId: null }),
    cutDatabase,
    isDead,
    isReconciled: () => desk.isReconciled(),
    leases: () => [...(hasDesk ? (["order-desk"] as const) : []), ...(tick.health().isLeader ? (["tick"] as const) : [])],
    looks: () => looks,
    sends: () => sends,
    die,
    planCommitFault: (fault, skip) => void commitPlans.push({ fault, skip }),
    planPostFault: (fault, skip) => void postPlans.push({ fault, skip }),
    wake: () => {
      if (dead) return;
      tick.wake();
      expiry.wake();
      desk.orderPlaced();
      desk.killSwitchChanged();
    },
    end: async () => {
      await Promise.all([tick.stop(), expiry.stop(), desk.stop()]);
      await Promise.all([pool.end(), mortalWeb.pool.end()]);
    },
  };
}

const nothing = (): void => undefined;
const silentDesk: OrderDeskObserver = {
  denied: nothing, sending: nothing, answered: nothing, failed: nothing, lookedUp: nothing, canceled: nothing, reconciled: nothing, connected: nothing,
  disconnected: nothing, applied: nothing,
};
