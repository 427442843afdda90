import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Alpaca, streaming } from "@alpacahq/alpaca-trade-api";
import { WebSocket } from "ws";
import { startSimulator, type Simulator } from "../src/simulator.ts";
import { manualClock } from "../src/time/clock.ts";
import { sdk, until } from "./sdk.ts";

let sim: Simulator;
let alpaca: Alpaca;
const open: { disconnect: () => void }[] = [];

beforeAll(async () => {
  sim = await startSimulator({ seed: "streams", symbols: { ACME: { price: "50", prevClose: "51" } }, streamSymbolLimit: 3 });
  alpaca = sdk(sim);
});
afterAll(async () => {
  for (const stream of open) stream.disconnect();
  await sim.stop();
});

type Heard = { updates: streaming.TradeUpdate[]; errors: string[]; reconnects: number };

async function listen(to: Simulator = sim): Promise<Heard> {
  const heard: Heard = { updates: [], errors: [], reconnects: 0 };
  const stream = sdk(to).trading.stream({ url: to.tradingStreamUrl, initialReconnectMs: 20, reconnectJitter: 0, backoff: false, maxReconnectAttempts: -1 });
  open.push(stream);
  stream.onTradeUpdate((update) => heard.updates.push(update));
  stream.onError((error) => heard.errors.push(error));
  stream.onReconnected(() => (heard.reconnects += 1));
  stream.subscribeTradeUpdates();
  const listening = new Promise<void>((resolve) => stream.on("subscription", () => resolve()));
  stream.connect();
  await listening;
  return heard;
}

const events = (heard: Heard, clientOrderId: string): string[] => heard.updates.filter((update) => update.order.clientOrderId === clientOrderId).map((update) => update.event);

describe("trade_updates, through the SDK's stream", () => {
  it("tells an order's story in order, with execution ids, and the fill's price and position", async () => {
    const heard = await listen();
    await alpaca.trading.orders.market({ symbol: "ACME", notional: "100", side: "buy", clientOrderId: "story" });
    await until(() => events(heard, "story").includes("fill"), "the fill");
    expect(events(heard, "story")).toEqual(["pending_new", "new", "fill"]);
    const fill = heard.updates.find((update) => update.event === "fill");
    expect(fill).toMatchObject({ price: "50", qty: "2", positionQty: "2" });
    expect(fill?.["timestamp"]).toBeInstanceOf(Date);
    expect(fill?.order["filled_at"]).toMatch(/\.\d{9}Z$/);
    expect(new Set(heard.updates.map((update) => update.executionId)).size).toBe(heard.updates.length);
  });

  it("delivers duplicates, loses, delays and swaps frames as it is told", async () => {
    const heard = await listen();
    sim.control.streamFault({ event: "fill", do: { kind: "duplicate" } });
    await alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy", clientOrderId: "twice" });
    await until(() => events(heard, "twice").filter((event) => event === "fill").length === 2, "the fill, twice");
    const fills = heard.updates.filter((update) => update.event === "fill" && update.order.clientOrderId === "twice");
    expect(fills[0]?.executionId).toBe(fills[1]?.executionId);

    sim.control.streamFault({ event: "new", do: { kind: "swap" } });
    await alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy", clientOrderId: "swapped" });
    await until(() => events(heard, "swapped").includes("new"), "the late new");
    expect(events(heard, "swapped")).toEqual(["pending_new", "fill", "new"]);

    sim.control.streamFault({ event: "fill", do: { kind: "lose" } });
    await alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy", clientOrderId: "lost" });
    await until(async () => (await alpaca.trading.orders.getOrderByClientOrderId({ clientOrderId: "lost" })).status === "filled", "the fill by REST");
    await alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy", clientOrderId: "after-the-lost" });
    await until(() => events(heard, "after-the-lost").includes("fill"), "the fill of the order after it");
    expect(events(heard, "lost")).toEqual(["pending_new", "new"]);
    sim.control.clearFaults();
  });

  it("replays nothing after a dropped connection, to which the SDK comes back by itself", async () => {
    const heard = await listen();
    const listeners = sim.control.book().streams.tradeUpdates.length;
    // Nobody comes back before the order is filled, however fast the SDK and slow the order.
    sim.control.refuseStreams(Number.POSITIVE_INFINITY);
    sim.control.dropStreams("trade_updates");
    await alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy", clientOrderId: "while-away" });
    await until(async () => (await alpaca.trading.orders.getOrderByClientOrderId({ clientOrderId: "while-away" })).status === "filled", "the fill by REST");
    sim.control.refuseStreams(0);
    await until(() => heard.reconnects === 1, "the reconnect");
    await until(() => sim.control.book().streams.tradeUpdates.length === listeners, "the listening, of this stream and those of the tests before");
    await alpaca.trading.orders.market({ symbol: "ACME", notional: "10", side: "buy", clientOrderId: "back-again" });
    await until(() => events(heard, "back-again").includes("fill"), "the fill after the reconnect");
    expect(events(heard, "while-away")).toEqual([]);
  });

  it("does not listen to a stranger", async () => {
    const stream = sdk(sim, { secret: "wrong" }).trading.stream({ url: sim.tradingStreamUrl, reconnect: false });
    open.push(stream);
    stream.connect();
    expect(await stream.whenAuthenticated()).toMatchObject({ authenticated: false });
  });
});

describe("scripted orders", () => {
  it("fills in parts, and fills after a cancel was asked for", async () => {
    const heard = await listen();
    sim.control.script({ match: { clientOrderId: "parts" }, steps: [{ do: "new" }, { do: "partial_fill", qty: "1", price: "50.10" }, { do: "partial_fill", qty: "2", price: "50.40" }], onCancel: "fill" });
    const placed = await alpaca.trading.orders.market({ symbol: "ACME", qty: "10", side: "buy", clientOrderId: "parts" });
    await until(() => events(heard, "parts").length === 4, "the partial fills");
    await alpaca.trading.orders.deleteOrderByOrderID({ orderId: placed.id ?? "" });
    await until(() => events(heard, "parts").includes("fill"), "the fill after the cancel");
    expect(events(heard, "parts")).toEqual(["pending_new", "new", "partial_fill", "partial_fill", "pending_cancel", "fill"]);
    const order = await alpaca.trading.orders.getOrderByOrderID({ orderId: placed.id ?? "" });
    expect(order).toMatchObject({ status: "filled", filledQty: "10", filledAvgPrice: "50.09" });
  });

  it.each([
    ["reject", "rejected", ["pending_new", "rejected"]],
    ["suspend", "suspended", ["pending_new", "suspended"]],
    ["done_for_day", "done_for_day", ["pending_new", "done_for_day"]],
    ["expire", "expired", ["pending_new", "expired"]],
  ] as const)("can %s an order asynchronously", async (step, status, told) => {
    const heard = await listen();
    sim.control.script({ steps: [{ do: step, afterMs: 5 }] });
    const placed = await alpaca.trading.orders.market({ symbol: "ACME", qty: "1", side: "buy", clientOrderId: `scripted-${step}` });
    await until(() => events(heard, `scripted-${step}`).length === told.length, step);
    expect(events(heard, `scripted-${step}`)).toEqual(told);
    expect((await alpaca.trading.orders.getOrderByOrderID({ orderId: placed.id ?? "" })).status).toBe(status);
  });

  it("fills no order that was canceled meanwhile, unless the script says so", async () => {
    const clock = manualClock(Date.parse("2026-03-04T15:00:00Z"));
    const standing = await startSimulator({ clock, symbols: { ACME: { price: "50", prevClose: "51" } } });
    try {
      const heard = await listen(standing);
      const { orders } = sdk(standing).trading;
      for (const late of [false, true]) {
        const clientOrderId = late ? "canceled-then-filled" : "canceled";
        standing.control.script({ match: { clientOrderId }, steps: [{ do: "new" }, { do: "fill", afterMs: 150, late }] });
        const placed = await orders.market({ symbol: "ACME", qty: "1", side: "buy", clientOrderId });
        clock.advance(1);
        await orders.deleteOrderByOrderID({ orderId: placed.id ?? "" });
        clock.advance(1_000);
        await until(() => events(heard, clientOrderId).includes(late ? "fill" : "canceled"), clientOrderId);
      }
      expect(events(heard, "canceled")).not.toContain("fill");
      expect(events(heard, "canceled-then-filled").slice(-2)).toEqual(["canceled", "fill"]);
    } finally {
      for (const stream of open.splice(-1)) stream.disconnect();
      await standing.stop();
    }
  });

  it("tells of a status that nobody has heard of", async () => {
    const heard = await listen();
    sim.control.script({ steps: [{ do: "status", status: "in_quarantine", event: "quarantined" }] });
    const placed = await alpaca.trading.orders.market({ symbol: "ACME", qty: "1", side: "buy", clientOrderId: "odd" });
    await until(() => events(heard, "odd").includes("quarantined"), "the odd event");
    sim.control.act(placed.id ?? "", { do: "cancel" });
    await until(() => events(heard, "odd").includes("canceled"), "the end of it");
  });

  it("takes a fill back and restates another, and the books follow", async () => {
    const heard = await listen();
    const before = sim.control.book().accounts[0];
    sim.control.script({ match: { clientOrderId: "amended" }, steps: [{ do: "new" }, { do: "fill", price: "50" }, { do: "trade_correct", qty: "4", price: "49" }, { do: "trade_bust" }] });
    await alpaca.trading.orders.market({ symbol: "ACME", qty: "4", side: "buy", clientOrderId: "amended" });
    await until(() => events(heard, "amended").includes("trade_bust"), "the bust");
    const [fill, corrected, busted] = heard.updates.filter((update) => update.order.clientOrderId === "amended").slice(2);
    expect(corrected).toMatchObject({ event: "trade_correct", previous_execution_id: fill?.executionId, price: "49", order: { filledAvgPrice: "49" } });
    expect(busted).toMatchObject({ event: "trade_bust", previous_execution_id: corrected?.executionId, order: { filledQty: "0" } });
    expect(sim.control.book().accounts[0]).toMatchObject({ cash: before?.cash, positions: before?.positions });
  });
});

describe("the market-data stream, through the SDK", () => {
  it("sends prints and quotes of what was subscribed, in MessagePack with nanoseconds", async () => {
    const stream = alpaca.marketData.stockStream({ url: sim.dataStreamUrl });
    open.push(stream);
    const trades: streaming.StreamTrade[] = [];
    const quotes: string[] = [];
    stream.onTrade((trade) => trades.push(trade));
    stream.onQuote((quote) => quotes.push(quote.symbol));
    stream.subscribeForTrades(["SPY", "IBM"]);
    stream.subscribeForQuotes(["SPY"]);
    stream.connect();
    await until(() => trades.some((trade) => trade.symbol === "IBM") && quotes.includes("SPY"), "prints of both and quotes of SPY");
    const spy = trades.find((trade) => trade.symbol === "SPY");
    expect(spy?.price).toBeGreaterThan(164);
    expect(spy?.timestampRaw).toMatch(/\.\d{9}Z$/);
    expect(quotes.every((symbol) => symbol === "SPY")).toBe(true);

    const errors: string[] = [];
    stream.onError((error) => errors.push(error));
    stream.subscribeForTrades(["AIG", "BAC"]);
    await until(() => errors.length > 0, "the symbol limit");
    expect(errors[0]).toMatch(/symbol limit exceeded/i);

    const second = alpaca.marketData.stockStream({ url: sim.dataStreamUrl, reconnect: false });
    open.push(second);
    const refused: string[] = [];
    second.onError((error) => refused.push(error));
    second.connect();
    await until(() => refused.length > 0, "the connection limit");
    expect(refused[0]).toMatch(/connection limit exceeded/i);
    stream.disconnect();
    await until(() => sim.control.book().streams.marketData.length === 0, "the first stream to be gone");
  });

  it.each([
    ["a subscription before authentication", { action: "subscribe", trades: ["SPY"] }, 401],
    ["wrong credentials", { action: "auth", key: "x", secret: "y" }, 402],
    ["no message at all", "hello", 400],
  ])("answers %s with its code", async (_what, message, code) => {
    const frames = await rawDialogue(sim.dataStreamUrl, [message]);
    expect(frames[0]).toEqual([{ T: "success", msg: "connected" }]);
    expect(frames[1]).toEqual([expect.objectContaining({ T: "error", code })]);
  });

  it("refuses a second authentication, and the feed of the paid plan", async () => {
    const auth = { action: "auth", key: sim.keys[0]?.keyId, secret: sim.keys[0]?.secretKey };
    expect((await rawDialogue(sim.dataStreamUrl, [auth, auth]))[2]).toEqual([{ T: "error", code: 403, msg: "already authenticated" }]);
    expect((await rawDialogue(sim.dataStreamUrl.replace("iex", "sip"), [auth]))[1]).toEqual([{ T: "error", code: 409, msg: "insufficient subscription" }]);
  });
});

/** Says each message in JSON, and gives the greeting and one answer for each. */
async function rawDialogue(url: string, messages: readonly unknown[]): Promise<unknown[]> {
  const socket = new WebSocket(url);
  const frames: unknown[] = [];
  socket.on("message", (data) => {
    frames.push(JSON.parse(String(data)));
    const next = messages[frames.length - 1];
    if (next === undefined) socket.terminate();
    else socket.send(typeof next === "string" ? next : JSON.stringify(next));
  });
  await new Promise<void>((resolve) => socket.on("close", () => resolve()));
  return frames;
}
