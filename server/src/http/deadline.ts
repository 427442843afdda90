import type { RequestHandler } from "express";
import { refuse } from "./call.ts";
import { sendProblem } from "./problem-reply.ts";

/**
 * Nobody waits longer than this for an answer. The work goes on behind it, and may succeed: an answer counts only once,
 * so asking again shows what became of it.
 */
export function answerWithin(deadlineMs: number): RequestHandler {
  return (request, response, next) => {
    const timer = setTimeout(() => {
      sendProblem(request, response, refuse("unavailable", { detail: `There was no result within ${deadlineMs} ms. Ask again to see what became of it.` }));
    }, deadlineMs);
    response.once("close", () => clearTimeout(timer));
    next();
  };
}
