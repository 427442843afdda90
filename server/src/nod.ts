import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { openBroker, type BrokerPorts } from "./broker-ports.ts";
import type { Config } from "./config.ts";
import { migrate } from "./db/migrate.ts";
import { listen } from "./db/notify.ts";
import { openDatabase } from "./db/open-database.ts";
import { createPool, type Pool } from "./db/pool.ts";
import { applySeed } from "./db/seed.ts";
import { dbOfUser } from "./db/user-db.ts";
import { createApp } from "./http/app.ts";
import { createHubReads, createTableServices } from "./http/database-services.ts";
import { createGracefulServer } from "./http/graceful-server.ts";
import { createMetrics } from "./http/metrics.ts";
import { createReadinessProbe, databaseCheck, marketDataCheck, migrationsCheck } from "./http/readiness.ts";
import { openIdentities } from "./identity.ts";
import { createAnswerService } from "./pipeline/answer.ts";
import { createNoticeBranch } from "./pipeline/notice-branch.ts";
import { createPauseBranch } from "./pipeline/pause-branch.ts";
import { createTradingBranch } from "./pipeline/trading-branch.ts";
import { undoAnswer } from "./pipeline/undo.ts";
import { createQuestionsHub } from "./realtime/questions-hub.ts";
import { startMarketWorkers, type MarketWorkers } from "./market-workers.ts";
import { createTelemetry, type Telemetry } from "./telemetry.ts";
import { effectiveConfig } from "./trading/config/resolve.ts";
import { ordersChannel } from "./trading/orders/place-order.ts";
import { readTradingStatus } from "./trading/portfolio/status.ts";
import { killSwitchChannel } from "./trading/risk/kill-switch-table.ts";
import type { ConfigSource } from "./trading/risk/risk-context-table.ts";
import { defaultMaxAges, type RiskSettings } from "./trading/risk/risk-settings.ts";
import { createFcmSender } from "./push/fcm-sender.ts";
import { startPushing } from "./workers/push-questions.ts";
import { startAutoAnswers } from "./workers/answer-auto.ts";
import { startQuestionExpiry } from "./workers/expire-questions.ts";
import { createOrderDesk, type OrderDesk } from "./workers/order-desk.ts";
import { startDayBars } from "./workers/day-bars.ts";
import { failingStockFeeds, startHaltWatch } from "./workers/watch-halts.ts";
import { learnNewAssets } from "./workers/refresh-assets.ts";
import { startTick, type TickWorker } from "./workers/tick.ts";

export type RunningNod = {
  /** `http://127.0.0.1:8080` */
  address: string;
  broker: string;
  database: string;
  /** Finishes what is in flight and leaves nothing running. */
  stop(): Promise<void>;
};

export type NodHooks = {
  logger: Logger;
  /** Progress of the start, a line each. */
  say: (line: string) => void;
  /** Something that Nod cannot go on without is gone. */
  onLost: (error: Error) => void;
};

const migrationsFolder = join(import.meta.dirname, "../migrations");
const seedsFolder = join(import.meta.dirname, "../seeds");
const defaultSeed = join(seedsFolder, "default_paper_watchlist.sql");
const clientFolder = join(import.meta.dirname, "../../client/web/dist");
const configChannel = "nod_config_changed";

const webConnections = 20;
const workerConnections = 10;
const tickConnections = 4;
/** A tick may write a hundred thousand questions in one statement. */
const tickStatementTimeoutMs = 60_000;
const hubCallsPerUserPerMinute = 240;
const drainMs = 5_000;

/**
 * Builds the whole of Nod and starts it. What was started is stopped again when a later step fails.
 * @throws MigrationFailed, SeedFailed, ClusterInUse and whatever a port or a disk refuses: the start must stop
 */
export async function startNod(config: Config, hooks: NodHooks): Promise<RunningNod> {
  const { logger, say } = hooks;
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) await stop().catch((error: unknown) => logger.error({ err: error }, "a part did not stop cleanly"));
  };
  try {
    const database = await openDatabase({
      url: config.databaseUrl ?? undefined,
      workerUrl: config.databaseWorkerUrl ?? undefined,
      ownerUrl: config.databaseOwnerUrl ?? undefined,
      dataFolder: config.dataFolder,
      log: say,
      onLost: hooks.onLost,
    });
    stops.push(() => database.stop());
    await migrate({ url: database.ownerUrl, directory: migrationsFolder, log: say });
    for (const file of [defaultSeed, ...(await templateSeeds())]) await applySeed({ url: database.ownerUrl, file });

    const ports = await openBroker(config.broker, config.dataFolder, (reason) => logger.warn({ reason }, "prices came without their previous closes"));
    stops.push(() => ports.stop());
    const identities = await openIdentities(config);
    stops.push(() => identities.stop());
    const onIdleConnectionLost = (error: Error): void => logger.warn({ err: error }, "a database connection was lost");
    const pool = createPool({ url: database.url, applicationName: "nod-web", maxConnections: webConnections, onIdleConnectionLost });
    stops.push(() => pool.end());
    const workerPool = createPool({ url: database.workerUrl, applicationName: "nod-workers", maxConnections: workerConnections, onIdleConnectionLost });
    stops.push(() => workerPool.end());

    const metrics = createMetrics({ processMetrics: true });
    const telemetry = createTelemetry(metrics.registry, logger);
    const settings = riskSettings(config, ports.environment);
    const orders = createOrderDesk({ pool: workerPool, broker: ports.broker, stream: ports.tradeStream, settings, observer: telemetry.orders });
    stops.push(() => orders.stop());
    const tickPool = createPool({ url: database.workerUrl, applicationName: "nod-tick", maxConnections: tickConnections, statementTimeoutMs: tickStatementTimeoutMs, onIdleConnectionLost });
    stops.push(() => tickPool.end());
    let market: MarketWorkers | null = null;
    const tick = config.questionWorkerEnabled ? startTickOf(config, tickPool, ports, telemetry, (group, symbol) => market?.isStreamed(group, symbol) ?? false) : null;
    if (tick !== null) stops.push(() => tick.stop());
    if (tick !== null && config.ingestEnabled) {
      const dayBars = startDayBars({
        db: workerPool,
        bars: ports.minuteBars,
        isLeader: () => tick.health().isLeader,
        onError: (error) => logger.warn({ err: error }, "today's bars could not be read; charts begin with this process"),
      });
      stops.push(() => dayBars.stop());
      const workers = startMarketWorkers({ pool: workerPool, ports, tick, telemetry });
      market = workers;
      stops.push(() => workers.stop());
    }
    const expiry = startQuestionExpiry(workerPool, telemetry.expiry);
    stops.push(() => expiry.stop());
    if (config.auth.mode === "firebase" && config.auth.web !== null && config.auth.web.vapidKey !== null) {
      const sender = createFcmSender({ projectId: config.auth.projectId, onFailure: telemetry.push.failed });
      stops.push(() => sender.stop());
      const pushing = startPushing(workerPool, sender, telemetry.push);
      stops.push(() => pushing.stop());
    }
    const halts = startHaltWatch({ pool: workerPool, feeds: () => failingStockFeeds(tick?.health().feeds ?? [], new Date()), observer: telemetry.halts });
    stops.push(() => halts.stop());
    const listener = await listen({
      url: database.workerUrl,
      applicationName: "nod-workers",
      channels: { [configChannel]: () => tick?.wake(), [ordersChannel]: () => orders.orderPlaced(), [killSwitchChannel]: () => orders.killSwitchChanged() },
      onReconnect: () => {
        tick?.wake();
        orders.orderPlaced();
        orders.killSwitchChanged();
      },
    });
    stops.push(() => listener.close());
    orders.start();

    const tables = createTableServices(pool, workerPool);
    const configs = configSource(tick);
    const answers = createAnswerService({
      pool,
      branches: [createTradingBranch({ configs, settings, orderPlaced: () => orders.orderPlaced() }), createNoticeBranch(), createPauseBranch()],
    });
    if (config.questionWorkerEnabled) {
      const autoAnswers = startAutoAnswers({ pool: workerPool, answers, onError: (error) => logger.warn({ err: error }, "a rule that orders without asking could not") });
      stops.push(() => autoAnswers.stop());
    }
    const hub = await createQuestionsHub({
      pool: workerPool,
      databaseUrl: database.url,
      ...createHubReads(pool),
      authenticate: identities.authenticate,
      findRevoked: identities.findRevoked,
      ensureUser: tables.ensureUser,
      answer: (uid, id, value) => answers.answer(uid, id, value, { via: "hub", requestId: null }),
      undo: (uid, id) => undoAnswer(pool, uid, id, { via: "hub", requestId: null }),
      allowedOrigins: [],
      publicOrigin: config.publicOrigin,
      callsPerUserPerMinute: hubCallsPerUserPerMinute,
      logger,
      observer: telemetry.delivery,
    });
    let isStopping = false;
    const readiness = createReadinessProbe([
      databaseCheck(pool),
      migrationsCheck(pool, migrationsFolder),
      { name: "broker_reconciled", required: true, look: () => reconciledVerdict(orders) },
      marketDataCheck(pool),
      { name: "accepting_requests", required: true, look: () => ({ ready: !isStopping, detail: isStopping ? "It is stopping." : "It takes requests." }) },
    ]);
    const app = createApp({
      settings: {
        clientFolder: existsSync(clientFolder) ? clientFolder : null,
        firebaseProjectId: config.auth.mode === "firebase" ? config.auth.projectId : null,
        firebaseWeb: config.auth.mode === "firebase" ? config.auth.web : null,
        operatorToken: config.operatorToken,
        trustedProxies: config.trustedProxies,
      },
      services: {
        ...tables,
        answers,
        trading: { status: (uid) => readTradingStatus(dbOfUser(pool, uid), uid, { configs, settings, broker: ports.kind, nextLookAt: () => tick?.health().nextTickAt ?? null }), ...tables.killSwitches },
        readiness,
        devSessions: identities.devSessions,
      },
      authenticate: identities.authenticate,
      logger,
      metrics,
      hub: hub.middleware,
    });
    const server = createGracefulServer(app);
    hub.attach(server.server);
    stops.push(async () => {
      isStopping = true;
      await server.stop(drainMs, () => hub.stop(drainMs));
    });
    const port = await server.listen(config.port, config.host);
    return {
      address: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
      broker: ports.description,
      database: database.description,
      stop: stopAll,
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** The templates that can be chosen, in the order of their names. */
async function templateSeeds(): Promise<string[]> {
  const folder = join(seedsFolder, "templates");
  return (await readdir(folder)).filter((name) => name.endsWith(".sql")).toSorted().map((name) => join(folder, name));
}

const riskSettings = (config: Config, environment: "paper" | "live"): RiskSettings => ({
  tradingEnabled: config.tradingEnabled,
  venue: { environment, liveAllowed: config.allowLive },
  caps: config.caps,
  ...defaultMaxAges,
});

function startTickOf(config: Config, pool: Pool, { marketData: market, broker }: BrokerPorts, telemetry: Telemetry, isStreamed: MarketWorkers["isStreamed"]): TickWorker {
  return startTick({
    pool,
    market,
    isStreamed,
    learnSymbols: () => learnNewAssets({ pool, broker, onError: (error) => telemetry.orders.failed(error) }),
    owner: `${process.pid}-${randomUUID()}`,
    intervalMs: config.questionWorkerIntervalMs,
    ingestEnabled: config.ingestEnabled,
    evaluationEnabled: config.evalEnabled,
    observer: telemetry.tick,
  });
}

/** What this process has compiled; the database's row decides whether it is still of the right revision. */
function configSource(tick: TickWorker | null): ConfigSource {
  return {
    resolve: effectiveConfig,
    held(uid) {
      const compiled = tick?.configs.get(uid);
      return compiled === undefined ? undefined : { revision: compiled.revision, config: compiled.effective };
    },
  };
}

/** A process that stands by takes answers all the same: what it commits is sent by the one that has the desk. */
function reconciledVerdict(orders: Pick<OrderDesk, "isReconciled" | "isStandingBy">): { ready: boolean; detail: string } {
  if (orders.isReconciled()) return { ready: true, detail: "Our books agree with the broker's." };
  if (orders.isStandingBy()) return { ready: true, detail: "Another process sends the orders; this one stands by." };
  return { ready: false, detail: "Our books have not been compared with the broker's yet; nothing is sent." };
}
