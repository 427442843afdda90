/** What every process of Nod stands on, whatever its role: the database, its pools, and what it tells of itself. */
import type { Logger } from "pino";
import { describeBroker, type BrokerDescription } from "./broker-ports.ts";
import type { Config, Role } from "./config.ts";
import { openDatabase, type OpenDatabase } from "./db/open-database.ts";
import { createPool, type Pool } from "./db/pool.ts";
import { createMetrics, type Metrics } from "./http/metrics.ts";
import { prepareDatabase } from "./prepare-database.ts";
import packageFile from "../package.json" with { type: "json" };
import { databaseStateMetrics, readDatabaseState } from "./telemetry/database-state.ts";
import { buildMetrics, poolMetrics, type NamedPool } from "./telemetry/process.ts";
import { createTelemetry, type Telemetry } from "./telemetry.ts";
import { openTracing } from "./tracing.ts";
import { defaultMaxAges, type RiskSettings } from "./trading/risk/risk-settings.ts";

export type NodHooks = {
  logger: Logger;
  /** Progress of the start, a line each. */
  say: (line: string) => void;
  /** Something that Nod cannot go on without is gone. */
  onLost: (error: Error) => void;
};

/** What was started, to be stopped in the opposite order. */
export type Stops = { add(stop: () => Promise<void>): void; stopAll(): Promise<void> };

export type Foundation = {
  config: Config;
  logger: Logger;
  stops: Stops;
  database: OpenDatabase;
  /** As the role that sees one user at a time. */
  pool: Pool;
  /** As the role that sees all users. */
  workerPool: Pool;
  onIdleConnectionLost: (error: Error) => void;
  /** Told of at each scrape; whoever opens another adds it. */
  pools: NamedPool[];
  metrics: Metrics;
  telemetry: Telemetry;
  broker: BrokerDescription;
  settings: RiskSettings;
};

/** What they come to with the other pools of a process, and what PostgreSQL must allow: `docs/limits.md`. */
const connectionsOf: Readonly<Record<Role, { web: number; workers: number }>> = {
  all: { web: 20, workers: 10 },
  web: { web: 16, workers: 4 },
  worker: { web: 3, workers: 8 },
};

export function createStops(logger: Logger): Stops {
  const stops: (() => Promise<void>)[] = [];
  return {
    add: (stop) => void stops.push(stop),
    stopAll: async () => {
      for (const stop of stops.splice(0).reverse()) await stop().catch((error: unknown) => logger.error({ err: error }, "a part did not stop cleanly"));
    },
  };
}

/** @throws MigrationFailed, SeedFailed, ClusterInUse: the start must stop; what was opened is among `stops` */
export async function layFoundation(config: Config, { logger, say, onLost }: NodHooks, stops: Stops): Promise<Foundation> {
  const database = await openDatabase({
    url: config.databaseUrl ?? undefined,
    workerUrl: config.databaseWorkerUrl ?? undefined,
    ownerUrl: config.databaseOwnerUrl ?? undefined,
    dataFolder: config.dataFolder,
    log: say,
    onLost,
  });
  stops.add(() => database.stop());
  if (config.migratesAtStart) await prepareDatabase(database.ownerUrl, say);

  const connections = connectionsOf[config.role];
  const onIdleConnectionLost = (error: Error): void => logger.warn({ err: error }, "a database connection was lost");
  const pool = createPool({ url: database.url, applicationName: "nod-web", maxConnections: connections.web, onIdleConnectionLost });
  stops.add(() => pool.end());
  const workerPool = createPool({ url: database.workerUrl, applicationName: "nod-workers", maxConnections: connections.workers, onIdleConnectionLost });
  stops.add(() => workerPool.end());
  const pools: NamedPool[] = [
    { name: "web", pool, max: connections.web },
    { name: "workers", pool: workerPool, max: connections.workers },
  ];
  const metrics = createMetrics({ processMetrics: true });
  const { registry } = metrics;
  const tracing = await openTracing(config.tracing, registry);
  stops.add(() => tracing.stop());
  buildMetrics(registry, { version: packageFile.version, role: config.role });
  poolMetrics(registry, () => pools);
  databaseStateMetrics(registry, () => readDatabaseState(workerPool));
  const broker = describeBroker(config.broker);
  return { config, logger, stops, database, pool, workerPool, onIdleConnectionLost, pools, metrics, telemetry: createTelemetry(registry, logger, tracing.path), broker, settings: riskSettings(config, broker.environment) };
}

const riskSettings = (config: Config, environment: "paper" | "live"): RiskSettings => ({
  tradingEnabled: config.tradingEnabled,
  venue: { environment, liveAllowed: config.allowLive },
  caps: config.caps,
  ...defaultMaxAges,
});
