import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { maxSymbolsPerSnapshotCall } from "@nod/contract/operations";
import type { Order } from "@nod/contract/order";
import type { AnswerResult, Question } from "@nod/contract/question";
import type { TradingStatus } from "@nod/contract/status";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { IdentityUnavailableError } from "../../src/core/identity.ts";
import type { AnswerOutcome } from "../../src/pipeline/answer.ts";
import type { UndoOutcome } from "../../src/pipeline/undo.ts";
import { call } from "../support/contract-client.ts";
import { startApp, type AppParts, type RunningApp } from "../support/http-app.ts";

const questionId = "0d4bd9f5-7a41-4cc0-9f5f-0ab0c5a27f1c";
const at = "2026-03-02T15:00:00.000Z";
const question: Question = {
  id: questionId, kind: "swipe", question_text: "SPY is down 1.6% vs yesterday.", correct_answer: 10, pipeline_key: "trading", pipeline_step: "dip_confirm:await_confirm",
  source_tag: "trading:rule:dip_confirm", metadata: {}, status: "open", created_at: at, expires_at: "2026-03-02T15:05:00.000Z",
};
const result: AnswerResult = { question_id: questionId, outcome: "approved", answer: 10, answered_at: at, decision: null, order: null, follow_up_question_id: null };
const headroom = { limit: "3", used: "0", left: "3" };
const status: TradingStatus = {
  mode: "paper", enabled: true, broker: "simulator", market: { is_open: null, trading_day: null, next_open: null, next_close: null }, buying_power: null, positions: [], day_result_usd: null,
  headroom: { orders_per_day: headroom, notional_usd_per_4h: headroom, open_questions: headroom },
  kill_switch: { enabled: false, mode: null, scope: null, reason: null, since: null }, watching: ["SPY"], next_look_at: null, server_time: at,
};
const order = (id: string): Order => ({
  id, client_order_id: `nod-${id.replaceAll("-", "")}`, alpaca_order_id: null, question_id: null, rule_id: null, symbol: "SPY", asset_class: "us_equity", side: "buy", order_type: "market", limit_price: null,
  notional_usd: "10", qty: null, filled_qty: "0", filled_avg_price: null, status: "pending_submit", status_reason: null, mode: "paper", undo_until: null, created_at: at, submitted_at: null, filled_at: null, updated_at: at,
});

/** What the answer service would say next, and everything it was asked. */
let nextOutcome: AnswerOutcome = { kind: "answered", result };
let nextUndo: UndoOutcome = { kind: "not_found" };
const asked: unknown[][] = [];
const pages: unknown[][] = [];
const fail = (): Promise<never> => Promise.reject(new Error("password=hunter2 at 10.0.0.7"));

const services: AppParts = {
  questions: {
    open: (uid) => Promise.resolve(uid === "alice" ? [question] : []),
    one: (uid, id) => (uid === "broken" ? fail() : Promise.resolve(uid === "alice" && id === questionId ? question : null)),
  },
  answers: {
    answer: (...parts) => {
      asked.push(parts);
      return Promise.resolve(nextOutcome);
    },
  },
  undo: () => Promise.resolve(nextUndo),
  configs: { read: fail, replace: () => Promise.resolve({ kind: "conflict", revision: "1.7" }), check: fail, templates: fail, chooseTemplate: fail },
  orders: {
    page: (...parts) => {
      pages.push(parts);
      return Promise.resolve({ orders: [order("7d7a5f0e-6c35-4c9f-8c3c-4c1f37cf2a11")], hasMore: true });
    },
    story: fail,
  },
  activity: { page: () => Promise.resolve({ entries: [], hasMore: false }), story: () => Promise.resolve(null) },
  standings: { performance: (_uid, range) => Promise.resolve({ range, since: null, points: [], change_usd: null, unpriced: [], server_time: at }), rules: () => Promise.resolve(null) },
  market: {
    latest: (symbols) => Promise.resolve(symbols.map((symbol) => ({ symbol, asset_class: "us_equity", feed: "iex", metric: "last_trade", price: "1", volume: null, as_of: at }))),
    priceLine: (symbol) => Promise.resolve({ symbol, asset_class: null, feed: null, day: null, prev_close: null, interval_seconds: 5, points: [] }),
  },
  devices: { list: () => Promise.resolve([]), remember: () => Promise.resolve(), forget: () => Promise.resolve() },
  snoozes: { list: () => Promise.resolve({ snoozes: [], server_time: at }), set: () => Promise.resolve({ snoozes: [], server_time: at }) },
  previews: { preview: () => Promise.resolve({ kind: "busy", retryAfterSeconds: 5 }), skipped: () => Promise.resolve({ questions: [], measured: 0, made_usd: "0", server_time: at }) },
  trading: {
    status: () => Promise.resolve(status),
    switchOn: (_scope, { mode }) => Promise.resolve(mode === "flatten" ? { kind: "confirmation_needed" } : { kind: "set", killSwitch: { enabled: true, mode, scope: "user", reason: null, since: at } }),
    preview: () => Promise.resolve(null),
    switchOff: () => Promise.resolve(status.kill_switch),
  },
  ensureUser: () => Promise.resolve(),
  now: () => Promise.resolve(new Date(at)),
};

let app: RunningApp;
let token: string;
beforeAll(async () => {
  app = await startApp(services);
  token = await app.token("alice");
});
afterAll(() => app?.close());

const answerPath = `POST /v1/me/questions/${questionId}/answer`;

describe("an answer", () => {
  test("is handed on for the user of the token, and its result comes back", async () => {
    nextOutcome = { kind: "answered", result };
    expect(await call(app.server, answerPath, { token, body: { answer: 10 } })).toMatchObject({ status: 200, body: result });
    expect(asked.at(-1)).toEqual(["alice", questionId, 10, { via: "http", requestId: expect.any(String) }]);
  });

  test("to a question that closed otherwise is 409 with how it closed", async () => {
    nextOutcome = { kind: "closed", outcome: "rejected", expired: false };
    expect(await call(app.server, answerPath, { token, body: { answer: 10 } })).toMatchObject({ status: 409, body: { code: "question_closed", outcome: "rejected" } });
  });

  test("to an expired question is 409 and says that no order was sent", async () => {
    nextOutcome = { kind: "closed", outcome: "expired", expired: true };
    const { body } = await call(app.server, answerPath, { token, body: { answer: 10 } });
    expect(body).toMatchObject({ status: 409, code: "question_expired", outcome: "expired", detail: expect.stringContaining("No order was sent") });
  });

  test("to somebody else's question and to one that does not exist is the same 404", async () => {
    nextOutcome = { kind: "not_found" };
    const paths = [answerPath, `POST /v1/me/questions/${randomUUID()}/answer`, "POST /v1/me/questions/1/answer", "POST /v1/me/questions/%00/answer"];
    const bodies = await Promise.all(paths.map(async (path) => (await call(app.server, path, { token, body: { answer: 1 } })).body));
    for (const body of bodies) expect(body).toEqual({ ...Object(bodies[0]), instance: expect.any(String) });
    expect(bodies[0]).toMatchObject({ status: 404, code: "not_found" });
  });

  test("out of the question's bounds is 422 with the place", async () => {
    nextOutcome = { kind: "invalid", errors: [{ pointer: "/answer", message: "must be between 5 and 50, or 0" }] };
    expect(await call(app.server, answerPath, { token, body: { answer: 99 } })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/answer" }] } });
  });
});

describe("a bad body", () => {
  const manyKeys = `{${Array.from({ length: 500 }, (_, n) => `"k${n}":1`).join(",")}}`;
  test.each<[string, string, number, string, string | null]>([
    ["cut off", '{"answer": 1', 400, "malformed_json", null],
    ["NaN", '{"answer": NaN}', 400, "malformed_json", null],
    ["empty", " ", 400, "malformed_json", null],
    ["a text for a number", '{"answer": "10"}', 422, "validation_failed", "/answer"],
    ["a boolean", '{"answer": true}', 422, "validation_failed", "/answer"],
    ["null", '{"answer": null}', 422, "validation_failed", "/answer"],
    ["a number beyond JSON's", '{"answer": 1e999}', 422, "validation_failed", "/answer"],
    ["a huge number", '{"answer": 1e15}', 422, "validation_failed", "/answer"],
    ["nothing in it", "{}", 422, "validation_failed", "/answer"],
    ["an unknown key", '{"answer": 1, "force": true}', 422, "validation_failed", "/force"],
    ["__proto__", '{"answer": 1, "__proto__": {"admin": true}}', 422, "validation_failed", "/__proto__"],
    ["a list", "[10]", 422, "validation_failed", ""],
    ["a bare number", "10", 422, "validation_failed", ""],
    ["hundreds of unknown keys", manyKeys, 422, "validation_failed", "/k0"],
    ["deeply nested", `{"answer": ${"[".repeat(5_000)}${"]".repeat(5_000)}}`, 422, "validation_failed", "/answer"],
  ])("that is or has %s is refused with the place", async (_name, body, expectedStatus, code, pointer) => {
    const count = asked.length;
    const response = await call(app.server, answerPath, { token, body });
    expect(response).toMatchObject({ status: expectedStatus, body: { code } });
    if (pointer !== null) expect(response.body).toHaveProperty("errors", expect.arrayContaining([expect.objectContaining({ pointer })]));
    expect(response.text.length).toBeLessThan(8_000);
    expect(asked).toHaveLength(count);
  });

  test("that is larger than the operation reads is 413", async () => {
    expect(await call(app.server, answerPath, { token, body: `{"answer": 1${" ".repeat(20_000)}}` })).toMatchObject({ status: 413, body: { code: "body_too_large", detail: expect.stringContaining("16384") } });
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonp"])("sent as %s is 415", async (type) => {
    expect(await call(app.server, answerPath, { token, body: '{"answer": 1}', headers: { "Content-Type": type } })).toMatchObject({ status: 415, body: { code: "unsupported_media_type" } });
  });

  test("that is compressed is 415, so that nothing unfolds in memory", async () => {
    expect(await call(app.server, answerPath, { token, body: "{}", headers: { "Content-Encoding": "gzip" } })).toMatchObject({ status: 415 });
  });

  test("that is not there at all is 400", async () => {
    expect(await call(app.server, answerPath, { token })).toMatchObject({ status: 400, body: { code: "malformed_json" } });
  });
});

describe("a bad query", () => {
  test.each([
    ["/v1/me/questions?status=closed", "/status"],
    ["/v1/me/questions?page=2", "/page"],
    ["/v1/me/trading/orders?limit=0", "/limit"],
    ["/v1/me/trading/orders?limit=101", "/limit"],
    ["/v1/me/trading/orders?limit=ten", "/limit"],
    ["/v1/me/trading/orders?limit=1&limit=2", "/limit"],
    ["/v1/me/trading/orders?cursor=%27;drop", "/cursor"],
    ["/v1/me/trading/orders?cursor=AAAA", "/cursor"],
    ["/v1/me/trading/snapshots", "/symbol"],
    ["/v1/me/trading/snapshots?symbol=spy", "/symbol"],
    ["/v1/me/trading/snapshots?symbol=SPY,,AAPL", "/symbol"],
    [`/v1/me/trading/snapshots?symbol=${Array.from({ length: maxSymbolsPerSnapshotCall + 1 }, () => "SPY").join(",")}`, "/symbol"],
    ["/v1/me/trading/bars?symbol=SPY&feed=reuters", "/feed"],
    ["/v1/me/trading/bars?symbol[$ne]=SPY", "/symbol"],
  ])("%s is 422 at %s", async (path, pointer) => {
    expect(await call(app.server, `GET ${path}`, { token })).toMatchObject({ status: 422, body: { code: "validation_failed", errors: expect.arrayContaining([expect.objectContaining({ pointer })]) } });
  });
});

describe("reading", () => {
  test("open questions, one question, status and the day's line", async () => {
    expect(await call(app.server, "GET /v1/me/questions?status=open", { token })).toMatchObject({ status: 200, body: { questions: [question], server_time: at } });
    expect(await call(app.server, `GET /v1/me/questions/${questionId}`, { token })).toMatchObject({ status: 200, body: question });
    expect(await call(app.server, "GET /v1/me/trading/status", { token })).toMatchObject({ status: 200, body: status });
    expect(await call(app.server, "GET /v1/me/trading/bars?symbol=BTC/USD", { token })).toMatchObject({ status: 200, body: { symbol: "BTC/USD" } });
  });

  test("the latest facts of one symbol or of several, each once", async () => {
    const symbols = async (query: string): Promise<unknown> => Object((await call(app.server, `GET /v1/me/trading/snapshots?symbol=${query}`, { token })).body).snapshots;
    expect(await symbols("SPY")).toMatchObject([{ symbol: "SPY" }]);
    expect(await symbols("SPY,BTC/USD,SPY")).toMatchObject([{ symbol: "SPY" }, { symbol: "BTC/USD" }]);
  });

  test("orders goes on where the page before ended", async () => {
    const first = await call(app.server, "GET /v1/me/trading/orders?limit=1", { token });
    const { next_cursor: cursor } = Object(first.body);
    await call(app.server, `GET /v1/me/trading/orders?limit=1&cursor=${String(cursor)}`, { token });
    expect(pages.slice(-2)).toEqual([["alice", null, 1], ["alice", "7d7a5f0e-6c35-4c9f-8c3c-4c1f37cf2a11", 1]]);
  });

  test("a path that is not there is 404, for any method", async () => {
    for (const path of ["GET /v1/me/secrets", "POST /v1/me/questions", "DELETE /v1/me/trading/orders", "GET /hubs/other", "GET /", "GET /%E0%A4%A"]) {
      expect(await call(app.server, path, { token })).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
  });
});

describe("the kill switch", () => {
  test("needs a mode to be switched on, and none to be switched off", async () => {
    expect(await call(app.server, "POST /v1/me/trading/kill-switch", { token, body: { enabled: true } })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/mode" }] } });
    expect(await call(app.server, "POST /v1/me/trading/kill-switch", { token, body: { enabled: true, mode: "block_new" } })).toMatchObject({ status: 200, body: { enabled: true, mode: "block_new" } });
    expect(await call(app.server, "POST /v1/me/trading/kill-switch", { token, body: { enabled: false } })).toMatchObject({ status: 200, body: { enabled: false } });
  });

  test("says so when a mode cannot be had", async () => {
    expect(await call(app.server, "POST /v1/me/trading/kill-switch", { token, body: { enabled: true, mode: "flatten" } })).toMatchObject({ status: 422, body: { errors: [{ pointer: "/confirmation" }] } });
  });
});

test("a config that was changed meanwhile is 412 with the revision of now", async () => {
  const response = await call(app.server, "PUT /v1/me/trading/config", { token, body: {}, headers: { "If-Match": '"1.6"' } });
  expect(response).toMatchObject({ status: 412, headers: { etag: '"1.7"' }, body: { code: "revision_conflict" } });
});

describe("who calls", () => {
  test("must say so: every call of a user without or with a bad token is 401", async () => {
    const forged = `${token.slice(0, -4)}AAAA`;
    for (const headers of [{}, { Authorization: "Bearer" }, { Authorization: `Basic ${token}` }, { Authorization: `Bearer ${forged}` }, { Authorization: `Bearer ${"x".repeat(9_000)}` }, { Authorization: `Bearer ${token} ${token}` }]) {
      const response = await call(app.server, "GET /v1/me/questions", { headers });
      expect(response).toMatchObject({ status: 401, headers: { "www-authenticate": "Bearer" }, body: { code: "unauthenticated" } });
    }
    expect((await call(app.server, `GET /v1/me/questions?access_token=${token}`)).status).toBe(401);
  });

  test("cannot be found out while the identity provider is away: 503, soon to be tried again", async () => {
    const away = await startApp(services, { authenticate: () => Promise.reject(new IdentityUnavailableError("no answer")) });
    try {
      expect(await call(away.server, "GET /v1/me/questions", { token })).toMatchObject({ status: 503, headers: { "retry-after": "2" }, body: { code: "unavailable" } });
    } finally {
      await away.close();
    }
  });

  test("who calls too often waits, and nobody else does", async () => {
    const strict = await startApp(services, { settings: { rateLimits: { perUserPerMinute: 3, perAddressPerMinute: 100 } } });
    try {
      const codes = [];
      for (let n = 0; n < 5; n += 1) codes.push((await call(strict.server, "GET /v1/me/questions", { token })).status);
      expect(codes).toEqual([200, 200, 200, 429, 429]);
      const refused = await call(strict.server, "GET /v1/me/questions", { token });
      expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
      expect((await call(strict.server, "GET /v1/me/questions", { token: await strict.token("bob") })).status).toBe(200);
    } finally {
      await strict.close();
    }
  });

  test("more than the process can have under way is turned away at once, to come back soon", async () => {
    const { promise: blocked, resolve: goOn } = Promise.withResolvers<void>();
    let begun = 0;
    const slow: AppParts["questions"] = {
      ...services.questions,
      open: async () => {
        begun += 1;
        await blocked;
        return [];
      },
    };
    const small = await startApp({ ...services, questions: slow }, { settings: { maxCallsUnderWay: 2 } });
    try {
      const underWay = [1, 2].map(() => call(small.server, "GET /v1/me/questions", { token }));
      await expect.poll(() => begun, { timeout: 20_000 }).toBe(2);
      expect(await call(small.server, "GET /v1/me/questions", { token })).toMatchObject({ status: 503, headers: { "retry-after": "1" }, body: { code: "unavailable" } });
      expect((await call(small.server, "GET /healthz")).status).toBe(200);
      goOn();
      expect((await Promise.all(underWay)).map(({ status }) => status)).toEqual([200, 200]);
      await expect.poll(async () => (await call(small.server, "GET /v1/me/questions", { token })).status, { timeout: 20_000 }).toBe(200);
    } finally {
      goOn();
      await small.close();
    }
  });

  test("guessing tokens is limited by address, before anything is checked", async () => {
    const strict = await startApp(services, { settings: { rateLimits: { perUserPerMinute: 100, perAddressPerMinute: 3 } } });
    try {
      const codes = [];
      for (let n = 0; n < 5; n += 1) codes.push((await call(strict.server, "GET /v1/me/questions", { token: "guess" })).status);
      expect(codes).toEqual([401, 401, 401, 429, 429]);
    } finally {
      await strict.close();
    }
  });
});

describe("the development session", () => {
  test("gives a token that works", async () => {
    const { body } = await call(app.server, "POST /v1/dev/session", { body: { uid: "alice" } });
    expect(await call(app.server, "GET /v1/me/questions", { token: String(Object(body).token) })).toMatchObject({ status: 200, body: { questions: [question] } });
  });

  test("is not there without local sign-in, for a proxied call, and for a page under another name", async () => {
    const other = await startApp({ ...services, devSessions: null });
    try {
      expect((await call(other.server, "POST /v1/dev/session", { body: { uid: "alice" } })).status).toBe(404);
    } finally {
      await other.close();
    }
    for (const headers of [{ "X-Forwarded-For": "203.0.113.9" }, { Forwarded: "for=203.0.113.9" }, { Host: "rebound.example.com" }]) {
      expect((await call(app.server, "POST /v1/dev/session", { body: { uid: "alice" }, headers })).status).toBe(404);
    }
  });

  test.each([{ uid: "" }, { uid: "a b" }, { uid: "a".repeat(129) }, {}, { uid: "alice", admin: true }])("refuses %j", async (body) => {
    expect((await call(app.server, "POST /v1/dev/session", { body })).status).toBe(422);
  });
});

describe("what is told of failures", () => {
  test("is the request's id to the caller, and the cause to the log", async () => {
    const response = await call(app.server, `GET /v1/me/questions/${questionId}`, { token: await app.token("broken") });
    expect(response).toMatchObject({ status: 500, body: { code: "internal" } });
    expect(response.text).not.toContain("hunter2");
    const id = response.headers["x-request-id"] ?? "";
    expect(app.log().split("\n").filter((line) => line.includes(id) && line.includes("hunter2"))).toHaveLength(1);
  });

  test("no token and no query string is in any log line", async () => {
    await call(app.server, `GET /v1/me/trading/orders?cursor=AAAA&secret=${token}`, { token });
    const log = app.log();
    expect(log).toContain("/v1/me/trading/orders");
    expect(log).not.toContain("cursor=");
    for (const part of token.split(".")) expect(log).not.toContain(part);
  });

  test("who waits too long gets 503, and the work goes on alone", async () => {
    const slow = await startApp({ ...services, trading: { ...services.trading, status: () => new Promise(() => undefined) } }, { settings: { answerDeadlineMs: 50 } });
    try {
      expect(await call(slow.server, "GET /v1/me/trading/status", { token })).toMatchObject({ status: 503, body: { code: "unavailable" } });
    } finally {
      await slow.close();
    }
  });
});

describe("for operators", () => {
  test("health, and readiness part by part", async () => {
    expect(await call(app.server, "GET /healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
    const part = { name: "database", ready: false, required: true, detail: "It does not answer." } as const;
    const unready = await startApp({ ...services, readiness: () => Promise.resolve([part]) });
    const degraded = await startApp({ ...services, readiness: () => Promise.resolve([{ ...part, required: false }]) });
    try {
      expect(await call(unready.server, "GET /readyz")).toMatchObject({ status: 503, body: { ready: false, parts: [part] } });
      expect(await call(degraded.server, "GET /readyz")).toMatchObject({ status: 200, body: { ready: true } });
    } finally {
      await Promise.all([unready.close(), degraded.close()]);
    }
  });

  test("metrics are for loopback, or for who bears the operator's token", async () => {
    const local = await call(app.server, "GET /metrics");
    expect(local.text).toContain('nod_http_request_seconds_count{operation="answerQuestion",status="422"}');
    expect((await call(app.server, "GET /metrics", { headers: { "X-Forwarded-For": "203.0.113.9" } })).status).toBe(404);
    const guarded = await startApp(services, { settings: { operatorToken: "the-operators-token" } });
    try {
      expect((await call(guarded.server, "GET /metrics")).status).toBe(404);
      expect((await call(guarded.server, "GET /metrics", { token: "the-operators-toke" })).status).toBe(404);
      expect((await call(guarded.server, "GET /metrics", { token: "the-operators-token" })).status).toBe(200);
    } finally {
      await guarded.close();
    }
  });

  test("the OpenAPI document is served as it was generated", async () => {
    const { body } = await call(app.server, "GET /openapi.json");
    expect(Object.keys(Object(body).paths)).toContain("/v1/me/questions/{id}/answer");
  });
});

test("a caller who hangs up in the middle of a body does no harm", async () => {
  const isKnown = Promise.withResolvers<void>();
  const reading = await startApp(services, {
    authenticate: () => {
      isKnown.resolve();
      return Promise.resolve({ uid: "alice", expiresAt: new Date(Date.now() + 3_600_000), signedInAt: new Date() });
    },
  });
  onTestFinished(() => reading.close());
  const { port } = new URL(reading.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`POST /v1/me/questions/${questionId}/answer HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"ans`);
  await isKnown.promise;
  socket.end();
  await text(socket);
  expect((await call(reading.server, "GET /healthz")).status).toBe(200);
  await expect.poll(() => reading.log()).toContain('"status":499,"ms"');
  expect(reading.log()).not.toContain('"level":50');
});

describe("taking an approval back", () => {
  const at = `POST /v1/me/questions/${questionId}/undo`;

  test("gives the order as it then stands", async () => {
    nextUndo = { kind: "undone", order: { ...order(questionId), status: "not_placed", status_reason: "taken back by you" } };
    expect(await call(app.server, at, { token })).toMatchObject({ status: 200, body: { status: "not_placed", status_reason: "taken back by you" } });
  });

  test("says what stands when it is too late", async () => {
    nextUndo = { kind: "not_possible", stands: "accepted", why: "It is too late." };
    expect(await call(app.server, at, { token })).toMatchObject({ status: 409, body: { code: "undo_not_possible", outcome: "accepted", detail: "It is too late." } });
  });

  test("of an unknown question is 404", async () => {
    nextUndo = { kind: "not_found" };
    expect(await call(app.server, at, { token })).toMatchObject({ status: 404, body: { code: "not_found" } });
  });
});
