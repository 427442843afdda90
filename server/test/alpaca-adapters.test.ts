import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultKeys, manualClock, startSimulator, type Simulator, type SimulatorOptions } from "@nod/alpaca-simulator";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createAlpacaBroker } from "../src/alpaca/broker.ts";
import { connectToAlpaca } from "../src/alpaca/connection.ts";
import { createAlpacaMarketData } from "../src/alpaca/market-data.ts";
import { brokerPositionOf, NonsenseError } from "../src/alpaca/order-mapping.ts";
import { brokerEnvironmentOf, type AlpacaSettings } from "../src/alpaca/settings.ts";
import { createAlpacaTradeStream } from "../src/alpaca/trade-stream.ts";
import { quantity, usd } from "../src/core/decimal.ts";
import { newYorkInstant, tradingDayOf } from "../src/core/trading-day.ts";
import type { BrokerEvent, Fact, OrderTicket } from "../src/trading/ports.ts";

/** Nobody loses patience here. */
const { signal: patience } = new AbortController();
const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function connect(options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ port: 0, ...options });
  closers.push(() => simulator.stop());
  const settings = settingsFor(simulator);
  const alpaca = connectToAlpaca(settings);
  return { simulator, settings, broker: createAlpacaBroker(alpaca), marketData: createAlpacaMarketData(alpaca) };
}

/** At a New York time of a recorded day, which stands still: whatever the hour at which the tests run. */
function standingAt(date: string, time: string, dates: readonly string[]): SimulatorOptions {
  return { clock: manualClock(newYorkInstant(date, time).getTime()), replay: { startAt: [`${date}T${time}`], dates } };
}

function settingsFor(simulator: Simulator): AlpacaSettings {
  const [keys] = defaultKeys;
  if (!keys) throw new Error("the simulator has no keys");
  return {
    keyId: keys.keyId,
    secretKey: keys.secretKey,
    tradingBaseUrl: simulator.url,
    dataBaseUrl: simulator.url,
    tradingStreamUrl: simulator.tradingStreamUrl,
    requestsPerMinute: 1_000,
    requestTimeoutMs: 60_000,
  };
}

type FlatSession = { date: string; openUtc: string; minutes: number; price: string };

/** The recorded daily bars of a symbol, with sessions of one price on days whose minutes nobody recorded. */
async function flatDays(symbol: string, sessions: readonly FlatSession[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nod-flat-days-"));
  closers.push(() => rm(folder, { recursive: true }));
  const recorded = join(import.meta.dirname, "../../packages/alpaca-simulator/data");
  await mkdir(join(folder, "daily"));
  await mkdir(join(folder, "minute", symbol), { recursive: true });
  await cp(join(recorded, `daily/${symbol}.csv`), join(folder, `daily/${symbol}.csv`));
  await cp(join(recorded, "corporate-actions.csv"), join(folder, "corporate-actions.csv"));
  for (const { date, openUtc, minutes, price } of sessions) {
    const openMs = Date.parse(`${date}T${openUtc}:00Z`);
    const rows = Array.from({ length: minutes }, (_, minute) => `${new Date(openMs + minute * 60_000).toISOString().replace(".000", "")},${price},${price},${price},${price},1000`);
    await writeFile(join(folder, "minute", symbol, `${date}.csv`), ["t,open,high,low,close,volume", ...rows, ""].join("\n"));
  }
  return folder;
}

const market = (clientOrderId: string, symbol: string, size: OrderTicket["size"], side: OrderTicket["side"] = "buy"): OrderTicket => ({
  clientOrderId,
  symbol,
  assetClass: "us_equity",
  side,
  orderType: "market",
  limitPrice: null,
  size,
});

const valueOf = (facts: readonly Fact[], symbol: string, metric: Fact["metric"]) => facts.find((fact) => fact.symbol === symbol && fact.metric === metric)?.price;

describe("facts of a recorded day", () => {
  test("come in one snapshots call for all symbols, with yesterday's close", async () => {
    const { simulator, broker, marketData } = await connect();
    const clock = await broker.clock(patience);
    expect(clock.isOpen).toBe(true);
    const facts = await marketData.fetchFacts({ feed: "iex", assetClass: "us_equity", symbols: ["SPY", "IBM", "AIG"], tradingDay: tradingDayOf(clock) }, patience);
    expect(valueOf(facts, "SPY", "prev_close")).toBe("167.42");
    expect(valueOf(facts, "IBM", "prev_close")).toBe("182.01");
    expect(valueOf(facts, "SPY", "day_open")).toBe("167.45");
    expect(Number(valueOf(facts, "IBM", "last_trade"))).toBeLessThan(182.01 * 0.985);
    const calls = Object.entries(simulator.control.book().requests.counts).filter(([route]) => route.includes("snapshots"));
    expect(calls.reduce((sum, [, count]) => sum + count, 0)).toBe(1);
  });

  test("a symbol that nobody trades is absent, and the others are there", async () => {
    const { broker, marketData } = await connect();
    const tradingDay = tradingDayOf(await broker.clock(patience));
    const facts = await marketData.fetchFacts({ feed: "iex", assetClass: "us_equity", symbols: ["SPY", "NOPE"], tradingDay }, patience);
    expect(new Set(facts.map((fact) => fact.symbol))).toEqual(new Set(["SPY"]));
  });

  test("right before the open the previous close is the last session's, not the one before", async () => {
    const { broker, marketData } = await connect(standingAt("2013-10-08", "09:00", ["2013-10-07", "2013-10-08"]));
    const clock = await broker.clock(patience);
    expect(clock.isOpen).toBe(false);
    const facts = await marketData.fetchFacts({ feed: "iex", assetClass: "us_equity", symbols: ["SPY"], tradingDay: tradingDayOf(clock) }, patience);
    expect(valueOf(facts, "SPY", "prev_close")).toBe("167.42");
    expect(valueOf(facts, "SPY", "day_open")).toBeUndefined();
  });

  test("on the day of a 7-for-1 split the previous close is in new shares, so nothing fell by 85 %", async () => {
    const { broker, marketData } = await connect({
      dataDir: await flatDays("AAPL", [
        { date: "2014-06-06", openUtc: "13:30", minutes: 390, price: "645.57" },
        { date: "2014-06-09", openUtc: "13:30", minutes: 390, price: "92.7" },
      ]),
      ...standingAt("2014-06-09", "11:00", ["2014-06-06", "2014-06-09"]),
    });
    const facts = await marketData.fetchFacts({ feed: "iex", assetClass: "us_equity", symbols: ["AAPL"], tradingDay: tradingDayOf(await broker.clock(patience)) }, patience);
    expect(Number(valueOf(facts, "AAPL", "prev_close"))).toBeCloseTo(645.57 / 7, 1);
    expect(valueOf(facts, "AAPL", "last_trade")).toBe("92.7");
  });

  test("on a half day and on the day after it the previous close is the last session's, and the half day ends at one", async () => {
    const dataDir = await flatDays("SPY", [
      { date: "2013-11-29", openUtc: "14:30", minutes: 210, price: "181.20" },
      { date: "2013-12-02", openUtc: "14:30", minutes: 390, price: "180.90" },
    ]);
    const previousCloseAt = async (date: string) => {
      const { broker, marketData } = await connect({ dataDir, ...standingAt(date, "12:00", ["2013-11-29", "2013-12-02"]) });
      const clock = await broker.clock(patience);
      const facts = await marketData.fetchFacts({ feed: "iex", assetClass: "us_equity", symbols: ["SPY"], tradingDay: tradingDayOf(clock) }, patience);
      return { prevClose: valueOf(facts, "SPY", "prev_close"), minutesLeft: (clock.nextClose.getTime() - clock.timestamp.getTime()) / 60_000 };
    };
    const halfDay = await previousCloseAt("2013-11-29");
    expect(halfDay.prevClose).toBe("181.12");
    expect(halfDay.minutesLeft).toBe(60);
    expect((await previousCloseAt("2013-12-02")).prevClose).toBe("180.93");
  });

  test("while the adjusted closes cannot be had, prices come without a previous close, and it is said", async () => {
    const { simulator, settings, broker } = await connect();
    simulator.control.fault({ route: "GET /v2/stocks/bars", do: { kind: "status", status: 500 } });
    const said: string[] = [];
    const marketData = createAlpacaMarketData(connectToAlpaca(settings), (reason) => said.push(reason));
    const request = { feed: "iex", assetClass: "us_equity", symbols: ["SPY"], tradingDay: tradingDayOf(await broker.clock(patience)) } as const;
    const without = await marketData.fetchFacts(request, patience);
    expect(valueOf(without, "SPY", "prev_close")).toBeUndefined();
    expect(valueOf(without, "SPY", "last_trade")).toBeDefined();
    expect(said).toHaveLength(1);
    expect(valueOf(await marketData.fetchFacts(request, patience), "SPY", "prev_close")).toBe("167.42");
  });

  test("crypto knows no exchange day and comes from its own feed", async () => {
    const { broker, marketData } = await connect();
    const tradingDay = tradingDayOf(await broker.clock(patience));
    const facts = await marketData.fetchFacts({ feed: "crypto_us", assetClass: "crypto", symbols: ["BTC/USD"], tradingDay }, patience);
    expect(Number(valueOf(facts, "BTC/USD", "last_trade"))).toBeGreaterThan(0);
  });
});

describe("orders", () => {
  test("a notional order is accepted once, fills, and is found by its client id", async () => {
    const { broker } = await connect();
    const ticket = market("nod-first", "SPY", { kind: "notional", notionalUsd: usd("10") });
    const outcome = await broker.submit(ticket, patience);
    expect(outcome).toMatchObject({ kind: "accepted", order: { clientOrderId: "nod-first", symbol: "SPY", side: "buy", qty: null } });
    expect(await broker.submit(ticket, patience)).toEqual({ kind: "duplicate" });
    await vi.waitFor(async () => {
      expect(await broker.findByClientOrderId("nod-first", patience)).toMatchObject({ kind: "found", order: { status: "filled" } });
    }, 60_000);
    expect(await broker.submit(ticket, patience)).toEqual({ kind: "duplicate" });
  });

  test("what the stream tells of a fill and what the activities tell carry the same execution id", async () => {
    const { broker, settings } = await connect();
    const before = (await broker.clock(patience)).timestamp;
    const events: BrokerEvent[] = [];
    let connected = false;
    const stream = createAlpacaTradeStream(settings).start({
      onConnected: () => (connected = true),
      onDisconnected: () => undefined,
      onEvent: (event) => events.push(event),
    });
    closers.push(() => stream.stop());
    await vi.waitFor(() => expect(connected).toBe(true), 60_000);
    await broker.submit(market("nod-streamed", "IBM", { kind: "quantity", qty: quantity("2") }), patience);
    await vi.waitFor(() => expect(events.some((event) => event.event === "fill")).toBe(true), 60_000);
    const executions = events.flatMap((event) => (event.execution ? [event.execution] : []));
    const activities = await broker.fillActivities(before, () => patience);
    expect(activities.map((fill) => fill.executionId)).toEqual(executions.map((execution) => execution.executionId));
    expect(activities).toMatchObject(executions.map(({ executionId, price, qty }) => ({ executionId, price, qty })));
  });

  test("a bust and a correction name the execution that they are about, on the stream as in the activities", async () => {
    const { simulator, settings, broker } = await connect();
    const events: BrokerEvent[] = [];
    let connected = false;
    const stream = createAlpacaTradeStream(settings).start({ onConnected: () => (connected = true), onDisconnected: () => undefined, onEvent: (event) => events.push(event) });
    closers.push(() => stream.stop());
    await vi.waitFor(() => expect(connected).toBe(true), 60_000);
    simulator.control.script({ steps: [{ do: "new" }, { do: "fill", price: "50" }, { do: "trade_correct", qty: "3", price: "49.5" }, { do: "trade_bust" }] });
    const before = new Date(Date.now() - 60_000);
    await broker.submit(market("nod-amended", "IBM", { kind: "quantity", qty: quantity("4") }), patience);
    await vi.waitFor(() => expect(events.some(({ event }) => event === "trade_bust")).toBe(true), 60_000);
    const [fill, corrected, busted] = events.filter(({ execution, amendment }) => execution !== null || amendment !== undefined);
    expect(corrected).toMatchObject({ event: "trade_correct", execution: null, amendment: { kind: "trade_correct", previousExecutionId: fill?.execution?.executionId, qty: "3", price: "49.5" }, order: { filledQty: "3" } });
    expect(busted).toMatchObject({ event: "trade_bust", execution: null, amendment: { kind: "trade_bust", previousExecutionId: corrected?.amendment?.executionId, was: { qty: "3", price: "49.5" } }, order: { filledQty: "0" } });
    const activities = await broker.fillActivities(before, () => patience);
    expect(activities).toMatchObject([{ ...fill?.execution, executedAt: expect.any(Date) }, corrected?.amendment, busted?.amendment]);
  });

  test("an order that is not there is not found; one that is over cannot be canceled", async () => {
    const { broker } = await connect();
    expect(await broker.findByClientOrderId("nod-none", patience)).toEqual({ kind: "not_found" });
    expect(await broker.cancel("00000000-0000-4000-8000-000000000000", patience)).toBe("not_found");
    const outcome = await broker.submit(market("nod-done", "SPY", { kind: "quantity", qty: quantity("1") }), patience);
    if (outcome.kind !== "accepted") throw new Error(outcome.kind);
    await vi.waitFor(async () => {
      expect(await broker.cancel(outcome.order.alpacaOrderId, patience)).toBe("not_cancelable");
    }, 60_000);
  });

  test("an unknown asset is rejected in the broker's words", async () => {
    const { broker } = await connect();
    const outcome = await broker.submit(market("nod-zzz", "ZZZZ", { kind: "notional", notionalUsd: usd("10") }), patience);
    expect(outcome).toMatchObject({ kind: "rejected", httpStatus: 422 });
  });

  test("after the connection is cut behind an accepted POST the outcome is unknown, and the lookup finds it", async () => {
    const { simulator, broker } = await connect();
    simulator.control.fault({ route: "POST /v2/orders", when: "after", do: { kind: "reset" } });
    expect(await broker.submit(market("nod-cut", "SPY", { kind: "notional", notionalUsd: usd("10") }), patience)).toMatchObject({ kind: "unknown" });
    expect(await broker.findByClientOrderId("nod-cut", patience)).toMatchObject({ kind: "found" });
    expect(simulator.control.book().posts).toHaveLength(1);
  });
});

describe("the trade stream", () => {
  test("says when it is connected, again after it was dropped", async () => {
    const { simulator, settings } = await connect();
    let connections = 0;
    const stream = createAlpacaTradeStream(settings).start({ onConnected: () => connections++, onDisconnected: () => undefined, onEvent: () => undefined });
    closers.push(() => stream.stop());
    await vi.waitFor(() => expect(connections).toBeGreaterThan(0), 60_000);
    const before = connections;
    simulator.control.dropStreams("trade_updates");
    await vi.waitFor(() => expect(connections).toBeGreaterThan(before), 60_000);
  });
});

test("only known paper hosts and this machine count as paper", () => {
  expect(brokerEnvironmentOf("https://paper-api.alpaca.markets")).toBe("paper");
  expect(brokerEnvironmentOf("http://127.0.0.1:9000")).toBe("paper");
  expect(brokerEnvironmentOf("https://api.alpaca.markets")).toBe("live");
  expect(brokerEnvironmentOf("https://elsewhere.example")).toBe("live");
});

describe("positions", () => {
  test("are all that the account holds, coins under the name that their orders have", async () => {
    const { broker } = await connect();
    expect(await broker.positions(patience)).toEqual([]);
    await broker.submit(market("nod-shares", "IBM", { kind: "quantity", qty: quantity("2.5") }), patience);
    await broker.submit({ ...market("nod-coins", "BTC/USD", { kind: "quantity", qty: quantity("0.123456789") }), assetClass: "crypto" }, patience);
    await vi.waitFor(async () => {
      expect((await broker.positions(patience)).toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1))).toEqual([{ symbol: "BTC/USD", qty: "0.123456789" }, { symbol: "IBM", qty: "2.5" }]);
    }, 60_000);
    await broker.submit(market("nod-short", "IBM", { kind: "quantity", qty: quantity("2.5") }, "sell"), patience);
    await vi.waitFor(async () => expect(await broker.positions(patience)).toEqual([{ symbol: "BTC/USD", qty: "0.123456789" }]), 60_000);
    await broker.submit(market("nod-shorter", "IBM", { kind: "quantity", qty: quantity("3") }, "sell"), patience);
    await vi.waitFor(async () => expect(await broker.positions(patience)).toContainEqual({ symbol: "IBM", qty: "-3" }), 60_000);
  });

  test.each([
    ["what is short is below zero, however the broker writes it", { symbol: "GME", assetClass: "us_equity", qty: "3", side: "short" }, { symbol: "GME", qty: "-3" }],
    ["a coin against another coin of dollars has its slash where its orders have it", { symbol: "BTCUSDT", assetClass: "crypto", qty: "1", side: "long" }, { symbol: "BTC/USDT", qty: "1" }],
    ["one that has its slash keeps it", { symbol: "BTC/USD", assetClass: "crypto", qty: "1", side: "long" }, { symbol: "BTC/USD", qty: "1" }],
    ["somebody else's dust beyond nine decimals does not stop the reading", { symbol: "SHIBUSD", assetClass: "crypto", qty: "0.123456789987654321", side: "long" }, { symbol: "SHIB/USD", qty: "0.123456789" }],
    ["a share that ends like a dollar is no coin", { symbol: "XUSD", assetClass: "us_equity", qty: "1", side: "long" }, { symbol: "XUSD", qty: "1" }],
    ["what is neither a share nor a coin is there as well", { symbol: "SPY251219C00600000", assetClass: "us_option", qty: "1", side: "long" }, { symbol: "SPY251219C00600000", qty: "1" }],
  ] as const)("%s", (_, wire, position) => expect(brokerPositionOf(wire)).toEqual(position));

  test.each([
    ["without a quantity", { symbol: "SPY", assetClass: "us_equity", side: "long" }],
    ["of a quantity that is no number", { symbol: "SPY", assetClass: "us_equity", qty: "much", side: "long" }],
    ["without a side", { symbol: "SPY", assetClass: "us_equity", qty: "1" }],
    ["of nothing", {}],
  ] as const)("a position %s is nonsense", (_, wire) => expect(() => brokerPositionOf(wire)).toThrow(NonsenseError));
});

describe("assets", () => {
  test("what may be done with a share and with a coin, and that a symbol is not known", async () => {
    const { broker, simulator } = await connect();
    expect(await broker.asset("SPY", patience)).toEqual({ symbol: "SPY", assetClass: "us_equity", isTradable: true, isFractionable: true, minOrderQty: null });
    expect(await broker.asset("BTC/USD", patience)).toMatchObject({ symbol: "BTC/USD", assetClass: "crypto", isTradable: true, minOrderQty: "0.000000002" });
    expect(await broker.asset("NOSUCH", patience)).toBeNull();
    simulator.control.setAsset("SPY", { status: "inactive", fractionable: false });
    expect(await broker.asset("SPY", patience)).toMatchObject({ isTradable: false, isFractionable: false });
  });
});
