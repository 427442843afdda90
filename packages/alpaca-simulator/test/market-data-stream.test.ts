import { WebSocket } from "ws";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSimulator, type Simulator } from "../src/simulator.ts";
import { manualClock, type ManualClock } from "../src/time/clock.ts";
import { until } from "./sdk.ts";

let sim: Simulator;
let clock: ManualClock;
const sockets: WebSocket[] = [];

beforeEach(async () => {
  clock = manualClock(Date.parse("2026-03-04T15:00:00Z"));
  sim = await startSimulator({ clock });
});
afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  await sim.stop();
});

type Frame = Record<string, unknown>;

/** A JSON client that has authenticated and subscribed. */
async function subscribe(channels: Record<string, string[]>): Promise<Frame[]> {
  const frames: Frame[] = [];
  const socket = new WebSocket(sim.dataStreamUrl);
  sockets.push(socket);
  socket.on("message", (data) => frames.push(...JSON.parse(String(data))));
  await new Promise<void>((resolve) => socket.on("open", () => resolve()));
  socket.send(JSON.stringify({ action: "auth", key: sim.keys[0]?.keyId, secret: sim.keys[0]?.secretKey }));
  socket.send(JSON.stringify({ action: "subscribe", ...channels }));
  await until(() => frames.some((frame) => frame["T"] === "subscription"), "the subscription");
  return frames;
}

const of = (frames: Frame[], kind: string): Frame[] => frames.filter((frame) => frame["T"] === kind);

describe("the market-data stream", () => {
  it("says connected, authenticated and what is subscribed", async () => {
    const frames = await subscribe({ trades: ["SPY"], bars: ["SPY", "IBM"] });
    expect(frames).toEqual([
      { T: "success", msg: "connected" },
      { T: "success", msg: "authenticated" },
      expect.objectContaining({ T: "subscription", trades: ["SPY"], quotes: [], bars: ["SPY", "IBM"] }),
    ]);
  });

  it("prints one trade a second, each later than the one before, and a bar when the minute is over", async () => {
    const frames = await subscribe({ trades: ["SPY"], bars: ["SPY"], dailyBars: ["SPY"] });
    for (let second = 0; second < 60; second += 1) clock.advance(1000);
    await until(() => of(frames, "b").length === 1 && of(frames, "d").length === 1, "the minute's and the day's bar");
    const stamps = of(frames, "t").map((frame) => String(frame["t"]));
    expect(stamps).toHaveLength(60);
    expect(stamps).toEqual([...new Set(stamps)].sort());
    expect(of(frames, "b")[0]).toMatchObject({ S: "SPY", t: "2026-03-04T15:00:00Z", c: expect.any(Number) });
    const response = await fetch(`${sim.url}/v2/stocks/bars?symbols=SPY&timeframe=1Min&start=2026-03-04T15:00:00Z`, { headers: { "APCA-API-KEY-ID": sim.keys[0]?.keyId ?? "", "APCA-API-SECRET-KEY": sim.keys[0]?.secretKey ?? "" } });
    const { bars } = (await response.json()) as { bars: Record<string, Frame[]> };
    const { T: _kind, S: _symbol, v: _volume, n: _count, ...streamed } = of(frames, "b")[0] ?? {};
    expect(bars["SPY"]?.[0]).toMatchObject(streamed);
    expect(of(frames, "d")).toHaveLength(1);
  });

  it("corrects some bars half a minute later, with the volume that came late", async () => {
    const frames = await subscribe({ bars: ["SPY", "IBM", "AIG", "BAC"], updatedBars: ["SPY", "IBM", "AIG", "BAC"] });
    for (let second = 0; second < 900; second += 1) clock.advance(1000);
    await until(() => of(frames, "b").length >= 56, "the bars of a quarter of an hour");
    const corrections = of(frames, "u");
    expect(corrections.length).toBeGreaterThan(2);
    for (const corrected of corrections) {
      const first = of(frames, "b").find((bar) => bar["S"] === corrected["S"] && bar["t"] === corrected["t"]);
      expect(Number(corrected["v"])).toBeGreaterThan(Number(first?.["v"]));
      expect(corrected["c"]).toBe(first?.["c"]);
    }
  });

  it("tells of a halt and its end, with no prints between", async () => {
    const frames = await subscribe({ trades: ["IBM"], statuses: ["IBM"] });
    clock.advance(1000);
    sim.control.halt("IBM");
    for (let second = 0; second < 5; second += 1) clock.advance(1000);
    sim.control.unhalt("IBM");
    await until(() => of(frames, "s").length === 2, "both statuses");
    expect(of(frames, "s").map((frame) => frame["sc"])).toEqual(["H", "T"]);
    expect(of(frames, "t").length).toBeLessThanOrEqual(1);
    clock.advance(1000);
    await until(() => of(frames, "t").at(-1)?.["t"] !== undefined && String(of(frames, "t").at(-1)?.["t"]) > "2026-03-04T15:00:06", "a fresh print");
  });

  it("sends nothing lost, cuts where told, and turns the next connection away", async () => {
    const frames = await subscribe({ trades: ["SPY"] });
    sim.control.streamFault({ stream: "market_data", event: "t", times: 3, do: { kind: "lose" } });
    for (let second = 0; second < 5; second += 1) clock.advance(1000);
    await until(() => of(frames, "t").length === 2, "the two that were not lost");
    const closed = new Promise<void>((resolve) => sockets.at(-1)?.on("close", () => resolve()));
    sim.control.streamFault({ stream: "market_data", do: { kind: "disconnect" } });
    clock.advance(1000);
    await closed;
    sim.control.refuseStreams(1);
    const refused = new WebSocket(sim.dataStreamUrl);
    const status = await new Promise<number | undefined>((resolve) => refused.on("unexpected-response", (_request, response) => resolve(response.statusCode)));
    expect(status).toBe(503);
    expect(await subscribe({ trades: ["SPY"] })).toHaveLength(3);
  });

  it("gives up on a client that does not authenticate within ten seconds", async () => {
    const frames: unknown[] = [];
    const socket = new WebSocket(sim.dataStreamUrl);
    sockets.push(socket);
    socket.on("message", (data) => frames.push(...JSON.parse(String(data))));
    await until(() => frames.length === 1, "the greeting");
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    clock.advance(10_000);
    await closed;
    expect(frames[1]).toEqual({ T: "error", code: 404, msg: "auth timeout" });
  });
});
