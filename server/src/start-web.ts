/** A process's web side: people, their questions and their answers. It owns nothing and never reaches the broker. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createAnswers } from "./answers.ts";
import { dbOfUser } from "./db/user-db.ts";
import type { Foundation } from "./foundation.ts";
import { createApp } from "./http/app.ts";
import { clientAddress } from "./http/client-address.ts";
import { createHubReads, createTableServices } from "./http/database-services.ts";
import { createGracefulServer } from "./http/graceful-server.ts";
import { defaultRateLimits } from "./http/rate-limits.ts";
import { createReadinessProbe, databaseCheck, leasesCheck, marketDataCheck, migrationsCheck, workersCheck } from "./http/readiness.ts";
import { openIdentities, type Identities } from "./identity.ts";
import type { AnswerService } from "./pipeline/answer.ts";
import { undoAnswer } from "./pipeline/undo.ts";
import { createQuestionsHub, type QuestionsHub } from "./realtime/questions-hub.ts";
import { migrationsFolder } from "./prepare-database.ts";
import type { RunningWorker } from "./start-worker.ts";
import { outboxLagMetrics } from "./telemetry/process.ts";
import { effectiveConfig } from "./trading/config/resolve.ts";
import { readTradingStatus } from "./trading/portfolio/status.ts";

const clientFolder = join(import.meta.dirname, "../../client/web/dist");
const hubCallsPerUserPerMinute = 240;
const drainMs = 5_000;

/** Without workers in this process every answer reads its config, and the notification alone tells the order desk. */
const workersElsewhere: Pick<RunningWorker, "configs" | "orderPlaced" | "nextLookAt"> = {
  configs: { resolve: effectiveConfig, held: () => undefined },
  orderPlaced: () => undefined,
  nextLookAt: () => null,
};

/**
 * @param worker the workers of this process; null where other processes have them
 * @returns the port
 */
export async function startWeb(base: Foundation, worker: RunningWorker | null): Promise<number> {
  const { broker, config, logger, metrics, pool, settings, stops, workerPool } = base;
  const identities = await openIdentities(config);
  stops.add(() => identities.stop());
  const links = worker ?? workersElsewhere;
  const answers = createAnswers(base, links);
  const tables = createTableServices(pool, workerPool);
  const hub = await openHub(base, identities, tables.ensureUser, answers);
  outboxLagMetrics(metrics.registry, () => hub.lagSeconds());
  let isStopping = false;
  const readiness = createReadinessProbe([
    databaseCheck(pool),
    migrationsCheck(pool, migrationsFolder),
    worker === null ? workersCheck(pool) : { name: "broker_reconciled", required: true, look: () => worker.reconciled() },
    marketDataCheck(pool),
    leasesCheck(workerPool, { asks: config.questionWorkerEnabled }),
    { name: "hub", required: true, look: () => ({ ready: hub.isListening, detail: hub.isListening ? "It is told of new messages." : "It is not told of new messages; they are looked for now and then." }) },
    { name: "accepting_requests", required: true, look: () => ({ ready: !isStopping, detail: isStopping ? "It is stopping." : "It takes requests." }) },
  ]);
  const app = createApp({
    settings: {
      clientFolder: existsSync(clientFolder) ? clientFolder : null,
      firebaseProjectId: config.auth.mode === "firebase" ? config.auth.projectId : null,
      firebaseWeb: config.auth.mode === "firebase" ? config.auth.web : null,
      operatorToken: config.operatorToken,
      trustedProxies: config.trustedProxies,
      rateLimits: { ...defaultRateLimits, perAddressPerMinute: config.webLimits.perAddressPerMinute },
    },
    services: {
      ...tables,
      answers,
      trading: { status: (uid) => readTradingStatus(dbOfUser(pool, uid), uid, { configs: links.configs, settings, broker: broker.kind, nextLookAt: links.nextLookAt }), ...tables.killSwitches },
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
  stops.add(async () => {
    isStopping = true;
    await server.stop(drainMs, () => hub.stop(drainMs));
  });
  return server.listen(config.port, config.host);
}

function openHub({ config, database, logger, pool, telemetry, workerPool }: Foundation, identities: Identities, ensureUser: (uid: string) => Promise<void>, answers: AnswerService): Promise<QuestionsHub> {
  return createQuestionsHub({
    pool: workerPool,
    databaseUrl: database.url,
    ...createHubReads(pool),
    authenticate: identities.authenticate,
    findRevoked: identities.findRevoked,
    ensureUser,
    answer: (uid, id, value) => answers.answer(uid, id, value, { via: "hub", requestId: randomUUID() }),
    undo: (uid, id) => undoAnswer(pool, uid, id, { via: "hub", requestId: null }),
    allowedOrigins: [],
    publicOrigin: config.publicOrigin,
    limits: { maxConnections: config.webLimits.hubConnections, maxConnectionsPerAddress: config.webLimits.hubConnectionsPerAddress, upgradesPerAddressPerMinute: config.webLimits.perAddressPerMinute },
    clientAddress: clientAddress(config.trustedProxies),
    callsPerUserPerMinute: hubCallsPerUserPerMinute,
    logger,
    observer: telemetry.delivery,
  });
}
