import { createServer as createHttpServer } from "node:http";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startSimulator } from "@nod/alpaca-simulator";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createDataFolder, processesOf, startNodProcess } from "./support/nod-process.ts";
import { approveFirst, firstSwipe, patience, signIn, untilFilled, type Person } from "./support/person.ts";

vi.setConfig({ testTimeout: 1_200_000 });

/** An order that a kill kept from being sent goes out afterwards, unless the price has moved too far by then. */
const untilSettled = (person: Person) =>
  vi.waitFor(async () => {
    const orders = await person.orders();
    expect(orders).toHaveLength(1);
    if (orders[0]?.status === "denied") expect(orders[0].status_reason).toContain("has moved too far");
    else expect(orders[0]?.status).toBe("filled");
    return orders;
  }, patience);

describe("with nothing set up", () => {
  test("a real dip becomes a question, a yes exactly one filled order; Ctrl-C leaves nothing running", async () => {
    const folder = await createDataFolder();
    const nod = await startNodProcess(folder);
    await nod.ready();
    const alice = await signIn(nod, "alice");
    const first = await firstSwipe(alice);
    expect(first.question_text).toMatch(/^IBM is down 1\.\d+% vs yesterday\./);
    const { question } = await approveFirst(alice);
    const [order] = await untilFilled(alice);
    expect(order).toMatchObject({ symbol: "IBM", side: "buy", notional_usd: "10", question_id: question.id });

    expect(await nod.ended("SIGINT")).toEqual({ code: 0, signal: null });
    expect(await processesOf(folder)).toEqual([]);
  });

  test("after a kill in the middle the next start goes on with the same data", async () => {
    const folder = await createDataFolder();
    const killed = await startNodProcess(folder);
    await killed.ready();
    const before = await signIn(killed, "alice");
    const { question, result } = await approveFirst(before);
    await killed.ended("SIGKILL");
    expect((await processesOf(folder)).length).toBeGreaterThan(0); // the database was left behind

    const nod = await startNodProcess(folder);
    await nod.ready();
    const alice = await signIn(nod, "alice");
    const [order] = await untilSettled(alice);
    expect(order).toMatchObject({ question_id: question.id });
    expect(await alice.answer(question, 10)).toEqual(result);
    expect(await nod.ended("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(await processesOf(folder)).toEqual([]);
  });
});

describe("what stops a start", () => {
  test("a taken port is named, and the database is not left running", async () => {
    const folder = await createDataFolder();
    const squatter = createHttpServer().listen(0, "127.0.0.1");
    onTestFinished(() => new Promise((resolve) => squatter.close(() => resolve())));
    await once(squatter, "listening");
    const bound = squatter.address();
    if (bound === null || typeof bound === "string") throw new Error("no port");
    const nod = await startNodProcess(folder, { PORT: String(bound.port) });
    expect(await nod.ended()).toEqual({ code: 1, signal: null });
    expect(nod.output()).toContain(`127.0.0.1:${bound.port}`);
    expect(nod.output()).toContain("set PORT");
    expect(await processesOf(folder)).toEqual([]);
  });

  test.each([
    [{ ALPACA_API_KEY_ID: "PK", ALPACA_API_SECRET_KEY: "hush-hush", ALPACA_TRADING_BASE_URL: "https://api.alpaca.markets" }, "real money needs ALPACA_ALLOW_LIVE=true"],
    [{ HOST: "0.0.0.0" }, "HOST must be a loopback address"],
    [{ NODE_ENV: "production" }, "not with NODE_ENV=production"],
    [{ NODE_ENV: "production", AUTH_MODE: "firebase", FIREBASE_PROJECT_ID: "nod", FIREBASE_AUTH_EMULATOR_HOST: "127.0.0.1:9099" }, "FIREBASE_AUTH_EMULATOR_HOST"],
  ])("%j is refused with the reason", async (environment, reason) => {
    const nod = await startNodProcess(await createDataFolder(), environment);
    expect(await nod.ended()).toEqual({ code: 1, signal: null });
    expect(nod.output()).toContain(reason);
    expect(nod.output()).not.toContain("hush-hush");
    expect(nod.output()).not.toContain("    at "); // a person reads this: no stack
  });
});

test("test mode runs the whole pipeline on fixture prices, with fake order ids and no call to Alpaca", async () => {
  let calls = 0;
  const alpaca = createHttpServer((_request, response) => {
    calls += 1;
    response.end();
  }).listen(0, "127.0.0.1");
  alpaca.on("upgrade", () => (calls += 1));
  onTestFinished(() => new Promise((resolve) => alpaca.close(() => resolve())));
  await once(alpaca, "listening");
  const bound = alpaca.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  const url = `http://127.0.0.1:${bound.port}`;
  const nod = await startNodProcess(await createDataFolder(), {
    QUESTION_PIPELINE_TEST_MODE: "true",
    ALPACA_API_KEY_ID: "PK",
    ALPACA_API_SECRET_KEY: "secret",
    ALPACA_TRADING_BASE_URL: url,
    ALPACA_DATA_BASE_URL: url,
    ALPACA_TRADING_STREAM_URL: url.replace("http", "ws"),
  });
  await nod.ready();
  const alice = await signIn(nod, "alice");
  const question = await firstSwipe(alice);
  expect(question.question_text).toContain("SPY is down 1.6%");
  await alice.answer(question, 10);
  const [order] = await untilFilled(alice);
  expect(order?.alpaca_order_id).toBe(`test-${order?.client_order_id}`);
  expect(order?.filled_avg_price).toBe("492");
  expect(calls).toBe(0);
});

test("a secret is in no log, at the finest level, while Alpaca is down, up and nonsense", async () => {
  const folder = await createDataFolder();
  const keys = { keyId: "PKNOD", secretKey: "the-very-secret-key", account: "paper" };
  const simulator = await startSimulator({ keys: [keys] });
  onTestFinished(() => simulator.stop());
  simulator.control.setMarket("open");
  simulator.control.fault({ route: "GET /v2/stocks/snapshots", times: 2, do: { kind: "malformed" } });
  simulator.control.fault({ route: "GET /v2/account", times: 1, do: { kind: "status", status: 500 } });
  const nod = await startNodProcess(folder, {
    LOG_LEVEL: "trace",
    ALPACA_API_KEY_ID: keys.keyId,
    ALPACA_API_SECRET_KEY: keys.secretKey,
    ALPACA_TRADING_BASE_URL: simulator.url,
    ALPACA_DATA_BASE_URL: simulator.url,
    ALPACA_TRADING_STREAM_URL: simulator.tradingStreamUrl,
  });
  await nod.ready();
  const alice = await signIn(nod, "alice");
  await alice.answer(await firstSwipe(alice), 10);
  await untilFilled(alice);

  const metrics = await (await fetch(`${nod.address}/metrics`)).text();
  expect(metrics).toMatch(/nod_ingest_failures_total\{feed="iex\/us_equity"\} [1-9]/);
  simulator.control.fault({ route: "* *", times: -1, do: { kind: "reset" } });
  simulator.control.dropStreams();
  await vi.waitFor(async () => {
    expect(await (await fetch(`${nod.address}/metrics`)).text()).toMatch(/nod_trade_stream_connected 0/);
  }, patience);
  expect(await nod.ended("SIGTERM")).toEqual({ code: 0, signal: null });

  expect(nod.output()).toContain("market data could not be fetched");
  expect(nod.output()).not.toContain(keys.secretKey);
  expect(nod.output()).not.toContain(alice.token);
  expect(nod.output()).not.toContain((await readFile(join(folder, ".data/local-auth.key"), "utf8")).trim());
});
