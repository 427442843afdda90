import type { Request, RequestHandler, Response } from "express";
import type { Account, Ledger } from "../book/ledger.ts";
import { Refusal } from "../book/refusal.ts";
import { seededUuid } from "../seeded.ts";
import type { SimulatorClock } from "../time/clock.ts";
import { accountOf, type KeyPair } from "./credentials.ts";
import type { Fault, FaultBoard } from "./faults.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** A request that was let in, and what its handler answers. */
export type Call = Question & { account: Account };
/** A request as market data sees it: whose it is does not matter. */
export type Question = {
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  body: Readonly<Record<string, unknown>>;
  rawBody: string;
};
export type Reply = { status: number; body?: unknown };
/** What answers a request: for an account, or (crypto data, which Alpaca gives away) for anyone. */
export type Handler = { access: "account"; answer: (call: Call) => Reply } | { access: "public"; answer: (question: Question) => Reply };
/** Trading and market data are two hosts at Alpaca, with a limit each. */
export type Host = "trading" | "data";

export type RequestLogEntry = { at: number; method: string; path: string; account: string | null; status: number | "reset" | "hang"; fault: string | null };

export type DispatchParts = {
  ledger: Ledger;
  keys: readonly KeyPair[];
  faults: FaultBoard;
  limiter: RateLimiter | undefined;
  clock: SimulatorClock;
  log: RequestLog;
  /** Called before every answer: what it acknowledges is then on disk. */
  sync: () => void;
};

const LOG_LIMIT = 20_000;

/** Every request that arrived: the last of them one by one, all of them counted by route and outcome. */
export class RequestLog {
  readonly entries: RequestLogEntry[] = [];
  readonly counts = new Map<string, number>();
  /** Requests logged so far. */
  seen = 0;

  add(entry: RequestLogEntry, route: string): void {
    this.seen += 1;
    this.entries.push(entry);
    if (this.entries.length > LOG_LIMIT) this.entries.shift();
    const key = `${entry.method} ${route} ${entry.status}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}

/** Turns a handler into a route: credentials, limit, faults, body, answer, log. */
export function serve(parts: DispatchParts, host: Host, route: string, handler: Handler): RequestHandler {
  return (request, response) => {
    const accountId = accountOf(parts.keys, request.header("APCA-API-KEY-ID"), request.header("APCA-API-SECRET-KEY"));
    const account = accountId === undefined ? undefined : parts.ledger.account(accountId);
    const { delay, failure } = parts.faults.strike(request.method, request.path, accountId);
    const answer = (): void => finish(parts, request, response, { host, route, handler, account, failure, delay });
    const waitMs = delay?.do.kind === "delay" && delay.when !== "after" ? delay.do.ms : 0;
    if (waitMs === 0) answer();
    else parts.clock.after(waitMs, answer);
  };
}

type Work = { host: Host; route: string; handler: Handler; account: Account | undefined; failure: Fault | undefined; delay: Fault | undefined };

function finish(parts: DispatchParts, request: Request, response: Response, work: Work): void {
  const { failure, delay, account, route, host } = work;
  response.setHeader("X-Request-ID", seededUuid("request", parts.clock.now(), parts.log.seen));
  const late = failure?.when === "after";
  const limit = account === undefined ? undefined : parts.limiter?.take(account.id, host, parts.clock.now());
  for (const [name, value] of Object.entries(limit?.headers ?? {})) response.setHeader(name, value);
  const carriedOut = failure === undefined || late;
  const reply = carriedOut ? carryOut(request, work, limit?.allowed ?? true) : undefined;
  parts.sync();
  const note = (status: RequestLogEntry["status"]): void =>
    parts.log.add(
      { at: parts.clock.now(), method: request.method, path: request.originalUrl, account: account?.id ?? null, status, fault: failure?.do.kind ?? delay?.do.kind ?? null },
      route,
    );
  const send = (): void => {
    if (failure !== undefined) return fail(failure, request, response, reply, note);
    if (reply === undefined) return;
    note(reply.status);
    response.status(reply.status);
    if (reply.body === undefined) response.end();
    else response.json(reply.body);
  };
  const waitMs = delay?.do.kind === "delay" && delay.when === "after" ? delay.do.ms : 0;
  if (waitMs === 0) send();
  else parts.clock.after(waitMs, send);
}

const unauthorized: Reply = { status: 401, body: { message: "unauthorized." } };

function carryOut(request: Request, work: Work, allowed: boolean): Reply {
  const { account, handler } = work;
  if (!allowed) return { status: 429, body: { code: 42910000, message: work.host === "trading" ? "rate limit exceeded" : "too many requests" } };
  try {
    const rawBody = Buffer.isBuffer(request.body) ? request.body.toString("utf8") : "";
    if (account === undefined && handler.access === "account") return unauthorized;
    const question = { params: pathParams(request), query: queryOf(request), body: readBody(rawBody), rawBody };
    if (handler.access === "public") return handler.answer(question);
    return account === undefined ? unauthorized : handler.answer({ ...question, account });
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: error.body };
    throw error;
  }
}

function pathParams(request: Request): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.params)) params[name] = typeof value === "string" ? value : value.join("/");
  return params;
}

/** The query string as Alpaca reads it: flat. */
function queryOf(request: Request): URLSearchParams {
  return new URL(request.url ?? "/", "http://simulator").searchParams;
}

function readBody(rawBody: string): Record<string, unknown> {
  if (rawBody.trim() === "") return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(rawBody);
  } catch {
    throw new Refusal(400, 40010000, "request body format is invalid");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new Refusal(400, 40010000, "request body format is invalid");
  return { ...parsed };
}

function fail({ do: fault }: Fault, request: Request, response: Response, reply: Reply | undefined, note: (status: RequestLogEntry["status"]) => void): void {
  switch (fault.kind) {
    case "cut": {
      note("reset");
      const whole = JSON.stringify(reply?.body ?? { code: 50010000, message: "internal server error occurred" });
      response.writeHead(reply?.status ?? 500, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(whole) });
      response.write(whole.slice(0, whole.length / 2), () => request.socket.resetAndDestroy());
      return;
    }
    case "reset":
      note("reset");
      request.socket.resetAndDestroy();
      return;
    case "hang":
      note("hang");
      return;
    case "status":
      note(fault.status);
      response.status(fault.status).set(fault.headers ?? {});
      response.json(fault.body ?? { code: fault.status * 100_000 + 10_000, message: fault.status === 429 ? "rate limit exceeded" : "internal server error occurred" });
      return;
    case "delay":
      return;
    default: {
      note(200);
      const bodies = { malformed: '{"id":"0f4c', empty: "", empty_object: "{}" };
      response.status(200).type("application/json").send(fault.kind === "body" ? fault.body : bodies[fault.kind]);
    }
  }
}
