import { problemCatalogue, problemType } from "@nod/contract/problem-catalogue";
import type { Problem } from "@nod/contract/problem";
import type { Request, Response } from "express";
import type { Refusal } from "./call.ts";
import { contextOf } from "./request-context.ts";

/** When nothing better is known: a database that restarts is back within seconds. */
const defaultRetryAfterSeconds = 2;

/** Answers with the problem, unless the request has been answered already. */
export function sendProblem(request: Request, response: Response, refusal: Refusal): void {
  if (response.headersSent) return;
  const { code, detail, errors, outcome, revision, retryAfterSeconds } = refusal;
  const { status, title } = problemCatalogue[code];
  const problem: Problem = {
    type: problemType(code),
    title,
    status,
    code,
    instance: contextOf(request).id,
    ...(detail !== undefined && { detail }),
    ...(errors !== undefined && { errors }),
    ...(outcome !== undefined && { outcome }),
  };
  if (status === 401) response.setHeader("WWW-Authenticate", "Bearer");
  if (status === 429 || status === 503) response.setHeader("Retry-After", String(retryAfterSeconds ?? defaultRetryAfterSeconds));
  if (revision !== undefined) response.setHeader("ETag", `"${revision}"`);
  response.statusCode = status;
  response.setHeader("Content-Type", "application/problem+json");
  response.end(JSON.stringify(problem));
}
