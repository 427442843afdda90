import { acquireLease, holdsLease, releaseLease, renewLease, type Lease } from "../db/lease.ts";
import type { Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import type { FeedGroup } from "../trading/config/due-inputs.ts";
import { createFactQueue } from "../trading/market/fact-queue.ts";
import { recordFacts } from "../trading/market/facts-table.ts";
import { recordHalts, type HaltWord } from "../trading/market/splits-table.ts";
import { maxStreamedSymbols, pickStreamed, type StreamCandidate } from "../trading/market/stream-pick.ts";
import type { DataStream, DataStreamPort } from "../trading/market/stream-port.ts";
import { startInterval } from "./interval.ts";

/** For metrics and logs: told of what happens, asked nothing. Must not throw. */
export type MarketStreamObserver = {
  subscribed(symbols: number): void;
  disconnected(reason: string): void;
  flushed(flush: { facts: number; recorded: number; tookMs: number }): void;
  failed(error: unknown): void;
};

export type MarketStreamSettings = {
  pool: Pool;
  stream: DataStreamPort;
  /** One for each start of a process. */
  owner: string;
  /** Only the process that ticks knows what is wanted. */
  isLeader: () => boolean;
  /** The symbols that are followed on the stream's feed. */
  candidates: () => readonly StreamCandidate[];
  /** There are new facts, or polling has to take over: tick now. */
  onNews: () => void;
  observer?: Partial<MarketStreamObserver>;
  timing?: Partial<MarketStreamTiming>;
};

export type MarketStreamTiming = { ttlMs: number; renewEveryMs: number; lookEveryMs: number; flushEveryMs: number };

/** A dead owner is succeeded within ten seconds. Facts wait for half a second at most, so that a second's trades are two writes. */
const defaultTiming: MarketStreamTiming = { ttlMs: 8_000, renewEveryMs: 2_500, lookEveryMs: 1_000, flushEveryMs: 500 };

const leaseName = "market-data-stream";
/** Trade, bid and ask of each symbol, twice over for what a change of subscription leaves behind. */
const maxWaitingFacts = maxStreamedSymbols * 3 * 2;
const maxWaitingHalts = 1_000;
/** PostgreSQL's lock_not_available: a transaction of the owner is still under way. */
const lockNotAvailable = "55P03";

export type MarketStream = {
  /** What is wanted may have changed: look at once. */
  wake(): void;
  /** Whether the stream brings the symbol's trades (and quotes, where they are wanted) as they come. */
  keepsFresh(group: FeedGroup, symbol: string): boolean;
  health(): { isOwner: boolean; symbols: number };
  stop(): Promise<void>;
};

/**
 * The stream of market data: one process at a time has the connection, by a lease that is checked with every write. Facts are
 * written in batches, the newest of each name; while the stream is down polling brings them, and says so itself.
 */
export function startMarketStream(settings: MarketStreamSettings): MarketStream {
  const { pool, stream, observer = {} } = settings;
  const { ttlMs, renewEveryMs, lookEveryMs, flushEveryMs } = { ...defaultTiming, ...settings.timing };
  const queue = createFactQueue(maxWaitingFacts);
  let halts: HaltWord[] = [];
  let lease: Lease | null = null;
  let renewedAtMs = 0;
  let connection: DataStream | null = null;
  let fresh: ReadonlySet<string> = new Set();

  const connect = (): DataStream =>
    stream.start({
      onSubscribed(symbols) {
        fresh = symbols;
        observer.subscribed?.(symbols.size);
      },
      onDown(reason) {
        fresh = new Set();
        observer.disconnected?.(reason);
        settings.onNews();
      },
      onFacts(facts) {
        queue.add(facts);
        flushing.wake();
      },
      onHalt(word) {
        if (halts.length < maxWaitingHalts) halts.push(word);
        flushing.wake();
      },
    });

  const disconnect = async (): Promise<void> => {
    const open = connection;
    connection = null;
    if (fresh.size > 0) settings.onNews();
    fresh = new Set();
    await open?.stop();
    queue.take();
    halts = [];
  };

  /** @returns whether the connection is ours to have */
  const hold = async (): Promise<boolean> => {
    const askedAtMs = performance.now();
    if (lease === null) {
      lease = (await acquire(pool, settings.owner, ttlMs)) ?? null;
      renewedAtMs = askedAtMs;
      return lease !== null;
    }
    if (askedAtMs - renewedAtMs < renewEveryMs) return true;
    const renewed = await renewLease(pool, lease, { ttlMs }).catch((error: unknown) => {
      observer.failed?.(error);
      // The database is away. Once the time is over the lease is lost, whatever the database would say.
      return performance.now() - renewedAtMs < ttlMs ? ("unknown" as const) : false;
    });
    if (renewed === true) renewedAtMs = askedAtMs;
    if (renewed === false) lease = null;
    return renewed !== false;
  };

  const letGo = async (): Promise<void> => {
    await disconnect();
    const held = lease;
    lease = null;
    // Without a database the lease runs out by itself.
    if (held !== null) await releaseLease(pool, held).catch(() => undefined);
  };

  const owning = startInterval({
    intervalMs: lookEveryMs,
    onError: (error) => observer.failed?.(error),
    async run() {
      const wishes = settings.isLeader() ? pickStreamed(settings.candidates()) : [];
      if (wishes.length === 0) await letGo();
      else if (!(await hold())) await disconnect();
      else {
        connection ??= connect();
        connection.want(wishes);
      }
      return undefined;
    },
  });

  const flush = async (): Promise<undefined> => {
    const held = lease;
    const facts = queue.take();
    const words = halts.splice(0);
    if (held === null || facts.length + words.length === 0) return undefined;
    const startedMs = performance.now();
    try {
      const recorded = await withTransaction(pool, async (tx) => {
        if (!(await holdsLease(tx, held))) return null;
        if (words.length > 0) await recordHalts(tx, words);
        return recordFacts(tx, facts);
      });
      // What another process's connection brings is newer.
      if (recorded === null) return undefined;
      observer.flushed?.({ facts: facts.length, recorded, tookMs: performance.now() - startedMs });
      if (recorded > 0 || words.length > 0) settings.onNews();
    } catch (error) {
      queue.putBack(facts);
      halts.unshift(...words.slice(0, maxWaitingHalts - halts.length));
      throw error;
    }
    return undefined;
  };
  const flushing = startInterval({ intervalMs: lookEveryMs, minGapMs: flushEveryMs, run: flush, onError: (error) => observer.failed?.(error) });

  return {
    wake: () => owning.wake(),
    keepsFresh: ({ feed, assetClass }, symbol) => feed === stream.feed && assetClass === stream.assetClass && fresh.has(symbol),
    health: () => ({ isOwner: lease !== null, symbols: fresh.size }),
    async stop() {
      await owning.stop();
      await flushing.stop();
      await letGo();
    },
  };
}

async function acquire(pool: Pool, owner: string, ttlMs: number): Promise<Lease | undefined> {
  return acquireLease(pool, { name: leaseName, owner, ttlMs }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === lockNotAvailable) return undefined;
    throw error;
  });
}
