import express, { type Express, type RequestHandler } from "express";
import type { Logger } from "pino";
import type { Authenticate } from "../core/identity.ts";
import { authenticateUser } from "./authenticate-user.ts";
import { refuse, type Handlers } from "./call.ts";
import { clientConfigOf, type FirebaseWebSettings } from "./client-config.ts";
import { answerWithin } from "./deadline.ts";
import { errorReply } from "./error-reply.ts";
import { deviceHandlers } from "./handlers/devices.ts";
import { configHandlers } from "./handlers/config.ts";
import { killSwitchHandlers } from "./handlers/kill-switch.ts";
import { previewHandlers } from "./handlers/preview.ts";
import { questionHandlers } from "./handlers/questions.ts";
import { systemHandlers, type MetricsText } from "./handlers/system.ts";
import { tradingHandlers } from "./handlers/trading.ts";
import { limitCallsUnderWay } from "./load-limit.ts";
import { operationRouter, operatorGate } from "./operation-router.ts";
import { sendProblem } from "./problem-reply.ts";
import { defaultRateLimits, limitByAddress, limitByUser, type RateLimits } from "./rate-limits.ts";
import { requestLog, type RequestObserver } from "./request-log.ts";
import { securityHeaders } from "./security-headers.ts";
import type { Services } from "./services.ts";
import { staticClient } from "./static-client.ts";

export type AppSettings = {
  /** The built client; null serves none. */
  clientFolder: string | null;
  /** Null with AUTH_MODE=local. */
  firebaseProjectId: string | null;
  /** Firebase's public settings for the browser; null: nobody signs in with Firebase there. */
  firebaseWeb?: FirebaseWebSettings | null;
  /** Who bears it may read `/metrics`; null: loopback may. */
  operatorToken: string | null;
  /** Proxies in front whose `X-Forwarded-For` is believed; 0 for none. */
  trustedProxies: number;
  rateLimits?: RateLimits;
  /** Of users, at once; default 1,000. */
  maxCallsUnderWay?: number;
  /** Default 7,000. */
  answerDeadlineMs?: number;
};

export type AppDependencies = {
  settings: AppSettings;
  services: Services;
  authenticate: Authenticate;
  logger: Logger;
  metrics: RequestObserver & MetricsText;
  /** Serves the hub's own requests (`/hubs/…`) before any body is read; null without a hub. */
  hub: RequestHandler | null;
};

/** Less than what clients wait for, so that they learn what happened. */
const defaultAnswerDeadlineMs = 7_000;
/** Paths that are never a place inside the client. */
const apiPaths = ["/v1", "/hubs"];

/** The whole HTTP surface, ready to be given to a server. It opens nothing and starts nothing. */
export function createApp(dependencies: AppDependencies): Express {
  const { settings, services, authenticate, logger, metrics, hub } = dependencies;
  const rateLimits = settings.rateLimits ?? defaultRateLimits;
  const app = express();
  app.disable("x-powered-by");
  app.set("trust proxy", settings.trustedProxies);
  app.set("query parser", "simple");

  app.use(requestLog(logger, metrics));
  app.use(securityHeaders(settings));
  const byAddress = limitByAddress(rateLimits);
  if (hub !== null) {
    app.use("/hubs", byAddress);
    app.use(hub);
  }
  app.use(answerWithin(settings.answerDeadlineMs ?? defaultAnswerDeadlineMs));

  const handlers: Handlers = { ...systemHandlers(services, metrics), ...questionHandlers(services), ...configHandlers(services), ...tradingHandlers(services), ...previewHandlers(services), ...killSwitchHandlers(services), ...deviceHandlers(services, clientConfigOf(settings, services)) };
  app.use(
    operationRouter(handlers, {
      none: [byAddress],
      operator: [byAddress, operatorGate(settings.operatorToken)],
      user: [byAddress, limitCallsUnderWay(settings.maxCallsUnderWay), authenticateUser(authenticate, (uid) => services.ensureUser(uid)), limitByUser(rateLimits)],
    }),
  );
  const notFound: RequestHandler = (request, response) => sendProblem(request, response, refuse("not_found"));
  app.use(apiPaths, notFound);
  if (settings.clientFolder !== null) app.use(staticClient(settings.clientFolder));
  app.use(notFound);
  app.use(errorReply(logger));
  return app;
}
