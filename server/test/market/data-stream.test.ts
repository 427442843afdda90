/** The adapter against a server that does what it is told, over a real socket, with time and chance in the test's hands. */
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { afterEach, describe, expect, test } from "vitest";
import { createAlpacaDataStream, silentAfterMs, type StreamTiming } from "../../src/alpaca/data-stream.ts";
import type { DataStream } from "../../src/trading/market/stream-port.ts";
import { openRecordedMarket } from "../support/recorded-market.ts";
import { until } from "../support/until.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Peer = { socket: WebSocket; heard: Record<string, unknown>[]; pings: number; say(...frames: unknown[]): void };

/** Answers like the broker: greets, authenticates, confirms; `deny` may answer something else. */
async function openServer(options: { autoPong?: boolean; deny?: (message: Record<string, unknown>, peer: Peer) => boolean; greet?: boolean } = {}) {
  const peers: Peer[] = [];
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, autoPong: options.autoPong ?? true });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  closers.push(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  server.on("connection", (socket) => {
    const channels = { trades: new Set<string>(), quotes: new Set<string>(), statuses: new Set<string>() };
    const peer: Peer = { socket, heard: [], pings: 0, say: (...frames) => socket.send(JSON.stringify(frames)) };
    peers.push(peer);
    socket.on("ping", () => (peer.pings += 1));
    socket.on("message", (data) => {
      const message: Record<string, unknown> = JSON.parse(String(data));
      peer.heard.push(message);
      if (options.deny?.(message, peer) === true) return;
      if (message["action"] === "auth") return peer.say({ T: "success", msg: "authenticated" });
      for (const [name, symbols] of Object.entries(channels)) {
        for (const symbol of [message[name]].flat()) if (message["action"] === "subscribe") symbols.add(String(symbol)); else symbols.delete(String(symbol));
      }
      peer.say({ T: "subscription", ...Object.fromEntries(Object.entries(channels).map(([name, symbols]) => [name, [...symbols]])) });
    });
    if (options.greet !== false) peer.say({ T: "success", msg: "connected" });
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}/v2/iex`, peers };
}

/** Time that stands still until it is moved. `waits` are the delays between attempts, as they were asked for. */
function createTime(chance: number) {
  const pingMs = 5_000;
  let nowMs = 0;
  let tasks: { dueMs: number; task: () => void }[] = [];
  const waits: number[] = [];
  const timing: StreamTiming = {
    nowMs: () => nowMs,
    after(ms, task) {
      const entry = { dueMs: nowMs + ms, task };
      tasks.push(entry);
      if (ms !== pingMs) waits.push(ms);
      return () => {
        tasks = tasks.filter((each) => each !== entry);
      };
    },
    random: () => chance,
  };
  const advance = (ms: number): void => {
    const untilMs = nowMs + ms;
    for (;;) {
      const due = tasks.filter((each) => each.dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      tasks = tasks.filter((each) => each !== due);
      nowMs = Math.max(nowMs, due.dueMs);
      due.task();
    }
    nowMs = untilMs;
  };
  return { timing, waits, advance };
}

function follow(url: string, keys: { keyId: string; secretKey: string } = { keyId: "k", secretKey: "s" }, chance = 0) {
  const time = createTime(chance);
  const told: string[] = [];
  const stream: DataStream = createAlpacaDataStream({ url, ...keys, feed: "iex", assetClass: "us_equity" }, time.timing).start({
    onSubscribed: (symbols) => told.push(`subscribed ${[...symbols].join(",")}`),
    onDown: (reason) => told.push(`down: ${reason}`),
    onFacts: (facts) => {
      for (const fact of facts) told.push(`${fact.symbol} ${fact.metric} ${fact.price}`);
    },
    onHalt: (word) => told.push(`${word.symbol} ${word.isHalted ? "halted" : "resumed"}`),
  });
  closers.push(() => stream.stop());
  return { stream, told, time };
}
const spy = [{ symbol: "SPY", quoted: false }];
const heardOf = (told: readonly string[], what: string, times = 1) => until(what, async () => told.filter((line) => line.startsWith(what)).length >= times);

describe("the stream of market data", () => {
  test("authenticates, subscribes and brings what the simulator trades, quotes only where they are wanted", async () => {
    const market = await openRecordedMarket({ dates: ["2013-10-07", "2013-10-08"], time: "14:07" });
    closers.push(() => market.stop());
    const { stream, told } = follow(market.simulator.dataStreamUrl, market.settings);
    stream.want([{ symbol: "SPY", quoted: true }, { symbol: "IBM", quoted: false }]);
    await heardOf(told, "subscribed SPY,IBM");
    await until("both trade", async () => {
      market.advance(1 / 60);
      return ["SPY last_trade", "SPY bid", "SPY ask", "IBM last_trade"].every((what) => told.some((line) => line.startsWith(what)));
    });
    expect(told.some((line) => line.startsWith("IBM bid"))).toBe(false);
    market.simulator.control.halt("IBM");
    await heardOf(told, "IBM halted");
    market.simulator.control.unhalt("IBM");
    await heardOf(told, "IBM resumed");
  });

  test("follows what is wanted without a new connection", async () => {
    const { url, peers } = await openServer();
    const { stream, told } = follow(url);
    stream.want([{ symbol: "SPY", quoted: false }, { symbol: "IBM", quoted: true }]);
    await heardOf(told, "subscribed SPY,IBM");
    stream.want([{ symbol: "IBM", quoted: true }, { symbol: "AIG", quoted: false }]);
    await heardOf(told, "subscribed IBM,AIG");
    stream.want([{ symbol: "IBM", quoted: true }, { symbol: "AIG", quoted: false }]);
    expect(peers).toHaveLength(1);
    expect(peers[0]?.heard.map((message) => message["action"])).toEqual(["auth", "subscribe", "unsubscribe", "subscribe"]);
    expect(peers[0]?.heard[0]).toEqual({ action: "auth", key: "k", secret: "s" });
  });

  test("comes back after 1, 2, 4 … 30 seconds while it is refused, and at once tells what it brings again", async () => {
    let refuses = true;
    const { url, peers } = await openServer({
      deny: (message, { socket }) => {
        if (refuses && message["action"] === "auth") socket.terminate();
        return refuses;
      },
    });
    const { stream, told, time } = follow(url);
    stream.want(spy);
    const waits = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
    for (const [n, waitMs] of waits.entries()) {
      await until(`attempt ${n + 1} has failed`, async () => time.waits.length === n + 1);
      expect(peers).toHaveLength(n + 1);
      if (n === waits.length - 1) refuses = false;
      time.advance(waitMs - 1);
      expect(time.waits).toEqual(waits.slice(0, n + 1));
      time.advance(1);
      await until("it tries again", async () => peers.length === n + 2);
    }
    await heardOf(told, "subscribed SPY");
    // Until then nothing was brought, so nothing was said to be down.
    expect(told).toEqual(["subscribed SPY"]);
  });

  test("counts its failures anew once a connection has held for half a minute, and not before", async () => {
    const { url, peers } = await openServer();
    const { stream, told, time } = follow(url);
    stream.want(spy);
    const dropAfter = async (heldMs: number, nth: number): Promise<void> => {
      await heardOf(told, "subscribed SPY", nth);
      // A frame each second, so that the watch is content.
      for (let ms = 0; ms < heldMs; ms += 1_000) {
        const before = told.length;
        peers.at(-1)?.say({ T: "t", S: "SPY", p: 1, s: 1, t: "2026-03-04T15:00:00Z" });
        await until("it is heard", async () => told.length > before);
        time.advance(1_000);
      }
      peers.at(-1)?.socket.terminate();
      await heardOf(told, "down", nth);
      await until("it waits", async () => time.waits.length === nth);
      time.advance(time.waits.at(-1) ?? 0);
    };
    await dropAfter(5_000, 1);
    await dropAfter(5_000, 2);
    await dropAfter(31_000, 3);
    await dropAfter(5_000, 4);
    expect(time.waits).toEqual([1_000, 2_000, 1_000, 2_000]);
  });

  test("is spread by chance, so that processes that fell together do not come back together", async () => {
    const { url } = await openServer({ deny: (_message, { socket }) => (socket.terminate(), true) });
    const { time } = follow(url, undefined, 0.5);
    await until("the first attempt has failed", async () => time.waits.length === 1);
    expect(time.waits).toEqual([900]);
  });

  test("that is silent and answers no ping is given up and opened again", async () => {
    const { url, peers } = await openServer({ autoPong: false });
    const { stream, told, time } = follow(url);
    stream.want(spy);
    await heardOf(told, "subscribed SPY");
    for (let ms = 0; ms < silentAfterMs; ms += 5_000) time.advance(5_000);
    expect(told).toEqual(["subscribed SPY", "down: the stream is silent"]);
    time.advance(1_000);
    await heardOf(told, "subscribed SPY", 2);
    expect(peers).toHaveLength(2);
  });

  test("that trades nothing but answers its pings stays", async () => {
    const { url, peers } = await openServer();
    const { stream, told, time } = follow(url);
    stream.want(spy);
    await heardOf(told, "subscribed SPY");
    for (let n = 1; n <= 20; n += 1) {
      time.advance(5_000);
      await until("it was pinged", async () => (peers[0]?.pings ?? 0) >= n);
      // The answer to our ping left before this one, so it has arrived when this one's answer comes back.
      const peer = peers[0];
      await new Promise((resolve) => {
        peer?.socket.once("pong", resolve);
        peer?.socket.ping();
      });
    }
    expect(told).toEqual(["subscribed SPY"]);
  });

  test("that never greets, or never confirms, is given up as well", async () => {
    const mute = await openServer({ greet: false });
    const first = follow(mute.url);
    await until("it is connected", async () => mute.peers.length === 1);
    await until("the watch finds that nothing comes", async () => {
      first.time.advance(5_000);
      return first.time.waits.length > 0;
    });
    const deaf = await openServer({ deny: (message) => message["action"] === "subscribe" });
    const second = follow(deaf.url);
    second.stream.want(spy);
    await until("it has subscribed", async () => deaf.peers[0]?.heard.length === 2);
    await until("the watch finds that nothing is confirmed", async () => {
      second.time.advance(5_000);
      return second.time.waits.length > 0;
    });
    expect([...first.told, ...second.told]).toEqual([]);
  });

  test("whose plan has fewer places than we think keeps the connection and the symbols that matter most", async () => {
    const market = await openRecordedMarket({ dates: ["2013-10-07", "2013-10-08"], time: "14:07", simulator: { streamSymbolLimit: 2 } });
    closers.push(() => market.stop());
    const { stream, told, time } = follow(market.simulator.dataStreamUrl, market.settings);
    stream.want(["SPY", "IBM", "AIG", "BAC"].map((symbol) => ({ symbol, quoted: true })));
    await heardOf(told, "subscribed SPY,IBM");
    expect(told).toEqual(["subscribed SPY,IBM"]);
    expect(time.waits).toEqual([]);
  });

  test("with another owner on the account waits for longer than that one's lease, and never storms", async () => {
    const market = await openRecordedMarket({ dates: ["2013-10-07", "2013-10-08"], time: "14:07" });
    closers.push(() => market.stop());
    const first = follow(market.simulator.dataStreamUrl, market.settings);
    first.stream.want(spy);
    await heardOf(first.told, "subscribed SPY");
    const second = follow(market.simulator.dataStreamUrl, market.settings);
    second.stream.want(spy);
    await until("the broker has turned it away", async () => second.time.waits.length === 1);
    expect(second.time.waits).toEqual([8_000]);
    await first.stream.stop();
    await until("the broker has noticed", async () => market.simulator.control.book().streams.marketData.length === 0);
    second.time.advance(8_000);
    await heardOf(second.told, "subscribed SPY");
  });
});
