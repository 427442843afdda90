/** The app, the hub and the answer service over a test's database: everything a client talks to, without the workers. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { HubConnectionBuilder, LogLevel, type HubConnection, type IHttpConnectionOptions } from "@microsoft/signalr";
import { pino } from "pino";
import { systemClock } from "../../src/core/clock.ts";
import { usd } from "../../src/core/decimal.ts";
import type { Authenticate, FindRevoked } from "../../src/core/identity.ts";
import type { Pool } from "../../src/db/pool.ts";
import { dbOfUser } from "../../src/db/user-db.ts";
import { createApp, type AppSettings } from "../../src/http/app.ts";
import { createLocalIdentity } from "../../src/http/auth/local-identity.ts";
import { createHubReads, createTableServices } from "../../src/http/database-services.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { createAnswerService } from "../../src/pipeline/answer.ts";
import { createNoticeBranch } from "../../src/pipeline/notice-branch.ts";
import { createPauseBranch } from "../../src/pipeline/pause-branch.ts";
import { createTradingBranch } from "../../src/pipeline/trading-branch.ts";
import { undoAnswer } from "../../src/pipeline/undo.ts";
import { clientAddress } from "../../src/http/client-address.ts";
import { createQuestionsHub, defaultHubLimits, type HubLimits } from "../../src/realtime/questions-hub.ts";
import { effectiveConfig } from "../../src/trading/config/resolve.ts";
import { readTradingStatus } from "../../src/trading/portfolio/status.ts";
import { defaultMaxAges, type RiskSettings } from "../../src/trading/risk/risk-settings.ts";

export type NodServer = {
  server: Server;
  url: string;
  token(uid: string): Promise<string>;
  /** A hub connection of the unmodified client, not started; `through` another address than the server's own. */
  device(uid: string, options?: IHttpConnectionOptions, through?: string): HubConnection;
  /** Cuts every connection, as a network does: without a word. */
  cut(): void;
  /** What could not be delivered. */
  failures: unknown[];
  stop(): Promise<void>;
};

export type NodServerOptions = {
  /** Sees one user at a time. */
  pool: Pool;
  /** Sees all users; left out: `pool` does. */
  workerPool?: Pool;
  databaseUrl: string;
  settings?: Partial<AppSettings>;
  authenticate?: Authenticate;
  findRevoked?: FindRevoked;
  allowedOrigins?: readonly string[];
  callsPerUserPerMinute?: number;
  hubLimits?: Partial<HubLimits>;
  /** Left out: however long a device takes to call `Sync`, it is pushed nothing before. */
  syncGraceMs?: number;
  fallbackReadMs?: number;
};

/** For what is not to run out before a test says so. */
const patientMs = 600_000;

export async function startNodServer(options: NodServerOptions): Promise<NodServer> {
  const { pool, databaseUrl } = options;
  const local = createLocalIdentity({ secret: new Uint8Array(32).fill(3), host: "127.0.0.1", nodeEnv: "test", clock: systemClock });
  const authenticate = options.authenticate ?? local.authenticate;
  const logger = pino({ level: "silent" });
  const tables = createTableServices(pool, options.workerPool ?? pool);
  const configs = { held: () => undefined, resolve: effectiveConfig };
  const settings: RiskSettings = {
    tradingEnabled: true,
    venue: { environment: "paper", liveAllowed: false },
    caps: { maxOrderNotionalUsd: usd("1000"), maxOrdersPerDay: 100, maxNotionalUsdPer4h: usd("10000") },
    ...defaultMaxAges,
  };
  const answers = createAnswerService({ pool, branches: [createTradingBranch({ configs, settings, orderPlaced: () => undefined }), createNoticeBranch(), createPauseBranch()] });
  const failures: unknown[] = [];
  const hub = await createQuestionsHub({
    pool: options.workerPool ?? pool,
    databaseUrl,
    ...createHubReads(pool),
    authenticate,
    findRevoked: options.findRevoked ?? null,
    ensureUser: tables.ensureUser,
    answer: (uid, id, value) => answers.answer(uid, id, value, { via: "hub", requestId: null }),
    undo: (uid, id) => undoAnswer(pool, uid, id, { via: "hub", requestId: null }),
    allowedOrigins: options.allowedOrigins ?? [],
    publicOrigin: null,
    limits: { ...defaultHubLimits, ...options.hubLimits },
    clientAddress: clientAddress(options.settings?.trustedProxies ?? 0),
    syncGraceMs: options.syncGraceMs ?? patientMs,
    ...(options.fallbackReadMs === undefined ? {} : { fallbackReadMs: options.fallbackReadMs }),
    callsPerUserPerMinute: options.callsPerUserPerMinute ?? 1_000,
    logger,
    observer: { connectionsAre: () => undefined, delivered: () => undefined, deliveryFailed: (error) => failures.push(error) },
  });
  const app = createApp({
    settings: { clientFolder: null, firebaseProjectId: null, operatorToken: null, trustedProxies: 0, answerDeadlineMs: patientMs, ...options.settings },
    services: {
      ...tables,
      answers,
      trading: { status: (uid) => readTradingStatus(dbOfUser(pool, uid), uid, { configs, settings, broker: "test", nextLookAt: () => null }), ...tables.killSwitches },
      readiness: () => Promise.resolve([]),
      devSessions: local,
    },
    authenticate,
    logger,
    metrics: createMetrics({ processMetrics: false }),
    hub: hub.middleware,
  });
  const server = createServer(app);
  hub.attach(server);
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const url = `http://127.0.0.1:${address.port}`;
  return {
    server,
    url,
    failures,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    token: local.issueToken,
    device: (uid, connectionOptions = {}, through = url) =>
      new HubConnectionBuilder()
        .withUrl(`${through}/hubs/questions`, { accessTokenFactory: () => local.issueToken(uid), ...connectionOptions })
        .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount }) => Math.min(50 * 2 ** previousRetryCount, 1_000) })
        .configureLogging(LogLevel.None)
        .build(),
    stop: async () => {
      await hub.stop(5_000);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
