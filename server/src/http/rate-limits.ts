import type { RequestHandler } from "express";
import { ipKeyGenerator, rateLimit, type Store } from "express-rate-limit";
import { createCallCounter } from "../core/call-counter.ts";
import { refuse } from "./call.ts";
import { sendProblem } from "./problem-reply.ts";
import { contextOf } from "./request-context.ts";

const windowMs = 60_000;
/** Users, or addresses, that are counted at once: some 15 MB. Beyond it whoever was quiet longest is forgotten. */
const maxCountedKeys = 100_000;

export type RateLimits = {
  /** Calls of one user. */
  perUserPerMinute: number;
  /** Requests of one address (of one /56 for IPv6), before it is known who calls. */
  perAddressPerMinute: number;
};

export const defaultRateLimits: RateLimits = { perUserPerMinute: 300, perAddressPerMinute: 3_000 };

/** The library's own store grows with the number of addresses that call. */
function boundedStore(): Store {
  const counter = createCallCounter({ windowMs, maxKeys: maxCountedKeys, now: () => performance.now() });
  return {
    localKeys: true,
    increment(key) {
      const { hits, endsAtMs } = counter.count(key);
      return { totalHits: hits, resetTime: new Date(Date.now() + endsAtMs - performance.now()) };
    },
    decrement: () => undefined, // nothing is taken back: a call counts however it ends
    resetKey: (key) => counter.forget(key),
  };
}

function limiter(limit: number, keyGenerator: (request: Parameters<RequestHandler>[0]) => string): RequestHandler {
  return rateLimit({
    windowMs,
    limit,
    keyGenerator,
    store: boundedStore(),
    standardHeaders: "draft-8",
    legacyHeaders: false,
    handler: (request, response) => {
      const retryAfterSeconds = Number(response.getHeader("Retry-After") ?? windowMs / 1_000); // express-rate-limit has set it
      sendProblem(request, response, refuse("rate_limited", { detail: `At most ${limit} a minute.`, retryAfterSeconds }));
    },
  });
}

/** Counted in this process's memory: with several processes each allows as much. */
export const limitByAddress = ({ perAddressPerMinute }: RateLimits): RequestHandler => limiter(perAddressPerMinute, (request) => ipKeyGenerator(request.ip ?? "unknown"));

/** Stands after authentication. */
export const limitByUser = ({ perUserPerMinute }: RateLimits): RequestHandler => limiter(perUserPerMinute, (request) => contextOf(request).uid ?? "");
