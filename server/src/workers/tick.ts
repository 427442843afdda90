import type { AssetClass } from "@nod/contract/primitives";
import type { Pool } from "../db/pool.ts";
import { askFirings, type AskFence } from "../pipeline/ask.ts";
import { suggestPauses } from "../pipeline/suggest-pauses.ts";
import { createCompiledConfigs, type CompiledConfigs } from "../trading/config/compiled-configs.ts";
import { createFactBook, type FactBook, type MarketKey } from "../trading/market/fact-book.ts";
import { beforeAllFacts, readFactsChangedSince, type FactsWatermark } from "../trading/market/facts-table.ts";
import { readSessions, type MarketSessions } from "../trading/market/session-table.ts";
import type { MarketDataPort } from "../trading/ports.ts";
import { outsideQuietHours } from "../trading/rules/restraint.ts";
import { createIngest, type FeedHealth, type IngestSettings } from "./ingest.ts";
import { startInterval } from "./interval.ts";
import { createStateStamper } from "./state-stamper.ts";
import { createTickLease, standbyRetryMs } from "./tick-lease.ts";
import type { TickObserver, TickReport } from "./tick-observer.ts";

export type TickSettings = {
  /** Statements of up to a minute must be allowed on it: a tick may write a hundred thousand questions at once. */
  pool: Pool;
  market: MarketDataPort;
  /** One for each start of a process. */
  owner: string;
  /** The longest between two ticks; inputs that are due sooner make it shorter. */
  intervalMs: number;
  ingestEnabled: boolean;
  evaluationEnabled: boolean;
  /** Whether a stream brings the symbol's trades as they come, so that polling may take its time. */
  isStreamed?: IngestSettings["isStreamed"];
  /** Runs between the fetch and the evaluation: what must be known of a new symbol before anybody is asked about it. */
  learnSymbols?: () => Promise<void>;
  observer?: Partial<TickObserver>;
  fetchTimeoutMs?: number;
  patienceMs?: number;
};

/** Whether rules that are skipped all the time should pause is asked at leisure. */
const suggestPausesEveryMs = 10_000;

/** `isLeader`: this process ticks; another one does otherwise. `lastTickAt` is null until the first tick of this process; `nextTickAt` is when it looks again, unless something wakes it. */
export type TickHealth = { isLeader: boolean; lastTickAt: Date | null; nextTickAt: Date | null; failingSince: Date | null; feeds: FeedHealth[] };

export type TickWorker = {
  /** A config or a fact has changed: tick now. */
  wake(): void;
  /** Finishes the tick that runs and lets the next process take over. */
  stop(): Promise<void>;
  health(): TickHealth;
  /** The compiled configs of this process; empty while another one ticks. */
  readonly configs: CompiledConfigs;
};

/**
 * The tick: take in what changed, fetch what is due, evaluate the rules whose facts or whose own text changed, ask. The number
 * of SQL statements is the same for one user and for a hundred thousand. What a failed tick would have evaluated is kept for
 * the next one.
 */
export function startTick(settings: TickSettings): TickWorker {
  const { pool, observer = {} } = settings;
  const configs = createCompiledConfigs(pool, (problem) => observer.configProblem?.(problem));
  const lease = createTickLease(pool, settings.owner, () => observer.leaseChanged?.(false));
  const ingest = createIngest({
    db: pool,
    market: settings.market,
    observer,
    onLateFetch: () => loop.wake(),
    ...(settings.isStreamed !== undefined && { isStreamed: settings.isStreamed }),
    ...(settings.fetchTimeoutMs !== undefined && { fetchTimeoutMs: settings.fetchTimeoutMs }),
    ...(settings.patienceMs !== undefined && { patienceMs: settings.patienceMs }),
  });
  const stamper = createStateStamper(pool);
  let pausesSuggestedAtMs = -Infinity;
  let lastTickAt: Date | null = null;
  let nextTickAt: Date | null = null;
  let failingSince: Date | null = null;
  let view = createView();

  const tick = async (): Promise<{ nextInMs: number }> => {
    const held = await lease.hold();
    if (held === false) return { nextInMs: standbyRetryMs };
    const watch = createStopwatch();
    if (held === "new") {
      view = createView();
      observer.leaseChanged?.(true);
    }
    const refresh = await (view.loaded ? configs.refreshChanged() : configs.load());
    view.loaded = true;
    for (const slot of refresh.freshSlots) view.freshSlots.add(slot);
    const refreshMs = watch.lap();

    if (settings.ingestEnabled) await ingest.run(configs.inputs, await readSessions(pool));
    await settings.learnSymbols?.();
    const ingestMs = watch.lap();
    const outcome = settings.evaluationEnabled ? await evaluateAndAsk(view, configs, pool, lease.fence, watch) : notEvaluated;
    const suggestsPauses = settings.evaluationEnabled && performance.now() - pausesSuggestedAtMs >= suggestPausesEveryMs;
    if (suggestsPauses) {
      pausesSuggestedAtMs = performance.now();
      await suggestPauses(pool, configs, lease.fence, outcome.evaluatedAt ?? new Date());
    }
    await stamper.stampIfDue(configs, ingest.health(), outcome.evaluatedAt);

    lastTickAt = new Date();
    failingSince = null;
    const { evaluatedAt: _evaluatedAt, ...figures } = outcome;
    observer.tickFinished?.({ refreshMs, ingestMs, ...figures, changedUsers: refresh.changedUsers, totalMs: watch.total() });
    const nextInMs = Math.min(settings.intervalMs, settings.ingestEnabled ? ingest.nextDueInMs(configs.inputs) : Infinity);
    nextTickAt = new Date(lastTickAt.getTime() + nextInMs);
    return { nextInMs };
  };

  const loop = startInterval({
    intervalMs: settings.intervalMs,
    run: tick,
    onError: (error) => {
      failingSince ??= new Date();
      observer.tickFailed?.(error);
    },
  });

  return {
    wake: () => loop.wake(),
    stop: async () => {
      await Promise.all([loop.stop(), ingest.stop()]);
      await lease.release();
    },
    health: () => ({ isLeader: lease.isHeld, lastTickAt, nextTickAt, failingSince, feeds: ingest.health() }),
    configs,
  };
}

/** What this process has seen of the market, and what it has yet to evaluate. */
type View = {
  loaded: boolean;
  book: FactBook;
  watermark: FactsWatermark;
  sessions: MarketSessions | null;
  changed: Set<MarketKey>;
  freshSlots: Set<number>;
};

const createView = (): View => ({ loaded: false, book: createFactBook(), watermark: beforeAllFacts, sessions: null, changed: new Set(), freshSlots: new Set() });

type EvaluationOutcome = Pick<TickReport, "evaluateMs" | "askMs" | "changedMarkets" | "unknown" | "stale" | "quiet" | "fired" | "asked"> & { evaluatedAt: Date | null };
const notEvaluated: EvaluationOutcome = { evaluateMs: 0, askMs: 0, changedMarkets: 0, unknown: 0, stale: 0, quiet: 0, fired: 0, asked: 0, evaluatedAt: null };

async function evaluateAndAsk(view: View, configs: CompiledConfigs, pool: Pool, fence: AskFence, watch: Stopwatch): Promise<EvaluationOutcome> {
  const [sessions, { watermark, facts }] = await Promise.all([readSessions(pool), readFactsChangedSince(pool, view.watermark)]);
  for (const key of view.book.absorb(facts)) view.changed.add(key);
  view.watermark = watermark;
  for (const key of openedMarkets(view.sessions, sessions, configs)) view.changed.add(key);
  view.sessions = sessions;

  const { firings: fired, markets, unknown, stale, quiet } = configs.rules.evaluate(view.book, sessions, view.changed, view.freshSlots);
  const firings = outsideQuietHours(fired, sessions.now);
  const evaluateMs = watch.lap();
  const outcome = await askFirings(pool, firings, fence);
  if (outcome.at !== null) {
    for (const n of outcome.asked) {
      const firing = firings[n];
      if (firing !== undefined) configs.rules.quieten(firing.slot, outcome.at.getTime() + firing.rule.rule.cooldown_seconds * 1_000);
    }
    for (const { recipient, untilMs } of outcome.cooling) configs.rules.quieten(firings[recipient]?.slot ?? -1, untilMs);
  }
  view.changed.clear();
  view.freshSlots.clear();
  return { evaluateMs, askMs: watch.lap(), changedMarkets: markets, unknown, stale, quiet, fired: fired.length, asked: outcome.asked.length, evaluatedAt: sessions.now };
}

/** A market that opens makes known what was unknown, without any fact changing. */
function openedMarkets(before: MarketSessions | null, now: MarketSessions, configs: CompiledConfigs): MarketKey[] {
  const classes: AssetClass[] = ["us_equity", "crypto"];
  return classes
    .filter((assetClass) => before?.[assetClass].state !== now[assetClass].state || before[assetClass].tradingDay !== now[assetClass].tradingDay)
    .flatMap((assetClass) => configs.rules.keysOf(assetClass));
}

type Stopwatch = { lap(): number; total(): number };

function createStopwatch(): Stopwatch {
  const startedMs = performance.now();
  let lastMs = startedMs;
  return {
    lap() {
      const sinceMs = performance.now() - lastMs;
      lastMs += sinceMs;
      return sinceMs;
    },
    total: () => performance.now() - startedMs,
  };
}
