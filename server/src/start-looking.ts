/** The part of a worker that looks at the market and asks: for all users at once, or for its share of them. */
import type { BrokerPorts } from "./broker-ports.ts";
import { createAnnouncer } from "./db/announcer.ts";
import { createPool, type Pool } from "./db/pool.ts";
import type { Foundation } from "./foundation.ts";
import { startMarketWorkers, viewOfTick, type MarketView, type MarketWorkers } from "./market-workers.ts";
import type { CompiledConfig } from "./trading/rules/compiled-rule.ts";
import { readFeedReadings } from "./trading/market/feeds-table.ts";
import { startDayBars } from "./workers/day-bars.ts";
import type { FeedHealth } from "./workers/ingest.ts";
import { startMarketOwner } from "./workers/market-owner.ts";
import { learnNewAssets } from "./workers/refresh-assets.ts";
import { startShardTicks } from "./workers/shard-ticks.ts";
import { createWantsPublisher, wantsChannel } from "./workers/shard-wants.ts";
import { startTick, type TickSettings } from "./workers/tick.ts";
import { joinWorkers, type WorkerRegistry } from "./workers/worker-registry.ts";

export type Looking = {
  /** Something has changed that was not told: look at everything. */
  wake(): void;
  /** What this process must be told of. */
  channels: Readonly<Record<string, () => void>>;
  /** The config of a user whom this process looks after. */
  held(uid: string): CompiledConfig | undefined;
  /** The feeds that this process reads. */
  feeds(): readonly FeedHealth[];
  nextLookAt(): Date | null;
};

type Parts = { base: Foundation; ports: BrokerPorts; owner: string; tickPool: Pool; registry: WorkerRegistry };

const configChannel = "nod_config_changed";
/** There are facts that shards of other processes have not seen. */
const factsChannel = "nod_facts";
const tickConnections = 4;
/** A tick may write a hundred thousand questions in one statement. */
const tickStatementTimeoutMs = 60_000;

/** What was started is among the foundation's `stops`, also when a later step fails. */
export async function startLooking(base: Foundation, ports: BrokerPorts, owner: string): Promise<Looking> {
  const { config, database, logger, stops } = base;
  const tickPool = createPool({ url: database.workerUrl, applicationName: "nod-tick", maxConnections: tickConnections, statementTimeoutMs: tickStatementTimeoutMs, onIdleConnectionLost: base.onIdleConnectionLost });
  stops.add(() => tickPool.end());
  base.pools.push({ name: "tick", pool: tickPool, max: tickConnections });
  const registry = await joinWorkers({ db: base.workerPool, id: owner, shards: config.shards, onError: (error) => logger.warn({ err: error }, "the other workers could not be told that this one lives") });
  stops.add(() => registry.leave());
  const parts: Parts = { base, ports, owner, tickPool, registry };
  return config.shards === 1 ? lookAlone(parts) : lookTogether(parts);
}

/** One tick for everybody; another process takes over when it is gone. */
function lookAlone(parts: Parts): Looking {
  const { config, stops } = parts.base;
  let market: MarketWorkers | null = null;
  const tick = startTick({
    ...commonOf(parts),
    isStreamed: (group, symbol) => market?.isStreamed(group, symbol) ?? false,
    learnSymbols: () => learnSymbols(parts),
    ingestEnabled: config.ingestEnabled,
    mayHold: () => parts.registry.mayOwn(),
  });
  stops.add(() => tick.stop());
  if (config.ingestEnabled) market = bringMarketIn(parts, viewOfTick(tick, parts.ports.dataStream));
  return {
    wake: () => tick.wake(),
    channels: { [configChannel]: () => tick.wake() },
    held: (uid) => tick.configs.get(uid),
    feeds: () => tick.health().feeds,
    nextLookAt: () => tick.health().nextTickAt,
  };
}

/** A tick for each shard of this process's share; one process fetches the market for all. */
function lookTogether(parts: Parts): Looking {
  const { base, ports, owner, registry, tickPool } = parts;
  const { config, logger, stops, workerPool } = base;
  const announcer = createAnnouncer(workerPool, (error) => logger.warn({ err: error }, "the shards of other processes are not told of new facts; they look by themselves"));
  const onNews = (): void => {
    shards.wake();
    announcer.announce([{ channel: factsChannel, payload: "" }]);
  };
  const shards = startShardTicks({
    pool: workerPool,
    registry,
    id: owner,
    shards: config.shards,
    startShard: (shard) => {
      const publisher = createWantsPublisher(tickPool, shard, ports.dataStream);
      return startTick({
        ...commonOf(parts),
        shard,
        ingestEnabled: false,
        publish: (configs, news, holds) => publisher.publish(configs, news, holds),
        readFeeds: () => readFeedReadings(tickPool),
      });
    },
    onError: (error) => logger.warn({ err: error }, "it could not be found out who looks after which users"),
  });
  stops.add(() => shards.stop());
  const market = config.ingestEnabled ? fetchForAll(parts, onNews) : null;
  return {
    wake: () => {
      shards.wake();
      market?.wake();
    },
    channels: { [configChannel]: () => shards.wake(), [factsChannel]: () => shards.wake(), [wantsChannel]: () => market?.wake() },
    held: (uid) => shards.get(uid),
    feeds: () => market?.health().feeds ?? [],
    nextLookAt: () => shards.nextTickAt(),
  };
}

function fetchForAll(parts: Parts, onNews: () => void): ReturnType<typeof startMarketOwner> {
  const { base, owner, ports, registry, tickPool } = parts;
  const { config, stops, telemetry } = base;
  let workers: MarketWorkers | null = null;
  const market = startMarketOwner({
    pool: tickPool,
    market: ports.marketData,
    owner,
    shards: config.shards,
    intervalMs: config.questionWorkerIntervalMs,
    isStreamed: (group, symbol) => workers?.isStreamed(group, symbol) ?? false,
    learnSymbols: () => learnSymbols(parts),
    onFacts: onNews,
    mayHold: () => registry.mayOwn(),
    observer: telemetry.fetches(),
  });
  stops.add(() => market.stop());
  workers = bringMarketIn(parts, {
    isLeader: () => market.health().isLeader,
    inputs: () => market.wants.inputs,
    bars: () => market.wants.bars(),
    candidates: () => market.wants.candidates(),
    onNews: () => {
      market.wake();
      onNews();
    },
  });
  return market;
}

const commonOf = ({ base: { config, telemetry }, ports, owner, tickPool }: Parts): Pick<TickSettings, "pool" | "market" | "owner" | "intervalMs" | "evaluationEnabled" | "observer"> => ({
  pool: tickPool,
  market: ports.marketData,
  owner,
  intervalMs: config.questionWorkerIntervalMs,
  evaluationEnabled: config.evalEnabled,
  observer: telemetry.tick(),
});

const learnSymbols = ({ base: { telemetry }, ports: { broker }, tickPool: pool }: Parts): Promise<void> => learnNewAssets({ pool, broker, onError: (error) => telemetry.orders.failed(error) });

function bringMarketIn({ base: { logger, stops, telemetry, workerPool }, ports }: Parts, view: MarketView): MarketWorkers {
  const dayBars = startDayBars({
    db: workerPool,
    bars: ports.minuteBars,
    isLeader: view.isLeader,
    onError: (error) => logger.warn({ err: error }, "today's bars could not be read; charts begin with this process"),
  });
  stops.add(() => dayBars.stop());
  const workers = startMarketWorkers({ pool: workerPool, ports, view, telemetry });
  stops.add(() => workers.stop());
  return workers;
}
