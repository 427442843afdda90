import type { ErrorRequestHandler } from "express";
import type { Logger } from "pino";
import { IdentityUnavailableError, UnauthenticatedError } from "../core/identity.ts";
import { isDatabaseUnavailable } from "../db/unavailable.ts";
import { refuse, type Refusal } from "./call.ts";
import { sendProblem } from "./problem-reply.ts";
import { contextOf } from "./request-context.ts";

/** What Express's body parser calls its refusals. */
const bodyRefusals: Readonly<Record<string, (error: object) => Refusal>> = {
  "entity.parse.failed": () => refuse("malformed_json"),
  "request.size.invalid": () => refuse("malformed_json", { detail: "The body is not as long as Content-Length says." }),
  "request.aborted": () => refuse("malformed_json", { detail: "The body ended early." }),
  "entity.too.large": (error) => refuse("body_too_large", "limit" in error && typeof error.limit === "number" ? { detail: `At most ${error.limit} bytes are read.` } : {}),
  "encoding.unsupported": () => refuse("unsupported_media_type", { detail: "The body must not be compressed." }),
  "charset.unsupported": () => refuse("unsupported_media_type", { detail: "The body must be UTF-8." }),
};

/** The one place where an error becomes an answer. Its text stays in the log; the caller gets the request's id. */
export function errorReply(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const refusal = refusalFor(error);
    const context = contextOf(request);
    const fields = { requestId: context.id, operation: context.operationId, uid: context.uid, err: error };
    if (refusal.code === "internal") logger.error(fields, "a request failed");
    else if (refusal.code === "unavailable") logger.warn(fields, "a request could not be served");
    sendProblem(request, response, refusal);
  };
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof UnauthenticatedError) return refuse("unauthenticated");
  if (error instanceof IdentityUnavailableError) return refuse("unavailable", { detail: "The sign-in could not be checked. Nothing was done." });
  if (isDatabaseUnavailable(error)) return refuse("unavailable", { detail: "The database cannot be reached. Try again; an answer counts only once." });
  if (error instanceof URIError) return refuse("not_found");
  if (error instanceof Error && "type" in error && typeof error.type === "string") return bodyRefusals[error.type]?.(error) ?? refuse("internal");
  return refuse("internal");
}
