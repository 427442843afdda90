import express, { type Express, type RequestHandler } from "express";
import { refuse } from "./call.ts";
import type { AppDependencies, AppSettings } from "./app.ts";
import { answerWithin } from "./deadline.ts";
import { errorReply } from "./error-reply.ts";
import { probeHandlers } from "./handlers/system.ts";
import { operatorGate, routesOf } from "./operation-router.ts";
import { sendProblem } from "./problem-reply.ts";
import { defaultRateLimits, limitByAddress } from "./rate-limits.ts";
import { requestLog } from "./request-log.ts";
import type { ReadinessProbe } from "./services.ts";

const answerDeadlineMs = 7_000;

/** `/healthz`, `/readyz` and `/metrics` of a process that serves no people, and nothing else. */
export function createProbeApp(of: Pick<AppSettings, "operatorToken" | "trustedProxies"> & Pick<AppDependencies, "logger" | "metrics"> & { readiness: ReadinessProbe }): Express {
  const app = express();
  const notFound: RequestHandler = (request, response) => sendProblem(request, response, refuse("not_found"));
  app.disable("x-powered-by");
  app.set("trust proxy", of.trustedProxies);
  app.use(requestLog(of.logger, of.metrics));
  app.use(answerWithin(answerDeadlineMs));
  app.use(
    routesOf(["getHealth", "getReadiness", "getMetrics"], probeHandlers(of, of.metrics), {
      none: [limitByAddress(defaultRateLimits)],
      operator: [operatorGate(of.operatorToken)],
      user: [notFound],
    }),
  );
  app.use(notFound);
  app.use(errorReply(of.logger));
  return app;
}
