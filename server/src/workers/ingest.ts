import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "../db/pool.ts";
import { feedGroupName, type FeedGroup, type WantedInputs, type WantedSymbol } from "../trading/config/due-inputs.ts";
import { recordManyFacts } from "../trading/market/facts-table.ts";
import type { MarketSessions } from "../trading/market/session-table.ts";
import type { Fact, MarketDataPort } from "../trading/ports.ts";
import type { TickObserver } from "./tick-observer.ts";

export type IngestSettings = {
  pool: Pool;
  market: MarketDataPort;
  observer: Partial<TickObserver>;
  /** A fetch whose tick has gone on without it is over: there may be something to evaluate, and its next time is known. */
  onLateFetch: () => void;
  /** Whether a stream brings the symbol's trades as they come. Then it is asked for now and then, for what the stream does not carry. */
  isStreamed?: (group: FeedGroup, symbol: string) => boolean;
  /** A fetch that takes longer has failed. Default 10,000. */
  fetchTimeoutMs?: number;
  /** The longest a tick waits for the market. Default 2,000: what comes later is evaluated when it is there. */
  patienceMs?: number;
};

/** `failingSince` is null while the group's last fetch succeeded. */
export type FeedHealth = { group: FeedGroup; lastFetchedAt: Date | null; failingSince: Date | null; failures: number };

export type Ingest = {
  /** Fetches what is due, each feed for itself: one that is slow or down holds up no other. Never throws. */
  run(wanted: Pick<WantedInputs, "groups">, sessions: MarketSessions): Promise<void>;
  /** Milliseconds until something is due. */
  nextDueInMs(wanted: Pick<WantedInputs, "groups">): number;
  health(): FeedHealth[];
  /** Aborts what is under way and waits until nothing writes any more. */
  stop(): Promise<void>;
};

type Feed = { group: FeedGroup; fetchedAtMs: Map<string, number>; inFlight: Promise<void> | null; retryAtMs: number; failures: number; failingSince: Date | null; lastFetchedAt: Date | null };

const firstRetryMs = 1_000;
const longestRetryMs = 60_000;
/** The day's bar and the previous close of a streamed symbol are no older than this. */
const streamedPollSeconds = 60;
/** What is due within this is fetched along, so that symbols of one interval stay in one call. */
const togetherMs = 500;

export function createIngest(settings: IngestSettings): Ingest {
  const { pool, market, observer, isStreamed = () => false, fetchTimeoutMs = 10_000, patienceMs = 2_000 } = settings;
  const stopping = new AbortController();
  const feeds = new Map<string, Feed>();

  const feedOf = (group: FeedGroup): Feed => {
    const name = feedGroupName(group);
    const feed = feeds.get(name) ?? { group, fetchedAtMs: new Map<string, number>(), inFlight: null, retryAtMs: 0, failures: 0, failingSince: null, lastFetchedAt: null };
    feeds.set(name, feed);
    return feed;
  };

  const dueAtMs = ({ group, fetchedAtMs }: Feed, { symbol, pollIntervalSeconds }: WantedSymbol): number => {
    const fetchedMs = fetchedAtMs.get(symbol);
    if (fetchedMs === undefined) return 0;
    return fetchedMs + (isStreamed(group, symbol) ? Math.max(streamedPollSeconds, pollIntervalSeconds) : pollIntervalSeconds) * 1_000;
  };

  const fetch = async (feed: Feed, due: readonly WantedSymbol[], sessions: MarketSessions): Promise<void> => {
    const symbols = due.map(({ symbol }) => symbol);
    const quoted = new Set(due.filter((wanted) => wanted.quoted).map(({ symbol }) => symbol));
    const { feed: name, assetClass } = feed.group;
    const startedAtMs = performance.now();
    const signal = AbortSignal.any([AbortSignal.timeout(fetchTimeoutMs), stopping.signal]);
    const request = { feed: name, assetClass, symbols, quoted, tradingDay: sessions[assetClass].tradingDay ?? sessions.newYorkDate };
    // The port is given the signal, and is not trusted to heed it.
    const facts = await Promise.race([market.fetchFacts(request, signal), aborted(signal)]);
    const recorded = await recordManyFacts(pool, onlyAskedFor(facts, feed.group, symbols));
    for (const symbol of symbols) feed.fetchedAtMs.set(symbol, startedAtMs);
    feed.lastFetchedAt = new Date();
    feed.failures = 0;
    feed.failingSince = null;
    observer.fetchFinished?.({ group: feed.group, symbols: symbols.length, facts: facts.length, recorded, tookMs: performance.now() - startedAtMs });
  };

  const failed = (feed: Feed, error: unknown): void => {
    if (stopping.signal.aborted) return;
    const retryInMs = Math.min(longestRetryMs, firstRetryMs * 2 ** feed.failures);
    feed.failures += 1;
    feed.failingSince ??= new Date();
    feed.retryAtMs = performance.now() + retryInMs;
    observer.fetchFailed?.({ group: feed.group, error, failures: feed.failures, retryInMs });
  };

  return {
    async run(wanted, sessions) {
      if (stopping.signal.aborted) return;
      let patient = true;
      const wantedGroups = wanted.groups();
      forgetUnwanted(feeds, wantedGroups.map(({ group }) => feedGroupName(group)));
      for (const { group, symbols } of wantedGroups) {
        const feed = feedOf(group);
        const nowMs = performance.now();
        if (feed.inFlight !== null || nowMs < feed.retryAtMs) continue;
        const due = symbols.filter((wanted) => dueAtMs(feed, wanted) <= nowMs + togetherMs);
        if (!due.some((wanted) => dueAtMs(feed, wanted) <= nowMs)) continue;
        feed.inFlight = fetch(feed, due, sessions)
          .catch((error: unknown) => failed(feed, error))
          .finally(() => {
            feed.inFlight = null;
            if (!patient && !stopping.signal.aborted) settings.onLateFetch();
          });
      }
      const enough = new AbortController();
      const patience = sleep(patienceMs, undefined, { signal: AbortSignal.any([enough.signal, stopping.signal]) }).catch(() => undefined);
      await Promise.race([patience, Promise.all([...feeds.values()].map(async (feed) => feed.inFlight))]);
      patient = false;
      enough.abort();
    },
    nextDueInMs(wanted) {
      const nowMs = performance.now();
      let nextAtMs = Infinity;
      for (const { group, symbols } of wanted.groups()) {
        const feed = feedOf(group);
        if (feed.inFlight !== null) continue;
        for (const wanted of symbols) nextAtMs = Math.min(nextAtMs, Math.max(feed.retryAtMs, dueAtMs(feed, wanted)));
      }
      // A timer counts whole milliseconds and may fire one too soon; a tick that comes before anything is due comes for nothing.
      return nextAtMs <= nowMs ? 0 : Math.ceil(nextAtMs - nowMs) + 1;
    },
    health: () => [...feeds.values()].map(({ group, lastFetchedAt, failingSince, failures }) => ({ group, lastFetchedAt, failingSince, failures })),
    async stop() {
      stopping.abort();
      await Promise.all([...feeds.values()].map(async (feed) => feed.inFlight));
    },
  };
}

/** A feed that nobody watches any more must not be reported as failing for ever. */
function forgetUnwanted(feeds: Map<string, Feed>, wanted: readonly string[]): void {
  for (const [name, feed] of feeds) if (feed.inFlight === null && !wanted.includes(name)) feeds.delete(name);
}

/** An answer about something else than was asked is nonsense, and is not stored under the wrong name. */
function onlyAskedFor(facts: readonly Fact[], group: FeedGroup, symbols: readonly string[]): Fact[] {
  const asked = new Set(symbols);
  return facts.filter((fact) => fact.feed === group.feed && fact.assetClass === group.assetClass && asked.has(fact.symbol));
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("the fetch was given up"));
  if (signal.aborted) giveUp();
  else signal.addEventListener("abort", giveUp, { once: true });
  return promise;
}
