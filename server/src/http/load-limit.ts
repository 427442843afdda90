import type { RequestHandler } from "express";
import { refuse } from "./call.ts";
import { sendProblem } from "./problem-reply.ts";

/**
 * Calls of users under way in this process at once. At some milliseconds each that is far more than the database answers:
 * beyond it a caller is better told so at once than let wait for his deadline.
 */
const maxCallsUnderWay = 1_000;
const retryAfterSeconds = 1;

/** Sheds what is more than the process can have under way: 503, to be tried again soon. */
export function limitCallsUnderWay(limit = maxCallsUnderWay): RequestHandler {
  let underWay = 0;
  return (request, response, next) => {
    if (underWay >= limit) return sendProblem(request, response, refuse("unavailable", { detail: "Too much is under way. Nothing was done.", retryAfterSeconds }));
    underWay += 1;
    response.once("close", () => {
      underWay -= 1;
    });
    next();
  };
}
