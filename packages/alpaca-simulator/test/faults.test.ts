import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { errors, type Alpaca } from "@alpacahq/alpaca-trade-api";
import { startSimulator, type Simulator } from "../src/simulator.ts";
import type { Fault } from "../src/http/faults.ts";
import { manualClock } from "../src/time/clock.ts";
import { sdk } from "./sdk.ts";

const timeoutMs = 20_000;
const clock = manualClock(Date.parse("2026-03-04T15:00:00Z"));
let sim: Simulator;
let alpaca: Alpaca;

beforeAll(async () => {
  sim = await startSimulator({ clock, seed: "faults", control: true, symbols: { ACME: { price: "50", prevClose: "51" } } });
  alpaca = sdk(sim, { timeoutMs });
});
afterEach(() => sim.control.clearFaults());
afterAll(() => sim.stop());

const requests = (route: string): number => Object.entries(sim.control.book().requests.counts).reduce((sum, [key, count]) => (key.startsWith(`${route} `) ? sum + count : sum), 0);
const posted = (clientOrderId: string): number => sim.control.book().posts.filter((post) => post.clientOrderId === clientOrderId).length;

async function place(clientOrderId: string): Promise<unknown> {
  return alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy", clientOrderId }).catch((error: unknown) => error);
}

/** The same, and the SDK's time-out passes once the request is where it was to come: it does not matter how long that took. */
async function placeAndGiveUp(clientOrderId: string, hasArrived: () => boolean): Promise<unknown> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const placed = place(clientOrderId);
    while (!hasArrived()) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(timeoutMs);
    return await placed;
  } finally {
    vi.useRealTimers();
  }
}

describe("a read that fails", () => {
  it("is tried three times by the SDK on a 503, and then raises", async () => {
    sim.control.fault({ route: "GET /v2/account", times: -1, do: { kind: "status", status: 503 } });
    const before = requests("GET /v2/account");
    await expect(alpaca.trading.account.getAccount()).rejects.toMatchObject({ status: 503 });
    expect(requests("GET /v2/account") - before).toBe(3);
  });

  it("recovers when only the first connection is reset", async () => {
    sim.control.fault({ route: "GET /v2/account", do: { kind: "reset" } });
    await expect(alpaca.trading.account.getAccount()).resolves.toMatchObject({ status: "ACTIVE" });
  });

  it("is a syntax error when the body is cut off, and accepted when it is an empty object", async () => {
    sim.control.fault({ route: "GET /v2/stocks/*", do: { kind: "malformed" } });
    await expect(alpaca.marketData.stocks.stockSnapshots({ symbols: "SPY" })).rejects.toThrow(SyntaxError);
    sim.control.fault({ route: "GET /v2/stocks/*", do: { kind: "empty_object" } });
    await expect(alpaca.marketData.stocks.stockSnapshots({ symbols: "SPY" })).resolves.toEqual({});
  });

  it("carries the headers of a 429", async () => {
    sim.control.fault({ route: "GET /v2/clock", times: -1, do: { kind: "status", status: 429, headers: { "X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1" } } });
    await expect(alpaca.trading.clock.legacyClock()).rejects.toMatchObject({ status: 429, code: 42910000, rateLimit: { limit: 200, remaining: 0 } });
  });
});

describe("a submit that ends in anything but a clear answer", () => {
  const cases: [string, Fault["do"], boolean][] = [
    ["a reset before the order was taken", { kind: "reset" }, false],
    ["a reset after the order was taken", { kind: "reset" }, true],
    ["silence before the order was taken", { kind: "hang" }, false],
    ["silence after the order was taken", { kind: "hang" }, true],
    ["a 500 before the order was taken", { kind: "status", status: 500 }, false],
    ["a 504 after the order was taken", { kind: "status", status: 504 }, true],
    ["half an answer after the order was taken", { kind: "cut" }, true],
    ["half an answer before the order was taken", { kind: "cut" }, false],
    ["a cut-off body after the order was taken", { kind: "malformed" }, true],
    ["an empty body after the order was taken", { kind: "empty" }, true],
  ];

  it.each(cases)("%s: one attempt, and the book knows the truth", async (what, fault, taken) => {
    const clientOrderId = what.replaceAll(" ", "-");
    const before = requests("POST /v2/orders");
    sim.control.fault({ route: "POST /v2/orders", when: taken ? "after" : "before", do: fault });
    const isAnswered = fault.kind !== "hang";
    const outcome = isAnswered ? place(clientOrderId) : placeAndGiveUp(clientOrderId, () => requests("POST /v2/orders") > before);
    expect(await outcome).toBeInstanceOf(Error);
    expect(requests("POST /v2/orders") - before).toBe(1);
    expect(posted(clientOrderId)).toBe(taken ? 1 : 0);
    const lookup = alpaca.trading.orders.getOrderByClientOrderId({ clientOrderId });
    if (taken) await expect(lookup).resolves.toMatchObject({ clientOrderId });
    else await expect(lookup).rejects.toBeInstanceOf(errors.NotFoundError);
  });

  it("is an order without an id when the answer is an empty object", async () => {
    sim.control.fault({ route: "POST /v2/orders", when: "after", do: { kind: "empty_object" } });
    expect(await place("nameless")).toMatchObject({ id: undefined });
    expect(posted("nameless")).toBe(1);
  });

  it("can be answered late: the client gives up, the order stands", async () => {
    sim.control.fault({ route: "POST /v2/orders", when: "after", do: { kind: "delay", ms: timeoutMs + 1_000 } });
    expect(await placeAndGiveUp("late", () => posted("late") === 1)).toBeInstanceOf(errors.FetchError);
    clock.advance(timeoutMs + 1_000);
    expect(posted("late")).toBe(1);
  });

  it("keeps what the client sent, to the byte", async () => {
    const body = '{ "symbol":"ACME","notional":"10.50", "side":"buy","type":"market","time_in_force":"day","client_order_id":"raw" }';
    const headers = { "APCA-API-KEY-ID": sim.keys[0]?.keyId ?? "", "APCA-API-SECRET-KEY": sim.keys[0]?.secretKey ?? "" };
    await fetch(`${sim.url}/v2/orders`, { method: "POST", headers, body });
    expect(sim.control.book().posts.find((post) => post.clientOrderId === "raw")?.rawBody).toBe(body);
  });
});

describe("the request limit", () => {
  it("allows so many a minute to each account and host, and says what is left", async () => {
    const minute = manualClock(Date.parse("2026-03-04T15:00:10Z"));
    const limited = await startSimulator({ clock: minute, rateLimitPerMinute: 3, keys: [{ keyId: "A", secretKey: "a", account: "first" }, { keyId: "B", secretKey: "b", account: "second" }] });
    try {
      const ask = (key: string, path: string): Promise<Response> => fetch(`${limited.url}${path}`, { headers: { "APCA-API-KEY-ID": key.toUpperCase(), "APCA-API-SECRET-KEY": key } });
      const answers: Response[] = [];
      for (let count = 0; count < 4; count += 1) answers.push(await ask("a", "/v2/clock"));
      expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 429]);
      expect(answers.map((answer) => answer.headers.get("X-RateLimit-Remaining"))).toEqual(["2", "1", "0", "0"]);
      expect(answers[0]?.headers.get("X-RateLimit-Reset")).toBe(String(Date.parse("2026-03-04T15:01:00Z") / 1000));
      expect(await answers[3]?.json()).toEqual({ code: 42910000, message: "rate limit exceeded" });
      minute.advance(60_000);
      expect((await ask("a", "/v2/clock")).status).toBe(200);
      expect((await ask("b", "/v2/clock")).status).toBe(200);
      expect((await ask("a", "/v2/stocks/snapshots?symbols=SPY")).status).toBe(200);
    } finally {
      await limited.stop();
    }
  });
});

describe("the control API", () => {
  const command = (name: string, body: unknown): Promise<Response> => fetch(`${sim.url}/_control/${name}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

  it("does over HTTP what it does in the process", async () => {
    expect((await command("set-price", { symbol: "ACME", price: "47.11" })).status).toBe(204);
    const { trades } = await alpaca.marketData.stocks.stockLatestTrades({ symbols: "ACME" });
    expect(trades["ACME"]?.p).toBe(47.11);
    await command("fault", { route: "GET /v2/positions", do: { kind: "status", status: 418, body: { message: "teapot" } } });
    await expect(alpaca.trading.positions.getAllOpenPositions()).rejects.toMatchObject({ status: 418 });
    const book: unknown = await (await fetch(`${sim.url}/_control/book`)).json();
    expect(book).toMatchObject({ accounts: [{ account: "paper" }], posts: expect.any(Array) });
  });

  it("opens, closes and halts the market, and orders wait for it", async () => {
    await command("set-market", { state: "closed" });
    expect(await alpaca.trading.clock.legacyClock()).toMatchObject({ isOpen: false });
    const queued = await alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy", clientOrderId: "queued" });
    expect(queued.status).toBe("accepted");
    await command("halt", { symbol: "ACME" });
    await command("set-market", { state: "open" });
    expect((await alpaca.trading.orders.getOrderByClientOrderId({ clientOrderId: "queued" })).status).toBe("accepted");
    await command("unhalt", { symbol: "ACME" });
    clock.advance(2_000);
    expect((await alpaca.trading.orders.getOrderByClientOrderId({ clientOrderId: "queued" })).status).toBe("filled");
    await command("set-market", { state: "replay" });
  });

  it.each([
    ["set-price", { symbol: "ACME" }],
    ["set-price", { symbol: "NOSUCH", price: "1" }],
    ["set-price", { symbol: "ACME", price: "cheap" }],
    ["fault", { route: "GET /x", do: { kind: "explode" } }],
    ["fault", { route: "GET /x", do: { kind: "reset" }, typo: 1 }],
    ["act", { orderId: "none", step: { do: "fill" } }],
  ])("refuses %s with %j", async (name, body) => {
    const answer = await command(name, body);
    expect(answer.status).toBe(400);
  });

  it("is not there unless it was asked for", async () => {
    const closed = await startSimulator();
    expect((await fetch(`${closed.url}/_control/book`)).status).toBe(401);
    await closed.stop();
  });
});
