import type { Db, Pool } from "../db/pool.ts";
import { suggestPauses } from "../pipeline/suggest-pauses.ts";
import { createCompiledConfigs, type CompiledConfigs } from "../trading/config/compiled-configs.ts";
import type { UserShard } from "../trading/config/config-table.ts";
import { readSessions } from "../trading/market/session-table.ts";
import type { MarketDataPort } from "../trading/ports.ts";
import { createEvaluation, notEvaluated } from "./evaluate-and-ask.ts";
import { createIngest, type FeedHealth, type IngestSettings } from "./ingest.ts";
import { startInterval } from "./interval.ts";
import { createStateStamper, type FeedTime } from "./state-stamper.ts";
import { createStopwatch } from "./stopwatch.ts";
import { createTickLease, standbyRetryMs } from "./tick-lease.ts";
import type { TickObserver } from "./tick-observer.ts";

/** `loaded`: the shard was just taken, and others may have spoken for it meanwhile. */
export type ConfigNews = "loaded" | "changed" | "unchanged";

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
  /** Some users and not all: whoever has the shard's lease looks after them. */
  shard?: UserShard;
  /** Runs when configs have been read: tells others what these users follow. May ask to be called again in so many milliseconds. */
  publish?: (configs: CompiledConfigs, news: ConfigNews, holds: (tx: Db) => Promise<boolean>) => Promise<number | null>;
  /** When each feed was last read, where it is not this tick that reads them. */
  readFeeds?: () => Promise<readonly FeedTime[]>;
  /** False: this process may not tick now, and lets go of it if it does. */
  mayHold?: () => boolean;
  observer?: Partial<TickObserver>;
  fetchTimeoutMs?: number;
  patienceMs?: number;
};

/** Whether rules that are skipped all the time should pause is asked at leisure. */
const suggestPausesEveryMs = 10_000;

/** Whoever has it looks after the users of the shard. */
export const shardLeaseName = ({ index, of }: UserShard): string => `shard ${index} of ${of}`;

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
  const configs = createCompiledConfigs(pool, (problem) => observer.configProblem?.(problem), settings.shard ?? null);
  const leaseName = settings.shard === undefined ? "tick" : shardLeaseName(settings.shard);
  const lease = createTickLease(pool, settings.owner, () => observer.leaseChanged?.(false, leaseName), leaseName, settings.shard);
  const ingest = createIngest({
    pool,
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
  let isLoaded = false;
  let evaluation = createEvaluation(pool, configs, observer.questionsAsked);

  const tick = async (): Promise<{ nextInMs: number }> => {
    const mayHold = settings.mayHold?.() ?? true;
    if (!mayHold && lease.isHeld) {
      await lease.release();
      observer.leaseChanged?.(false, leaseName);
    }
    const held = mayHold && (await lease.hold());
    if (held === false) return { nextInMs: standbyRetryMs };
    const watch = createStopwatch();
    if (held === "new") {
      evaluation = createEvaluation(pool, configs, observer.questionsAsked);
      isLoaded = false;
      observer.leaseChanged?.(true, leaseName);
    }
    const wasLoaded = isLoaded;
    const refresh = await (isLoaded ? configs.refreshChanged() : configs.load());
    isLoaded = true;
    evaluation.lookAt(refresh.freshSlots);
    const publishInMs = await settings.publish?.(configs, newsOf(wasLoaded, refresh.changedUsers), (tx) => lease.holds(tx));
    const refreshMs = watch.lap();

    if (settings.ingestEnabled) await ingest.run(configs.inputs, await readSessions(pool));
    await settings.learnSymbols?.();
    const ingestMs = watch.lap();
    const outcome = settings.evaluationEnabled ? await evaluation.run(lease.fence, watch) : notEvaluated;
    const suggestsPauses = settings.evaluationEnabled && performance.now() - pausesSuggestedAtMs >= suggestPausesEveryMs;
    if (suggestsPauses) {
      pausesSuggestedAtMs = performance.now();
      await suggestPauses(pool, configs, lease.fence, outcome.evaluatedAt ?? new Date());
    }
    const readFeeds = settings.readFeeds ?? (() => Promise.resolve(ingest.health()));
    await stamper.stampIfDue({ configs, readFeeds, evaluatedAt: outcome.evaluatedAt, holds: (tx) => lease.holds(tx) });

    lastTickAt = new Date();
    failingSince = null;
    const { evaluatedAt: _evaluatedAt, ...figures } = outcome;
    observer.tickFinished?.({ refreshMs, ingestMs, ...figures, changedUsers: refresh.changedUsers, totalMs: watch.total() });
    const nextInMs = Math.min(settings.intervalMs, publishInMs ?? Infinity, settings.ingestEnabled ? ingest.nextDueInMs(configs.inputs) : Infinity);
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
      if (!lease.isHeld) return;
      await lease.release();
      observer.leaseChanged?.(false, leaseName);
    },
    health: () => ({ isLeader: lease.isHeld, lastTickAt, nextTickAt, failingSince, feeds: ingest.health() }),
    configs,
  };
}

function newsOf(wasLoaded: boolean, changedUsers: number): ConfigNews {
  if (!wasLoaded) return "loaded";
  return changedUsers > 0 ? "changed" : "unchanged";
}
