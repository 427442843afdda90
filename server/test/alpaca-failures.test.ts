import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { createAlpacaBroker } from "../src/alpaca/broker.ts";
import { connectToAlpaca } from "../src/alpaca/connection.ts";
import { createAlpacaMarketData } from "../src/alpaca/market-data.ts";
import { usd } from "../src/core/decimal.ts";
import { BrokerUnavailableError, type OrderTicket } from "../src/trading/ports.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

async function listen(handler: Handler): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handler(request, response);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { url: `http://127.0.0.1:${address.port}`, requests };
}

const connect = (url: string, requestTimeoutMs = 60_000) =>
  connectToAlpaca({ keyId: "PK", secretKey: "hush", tradingBaseUrl: url, dataBaseUrl: url, tradingStreamUrl: "ws://127.0.0.1:1/stream", requestsPerMinute: 200, requestTimeoutMs });

const json = (status: number, body: unknown): Handler => (_request, response) => {
  response.writeHead(status, { "content-type": "application/json" }).end(typeof body === "string" ? body : JSON.stringify(body));
};

const ticket: OrderTicket = {
  clientOrderId: "nod-1",
  symbol: "SPY",
  assetClass: "us_equity",
  side: "buy",
  orderType: "market",
  limitPrice: null,
  size: { kind: "notional", notionalUsd: usd("10") },
};

/** Nobody loses patience here, unless a test is about it. */
const { signal: patience } = new AbortController();

const placed = { id: "a-1", client_order_id: "nod-1", symbol: "SPY", side: "buy", type: "market", time_in_force: "day", status: "pending_new", qty: null, notional: "10", filled_qty: "0", filled_avg_price: null };

describe("what a POST's ending means", () => {
  test.each<[string, Handler, object]>([
    ["a placed order is a yes", json(200, placed), { kind: "accepted" }],
    ["403 is a clear no", json(403, { code: 40310000, message: "insufficient buying power" }), { kind: "rejected", httpStatus: 403, code: 40310000, message: "insufficient buying power" }],
    ["422 is a clear no", json(422, { code: 42210000, message: 'asset "ZZZ" not found' }), { kind: "rejected", httpStatus: 422 }],
    ["401 is a clear no", json(401, { message: "unauthorized." }), { kind: "rejected", httpStatus: 401, code: null }],
    ["a spent client id while the first is open means it is there", json(422, { code: 42210000, message: "client_order_id must be unique" }), { kind: "duplicate" }],
    ["a spent client id of an ended order means it is there", json(422, { code: 40010001, message: "client_order_id must be unique" }), { kind: "duplicate" }],
    ["429 was refused at the door", json(429, { code: 42910000, message: "rate limit exceeded" }), { kind: "not_sent" }],
    ["500 is unknown", json(500, { message: "internal" }), { kind: "unknown" }],
    ["504 is unknown", json(504, "gateway time-out"), { kind: "unknown" }],
    ["a 200 with {} is unknown", json(200, {}), { kind: "unknown" }],
    ["an empty 200 is unknown", json(200, ""), { kind: "unknown" }],
    ["a malformed 200 is unknown", json(200, '{"id":'), { kind: "unknown" }],
    ["somebody else's order is unknown", json(200, { ...placed, client_order_id: "other" }), { kind: "unknown" }],
    ["a reset connection is unknown", (request) => request.socket.resetAndDestroy(), { kind: "unknown" }],
  ])("%s, and it was sent once", async (_name, handler, outcome) => {
    const { url, requests } = await listen(handler);
    expect(await createAlpacaBroker(connect(url)).submit(ticket, patience)).toMatchObject(outcome);
    expect(requests).toEqual(["POST /v2/orders"]);
  });

  test("no answer in time is unknown", async () => {
    const { url, requests } = await listen(() => undefined);
    // On a busy machine the time may be over before the request is out: then with more of it.
    let outcome: unknown;
    for (let timeoutMs = 500; requests.length === 0; timeoutMs *= 4) outcome = await createAlpacaBroker(connect(url, timeoutMs)).submit(ticket, patience);
    expect(outcome).toEqual({ kind: "unknown", reason: "no answer in time" });
    expect(requests).toHaveLength(1);
  });

  test("where nothing listens, nothing was sent", async () => {
    const { url } = await listen(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await createAlpacaBroker(connect(url)).submit(ticket, patience)).toMatchObject({ kind: "not_sent" });
  });

  test("a POST whose turn does not come in time was not sent", async () => {
    const { url, requests } = await listen(json(200, placed));
    const alpaca = connectToAlpaca({ keyId: "PK", secretKey: "hush", tradingBaseUrl: url, dataBaseUrl: url, tradingStreamUrl: "ws://x/", requestsPerMinute: 1, requestTimeoutMs: 60_000 });
    const broker = createAlpacaBroker(alpaca);
    expect(await broker.submit(ticket, patience)).toMatchObject({ kind: "accepted" });
    expect(await broker.submit({ ...ticket, clientOrderId: "nod-2" }, AbortSignal.timeout(200))).toMatchObject({ kind: "not_sent" });
    expect(requests).toHaveLength(1);
  });

  test("amounts go out as text with two decimals, and the day is named", async () => {
    let body = "";
    const { url } = await listen((request, response) => {
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        json(200, placed)(request, response);
      });
    });
    await createAlpacaBroker(connect(url)).submit(ticket, patience);
    expect(JSON.parse(body)).toEqual({ client_order_id: "nod-1", symbol: "SPY", side: "buy", type: "market", time_in_force: "day", notional: "10.00" });
  });
});

describe("looking an order up", () => {
  test("404 is not found, which is not proof of anything", async () => {
    const { url } = await listen(json(404, { code: 40410000, message: "order not found for nod-1" }));
    expect(await createAlpacaBroker(connect(url)).findByClientOrderId("nod-1", patience)).toEqual({ kind: "not_found" });
  });

  test.each<[string, Handler]>([
    ["500", json(500, {})],
    ["nonsense", json(200, { hello: "world" })],
    ["a reset", (request) => request.socket.resetAndDestroy()],
  ])("%s teaches nothing", async (_name, handler) => {
    const { url } = await listen(handler);
    expect(await createAlpacaBroker(connect(url)).findByClientOrderId("nod-1", patience)).toMatchObject({ kind: "unavailable" });
  });
});

describe("reading", () => {
  test.each<[string, Handler]>([
    ["a clock that does not tell the time", json(200, { is_open: true, timestamp: "soon" })],
    ["a 503", json(503, {})],
    ["HTML", json(200, "<html>")],
  ])("%s is unavailable, not a value", async (_name, handler) => {
    const { url } = await listen(handler);
    await expect(createAlpacaBroker(connect(url)).clock(patience)).rejects.toThrow(BrokerUnavailableError);
  });

  test("nonsense for snapshots yields no fact", async () => {
    const { url } = await listen(json(200, { SPY: { latestTrade: { t: "never", p: "free", s: -1 }, dailyBar: null } }));
    const facts = await createAlpacaMarketData(connect(url)).fetchFacts({ feed: "iex", assetClass: "us_equity", symbols: ["SPY"], tradingDay: "2013-10-08" }, patience);
    expect(facts).toEqual([]);
  });

  test("the secret is in no error", async () => {
    const { url } = await listen(json(401, { message: "unauthorized." }));
    const error: unknown = await createAlpacaBroker(connect(url)).account(patience).catch((caught: unknown) => caught);
    expect(JSON.stringify(error) + String(error)).not.toContain("hush");
  });
});
