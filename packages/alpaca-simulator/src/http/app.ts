import express, { type ErrorRequestHandler, type Express } from "express";
import type { SimulatorControl } from "../control.ts";
import { controlRouter } from "./control-routes.ts";
import { cryptoRoutes } from "./crypto-routes.ts";
import { dataRoutes, type DataRoutesParts } from "./data-routes.ts";
import { serve, type DispatchParts, type Host } from "./dispatch.ts";
import { tradingRoutes, type Route, type TradingRoutesParts } from "./trading-routes.ts";
import { notFound } from "../book/refusal.ts";

export type AppParts = {
  dispatch: DispatchParts;
  trading: TradingRoutesParts;
  data: DataRoutesParts;
  /** Served only when it is given. */
  control: SimulatorControl | undefined;
};

const BODY_LIMIT = "1mb";

/** Both of Alpaca's HTTP hosts on one port (their paths do not overlap). */
export function buildApp(parts: AppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  if (parts.control !== undefined) app.use("/_control", controlRouter(parts.control));
  app.use(express.raw({ type: () => true, limit: BODY_LIMIT }));
  const mount = (host: Host, routes: readonly Route[]): void => {
    for (const [method, path, answer] of routes) app[method](path, serve(parts.dispatch, host, path.replaceAll("\\", ""), { access: "account", answer }));
  };
  mount("trading", tradingRoutes(parts.trading));
  mount("data", dataRoutes(parts.data));
  for (const [path, answer] of cryptoRoutes(parts.data)) app.get(path, serve(parts.dispatch, "data", path, { access: "public", answer }));
  const nowhere = (): never => {
    throw notFound("endpoint not found.");
  };
  app.use(serve(parts.dispatch, "trading", "(unknown)", { access: "account", answer: nowhere }));
  app.use(badRequest);
  return app;
}

const badRequest: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  if (typeof status !== "number" || status >= 500) return next(error);
  response.status(status).json({ code: status * 100_000 + 10_000, message: "request body format is invalid" });
};
