import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Desk } from "./book/desk.ts";
import { Exchange, type Latency } from "./book/exchange.ts";
import { fileJournal, memoryJournal } from "./book/journal.ts";
import { Ledger } from "./book/ledger.ts";
import { ScriptBook } from "./book/scripts.ts";
import { Venue } from "./book/venue.ts";
import { SimulatorControl } from "./control.ts";
import { demoReplay, type Replay } from "./demo-replay.ts";
import { startDay } from "./day-start.ts";
import { buildApp } from "./http/app.ts";
import type { KeyPair } from "./http/credentials.ts";
import { RequestLog } from "./http/dispatch.ts";
import { FaultBoard } from "./http/faults.ts";
import { RateLimiter } from "./http/rate-limiter.ts";
import { AssetList } from "./market/assets.ts";
import { CryptoMarket } from "./market/crypto-walk.ts";
import { buildDateMap } from "./market/date-map.ts";
import { StockMarket, type SyntheticSymbol } from "./market/market.ts";
import { consecutiveMinuteDates, openRecordedData, type RecordedData } from "./market/recorded-data.ts";
import { MarketDataStream } from "./stream/market-data-stream.ts";
import { StreamFaultBoard } from "./stream/stream-faults.ts";
import { TradingStream } from "./stream/trading-stream.ts";
import { acceptStreams } from "./stream/upgrade.ts";
import { systemClock, type SimulatorClock } from "./time/clock.ts";
import { isHalfDay } from "./time/exchange-hours.ts";
import { buildTimeline, chooseAnchor, parseRecordedInstant, type Anchor, type Timeline } from "./time/timeline.ts";

export type SimulatorOptions = {
  /** 0 (default) takes a free one. */
  port?: number;
  /** Loopback only; default 127.0.0.1. */
  host?: "127.0.0.1" | "::1";
  /** API key pairs and the accounts they open; default `defaultKeys`. */
  keys?: readonly KeyPair[];
  /** Dollars each new account starts with; default "100000". */
  cash?: string;
  /** Buying power as a multiple of equity; default 2. */
  multiplier?: number;
  /** Everything that is not given by data or requests follows from it; default "nod". */
  seed?: string;
  /** What is played; default `demoReplay`. */
  replay?: Replay;
  /** Another folder of recorded data, in the layout of this package's `data/`. */
  dataDir?: string;
  /** Stocks that nobody recorded: flat at a price until a test moves them. */
  symbols?: Readonly<Record<string, SyntheticSymbol>>;
  /** Journal file; without it the book lives in memory. */
  stateFile?: string;
  /** Serves the control API under `/_control`. Never switch it on where others can connect. */
  control?: boolean;
  /** Requests a minute for each account and host; default none. Alpaca's free plan has 200. */
  rateLimitPerMinute?: number;
  /** Default: real time. */
  clock?: SimulatorClock;
  latency?: Partial<Latency>;
  /** Symbols on one market-data connection; default 30. */
  streamSymbolLimit?: number;
  /** Market-data connections of one account; default 1. */
  streamConnectionLimit?: number;
};

export type Simulator = {
  /** `http://127.0.0.1:PORT`: the base of both the trading and the market-data API. */
  url: string;
  tradingStreamUrl: string;
  dataStreamUrl: string;
  cryptoStreamUrl: string;
  keys: readonly KeyPair[];
  timeline: Timeline;
  control: SimulatorControl;
  stop: () => Promise<void>;
};

export const defaultKeys: readonly KeyPair[] = [{ keyId: "PKSIMULATED", secretKey: "simulated-secret", account: "paper" }];

/** Milliseconds. Routed within a few, filled within a tenth of a second, as a paper account does by day. */
const defaultLatency: Latency = { route: [1, 5], fill: [15, 60], cancel: [2, 10] };

const packagedData = fileURLToPath(new URL("../data", import.meta.url));
const TICK_MS = 1000;

/** Starts the simulator and resolves once it listens. Rejects when the data, the journal or the port cannot be used. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? systemClock;
  const seed = options.seed ?? "nod";
  const keys = options.keys ?? defaultKeys;
  const data = openRecordedData(options.dataDir ?? packagedData);
  const ledger = new Ledger();
  const journal = options.stateFile === undefined ? memoryJournal(ledger) : fileJournal(options.stateFile, ledger);
  const startedMs = clock.now();
  const timeline = anchorTimeline(options.replay ?? demoReplay, data, ledger, startedMs);
  const newAccounts = [...new Set(keys.map((key) => key.account))].filter((id) => !ledger.accounts.has(id));
  journal.commit([
    { record: "anchor", anchor: timeline.anchor, startedMs },
    ...newAccounts.map((account) => ({ record: "account" as const, account, cash: options.cash ?? "100000" })),
  ]);

  const dateMap = buildDateMap(timeline, data.tradingDates);
  const stocks = new StockMarket({ data, timeline, dateMap, seed, synthetic: options.symbols ?? {} });
  const crypto = new CryptoMarket(seed);
  const venue = new Venue({ timeline, stocks, crypto, assets: new AssetList(stocks.symbols, crypto.symbols), clock });
  const streamFaults = new StreamFaultBoard(clock);
  const tradingStream = new TradingStream(keys, streamFaults);
  const desk = new Desk({ ledger, journal, venue, seed, startedMs, publish: (account, update) => tradingStream.publish(account, update) });
  const scripts = new ScriptBook();
  const multiplier = options.multiplier ?? 2;
  const exchange = new Exchange({ ledger, desk, venue, clock, scripts, seed, latency: { ...defaultLatency, ...options.latency }, multiplier });
  const marketDataStream = new MarketDataStream({ keys, faults: streamFaults, venue, clock, seed, symbolLimit: options.streamSymbolLimit ?? 30, connectionLimit: options.streamConnectionLimit ?? 1 });
  const faults = new FaultBoard();
  const log = new RequestLog();
  const control = new SimulatorControl({ venue, exchange, desk, ledger, journal, scripts, faults, streamFaults, tradingStream, marketDataStream, log });

  const halfDayBehind = (date: string): boolean => isHalfDay(dateMap.recorded(date) ?? "");
  const limiter = options.rateLimitPerMinute === undefined ? undefined : new RateLimiter(options.rateLimitPerMinute);
  const app = buildApp({
    dispatch: { ledger, keys, faults, limiter, clock, log },
    trading: { exchange, venue, multiplier, startedMs, halfDayBehind },
    data: { venue, seed, splits: data.splits, dateMap },
    control: options.control === true ? control : undefined,
  });
  const server = createServer(app);
  const closeStreams = acceptStreams(server, tradingStream, marketDataStream, control);
  const port = await listen(server, options.port ?? 0, options.host ?? "127.0.0.1").catch((error: unknown) => {
    journal.close();
    throw error;
  });

  startDay(ledger, journal, venue, data.splits, dateMap);
  exchange.resume();
  const stopTicking = everySecond(clock, () => {
    startDay(ledger, journal, venue, data.splits, dateMap);
    exchange.sweep();
    marketDataStream.tick();
  });
  const authority = options.host === "::1" ? `[::1]:${port}` : `127.0.0.1:${port}`;
  return {
    url: `http://${authority}`,
    tradingStreamUrl: `ws://${authority}/stream`,
    dataStreamUrl: `ws://${authority}/v2/iex`,
    cryptoStreamUrl: `ws://${authority}/v1beta3/crypto/us`,
    keys,
    timeline,
    control,
    stop: async () => {
      stopTicking();
      closeStreams();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      exchange.stop();
      journal.close();
    },
  };
}

/**
 * The timeline of the last run, while its session lasts (or has yet to come): prices then go on
 * as if the simulator had never been away. Once it is over, the replay is anchored anew to now.
 */
function anchorTimeline(replay: Replay, data: RecordedData, ledger: Ledger, nowMs: number): Timeline {
  const first = replay.startAt[0];
  if (first === undefined) throw new RangeError("replay.startAt names no instant");
  const dates = replay.dates ?? consecutiveMinuteDates(data, first.slice(0, 10));
  const speed = replay.speed ?? 1;
  const kept = ledger.anchor?.anchor;
  if (kept !== undefined && continues(kept, dates, replay, speed)) {
    const timeline = buildTimeline(kept);
    if (nowMs < timeline.anchored.closeMs || timeline.sessions.some((session) => session.openMs <= nowMs && nowMs < session.closeMs)) return timeline;
  }
  return buildTimeline(chooseAnchor(dates, replay.startAt, speed, nowMs));
}

function continues(kept: Anchor, dates: readonly string[], replay: Replay, speed: number): boolean {
  return kept.speed === speed && kept.dates.join() === dates.join() && replay.startAt.some((text) => parseRecordedInstant(text) === kept.recordedMs);
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function everySecond(clock: SimulatorClock, task: () => void): () => void {
  let cancel = (): void => undefined;
  const wait = (): void => {
    cancel = clock.after(TICK_MS - (clock.now() % TICK_MS), () => {
      task();
      wait();
    });
  };
  wait();
  return () => cancel();
}
