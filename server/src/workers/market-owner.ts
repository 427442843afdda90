/** Where users are spread over shards: the one process that fetches the market for all of them. */
import type { Pool } from "../db/pool.ts";
import { feedGroupName } from "../trading/config/due-inputs.ts";
import { recordFeedReadings } from "../trading/market/feeds-table.ts";
import { readSessions } from "../trading/market/session-table.ts";
import { createIngest, type FeedHealth, type IngestSettings } from "./ingest.ts";
import { startInterval } from "./interval.ts";
import { createPublishedWants, type PublishedWants } from "./shard-wants.ts";
import { createTickLease, standbyRetryMs } from "./tick-lease.ts";
import type { TickObserver } from "./tick-observer.ts";

export type MarketOwnerSettings = Pick<IngestSettings, "market" | "isStreamed" | "fetchTimeoutMs" | "patienceMs"> & {
  pool: Pool;
  /** One for each start of a process. */
  owner: string;
  shards: number;
  /** The longest between two looks. */
  intervalMs: number;
  /** What must be known of a new symbol before anybody is asked about it. */
  learnSymbols?: () => Promise<void>;
  /** There are new facts: every shard ticks now, in whichever process it is. */
  onFacts: () => void;
  /** Not beside workers that spread users in another way. */
  mayHold: () => boolean;
  observer?: Partial<TickObserver>;
};

export type MarketOwner = {
  /** Somebody wants something else. */
  wake(): void;
  health(): { isLeader: boolean; feeds: FeedHealth[] };
  readonly wants: Pick<PublishedWants, "inputs" | "bars" | "candidates">;
  stop(): Promise<void>;
};

const leaseName = "market";

export function startMarketOwner(settings: MarketOwnerSettings): MarketOwner {
  const { pool, observer = {} } = settings;
  const lease = createTickLease(pool, settings.owner, () => observer.leaseChanged?.(false, leaseName), leaseName);
  const wants = createPublishedWants(pool, settings.shards);
  const told = new Map<string, number>();
  const ingest = createIngest({
    pool,
    market: settings.market,
    observer: {
      ...observer,
      fetchFinished(report) {
        observer.fetchFinished?.(report);
        if (report.recorded > 0) settings.onFacts();
      },
    },
    onLateFetch: () => loop.wake(),
    ...(settings.isStreamed !== undefined && { isStreamed: settings.isStreamed }),
    ...(settings.fetchTimeoutMs !== undefined && { fetchTimeoutMs: settings.fetchTimeoutMs }),
    ...(settings.patienceMs !== undefined && { patienceMs: settings.patienceMs }),
  });

  const tellFeeds = async (): Promise<void> => {
    const read = ingest.health().flatMap(({ group, lastFetchedAt }) => (lastFetchedAt === null || told.get(feedGroupName(group)) === lastFetchedAt.getTime() ? [] : [{ group, lastFetchedAt }]));
    await recordFeedReadings(pool, read);
    for (const { group, lastFetchedAt } of read) told.set(feedGroupName(group), lastFetchedAt.getTime());
  };
  const loop = startInterval({
    intervalMs: settings.intervalMs,
    async run() {
      const mayHold = settings.mayHold();
      if (!mayHold) await lease.release();
      const held = mayHold && (await lease.hold());
      if (held === false) return { nextInMs: standbyRetryMs };
      if (held === "new") observer.leaseChanged?.(true, leaseName);
      await wants.refresh();
      await ingest.run(wants.inputs, await readSessions(pool));
      await settings.learnSymbols?.();
      await tellFeeds();
      return { nextInMs: Math.min(settings.intervalMs, ingest.nextDueInMs(wants.inputs)) };
    },
    onError: (error) => observer.tickFailed?.(error),
  });

  return {
    wake: () => loop.wake(),
    health: () => ({ isLeader: lease.isHeld, feeds: ingest.health() }),
    wants,
    stop: async () => {
      await Promise.all([loop.stop(), ingest.stop()]);
      await lease.release();
    },
  };
}
