import type { IncomingMessage, Server } from "node:http";
import { questionsHubPath, type QuestionsHubClient } from "@nod/contract/hub";
import { createHubServer, UnavailableError, type AuthenticatedUser, type HubContext, type HubMiddleware } from "@nod/signalr-server";
import { IdentityUnavailableError, UnauthenticatedError, type Authenticate, type FindRevoked } from "../core/identity.ts";
import { listen } from "../db/notify.ts";
import { isDatabaseUnavailable } from "../db/unavailable.ts";
import { outboxChannel } from "../trading/outbox/outbox-table.ts";
import { createCallLimit } from "./call-limit.ts";
import { defineQuestionsHub, type HubMethodSettings } from "./hub-methods.ts";
import { createDelivery, type DeliveryObserver, type DeliverySettings } from "./outbox-delivery.ts";
import { watchRevocations } from "./revocation-watch.ts";
import { createStatementQueue, type StatementQueue } from "./statement-queue.ts";

/** A client's largest call is an answer of some hundred bytes. */
const maximumReceiveBytes = 8_192;
/** What a slow client may have waiting. */
const maximumBufferedBytes = 1_048_576;
/** A notification may be lost without the connection being lost; then this finds what is new. */
const defaultFallbackReadMs = 15_000;

/** More than any person's phones and browsers. */
const maxConnectionsPerUser = 20;
const authenticateAgainSeconds = 2;

export type HubLimits = {
  /** In this process. */
  maxConnections: number;
  /** Of one address, behind which may stand a whole company or a mobile network. */
  maxConnectionsPerAddress: number;
  upgradesPerAddressPerMinute: number;
};

export const defaultHubLimits: HubLimits = { maxConnections: 20_000, maxConnectionsPerAddress: 1_000, upgradesPerAddressPerMinute: 3_000 };

export type QuestionsHubSettings = Pick<DeliverySettings, "pool" | "dbOf" | "readQuestions" | "readOpenQuestions"> & HubMethodSettings & {
  /** For the connection that listens. */
  databaseUrl: string;
  authenticate: Authenticate;
  /** Null when tokens cannot be revoked before they expire. */
  findRevoked: FindRevoked | null;
  /** Called before a connection is opened; repeatable. */
  ensureUser(uid: string): Promise<void>;
  /** Browsers of other origins that may connect; the page's own always may. */
  allowedOrigins: readonly string[];
  /** Where clients reach this server, when that is not what their `Host` header says. */
  publicOrigin: string | null;
  limits?: HubLimits;
  /** For whom the limits by address count a request; left out: the socket's other end. */
  clientAddress?(request: IncomingMessage): string;
  /** Default 15,000. */
  fallbackReadMs?: number;
  observer: DeliveryObserver;
};

export type QuestionsHub = {
  /** Negotiation and the transports other than WebSockets; before any body parser. */
  middleware: HubMiddleware;
  /** Takes the server's upgrades under the hub's path. */
  attach(server: Server): void;
  /** For `/readyz`: false while it is not told of what is new. */
  readonly isListening: boolean;
  /** For metrics: see `Delivery`. */
  lagSeconds(): Promise<number>;
  /** Lets running calls finish, tells clients to reconnect, and ends. */
  stop(timeoutMs: number): Promise<void>;
};

/** @throws when the database cannot be listened to; later losses are repaired */
export async function createQuestionsHub(settings: QuestionsHubSettings): Promise<QuestionsHub> {
  const { logger } = settings;
  const server = createHubServer({ logger });
  const { limits = defaultHubLimits, clientAddress = ({ socket }: IncomingMessage) => socket.remoteAddress ?? "" } = settings;
  const upgrades = createCallLimit(limits.upgradesPerAddressPerMinute);
  const context: { hub: HubContext<QuestionsHubClient> | null } = { hub: null };
  const statements = createStatementQueue();
  const queued = { ...settings, dbOf: (uid: string) => statements.through(settings.dbOf(uid)), readOpenQuestions: (uid: string) => statements.run(() => settings.readOpenQuestions(uid)) };
  const delivery = createDelivery({
    ...queued,
    send: async (connectionIds, told) => {
      const { hub } = context;
      if (hub === null) return;
      await hub.send({ kind: "connections", connectionIds }, prepare(hub, told));
    },
  });
  context.hub = server.mapHub(questionsHubPath, defineQuestionsHub({ ...queued, pool: statements.through(settings.pool) }, delivery), {
    authenticate: ({ token }) => userOf(token, settings, statements),
    tickets: settings.publicOrigin === null ? true : { publicOrigin: settings.publicOrigin },
    allowedOrigins: settings.allowedOrigins,
    minimumNegotiateVersion: 1,
    maximumReceiveBytes,
    maximumBufferedBytes,
    maximumConnections: limits.maxConnections,
    maximumConnectionsPerUser: maxConnectionsPerUser,
    maximumConnectionsPerAddress: limits.maxConnectionsPerAddress,
    clientAddress,
    refuseUpgrade: (request) => upgrades.refuse(clientAddress(request)) ?? undefined,
  });
  const listener = await listen({
    url: settings.databaseUrl,
    applicationName: "nod-hub",
    channels: { [outboxChannel]: (uid) => (uid === "" ? delivery.wake() : delivery.wake(uid)) },
    onReconnect: () => delivery.wake(),
    onLost: (error) => logger.warn({ err: error }, "the hub is not told of new messages until the database is back"),
  });
  const fallback = setInterval(() => delivery.wake(), settings.fallbackReadMs ?? defaultFallbackReadMs);
  const revocations = settings.findRevoked === null ? null : watchRevocations(settings.findRevoked, context.hub, logger);

  return {
    middleware: server.middleware(),
    attach: (httpServer) => server.attachUpgrades(httpServer),
    get isListening() {
      return listener.connected;
    },
    lagSeconds: () => delivery.lagSeconds(),
    async stop(timeoutMs) {
      clearInterval(fallback);
      revocations?.stop();
      await server.drain({ timeoutMs });
      await Promise.all([listener.close(), delivery.stop()]);
    },
  };
}

/** @throws UnavailableError when it cannot be said now: the client is to come back, and not to sign in again */
async function userOf(token: string | undefined, { authenticate, ensureUser }: Pick<QuestionsHubSettings, "authenticate" | "ensureUser">, statements: StatementQueue): Promise<AuthenticatedUser | null> {
  try {
    if (token === undefined) return null;
    const identity = await authenticate(token);
    await statements.run(() => ensureUser(identity.uid));
    return { userId: identity.uid, expiresAt: identity.expiresAt.getTime(), claims: { signedInAt: identity.signedInAt.getTime() } };
  } catch (error) {
    if (error instanceof UnauthenticatedError) return null;
    if (error instanceof IdentityUnavailableError || isDatabaseUnavailable(error)) throw new UnavailableError("it cannot be said now who calls", authenticateAgainSeconds, { cause: error });
    throw error;
  }
}

type Told = Parameters<DeliverySettings["send"]>[1];

function prepare(hub: HubContext<QuestionsHubClient>, told: Told): ReturnType<HubContext<QuestionsHubClient>["prepare"]> {
  switch (told.method) {
    case "ReceiveQuestion":
      return hub.prepare(told.method, told.payload);
    case "QuestionClosed":
      return hub.prepare(told.method, told.payload);
    case "ReceiveTradeUpdate":
      return hub.prepare(told.method, told.payload);
  }
}
