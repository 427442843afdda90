import { randomUUID } from "node:crypto";
import type { RequestHandler } from "express";
import type { Logger } from "pino";
import { traceIdOf } from "../core/trace-id.ts";
import { openContext, type RequestContext } from "./request-context.ts";

const longestLoggedPath = 200;

export type RequestObserver = { requestEnded(request: { operationId: string | null; status: number; seconds: number; isSignedIn: boolean }): void };

/** A call about one question carries its trace, as every later line about it does. */
const questionPath = /^\/v1\/me\/questions\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\/|$)/i;

/**
 * Gives every request its id and, when it has ended, its line in the log. The line holds the path without the query,
 * and no header at all: a credential can be in either.
 */
export function requestLog(logger: Logger, observer: RequestObserver): RequestHandler {
  return (request, response, next) => {
    const context: RequestContext = { id: randomUUID(), startedAt: performance.now(), operationId: null, uid: null };
    openContext(request, context);
    response.setHeader("X-Request-Id", context.id);
    const path = request.path.slice(0, longestLoggedPath);
    response.once("close", () => {
      const seconds = (performance.now() - context.startedAt) / 1_000;
      const status = response.writableFinished ? response.statusCode : 499; // the caller hung up
      observer.requestEnded({ operationId: context.operationId, status, seconds, isSignedIn: context.uid !== null });
      const { id: requestId, operationId: operation, uid } = context;
      const questionId = questionPath.exec(path)?.[1];
      const about = questionId === undefined ? {} : { questionId, traceId: traceIdOf(questionId) };
      const fields = { requestId, ...about, method: request.method, path, operation, uid, status, ms: Math.round(seconds * 1_000) };
      if (operation === "getHealth" || operation === "getMetrics") logger.debug(fields, "request");
      else logger.info(fields, "request");
    });
    next();
  };
}
