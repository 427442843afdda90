import { fileURLToPath } from "node:url";
import type { Express } from "express";
import { Desk } from "./book/desk.ts";
import { Exchange, type Latency } from "./book/exchange.ts";
import { fileJournal, memoryJournal } from "./book/journal.ts";
import { Ledger } from "./book/ledger.ts";
import { ScriptBook } from "./book/scripts.ts";
import { Venue } from "./book/venue.ts";
import { SimulatorControl } from "./control.ts";
import { startDay } from "./day-start.ts";
import { demoReplay, type Replay } from "./demo-replay.ts";
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
import type { SimulatorClock } from "./time/clock.ts";
import { isHalfDay } from "./time/exchange-hours.ts";
import { resumeTimeline, type ReplayPlan } from "./time/resume-timeline.ts";
import type { Timeline } from "./time/timeline.ts";

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

/** Milliseconds. Routed within a few, filled within a tenth of a second, as a paper account does by day. */
const defaultLatency: Latency = { route: [1, 5], fill: [15, 60], cancel: [2, 10] };
const packagedData = fileURLToPath(new URL("../data", import.meta.url));

/** Everything of a simulator but its socket and its heartbeat. */
export type World = {
  app: Express;
  timeline: Timeline;
  control: SimulatorControl;
  tradingStream: TradingStream;
  marketDataStream: MarketDataStream;
  /** Takes up what an earlier process left open. */
  begin: () => void;
  /** What happens every second. */
  tick: () => void;
  close: () => void;
};

/** Opens the data and the journal and puts the parts together. */
export function buildWorld(options: SimulatorOptions, keys: readonly KeyPair[], clock: SimulatorClock): World {
  const seed = options.seed ?? "nod";
  const multiplier = options.multiplier ?? 2;
  const startedMs = clock.now();
  const data = openRecordedData(options.dataDir ?? packagedData);
  const ledger = new Ledger();
  const journal = options.stateFile === undefined ? memoryJournal(ledger) : fileJournal(options.stateFile, ledger);
  const timeline = resumeTimeline(planOf(options.replay ?? demoReplay, data), ledger.anchor, startedMs);
  const newAccounts = [...new Set(keys.map((key) => key.account))].filter((id) => !ledger.accounts.has(id));
  const opened = newAccounts.map((account) => ({ record: "account" as const, account, cash: options.cash ?? "100000" }));
  journal.commit([{ record: "anchor", anchor: timeline.anchor }, ...opened]);

  const dateMap = buildDateMap(timeline, data.tradingDates);
  const stocks = new StockMarket({ data, timeline, dateMap, seed, synthetic: options.symbols ?? {} });
  const crypto = new CryptoMarket(seed);
  const venue = new Venue({ timeline, stocks, crypto, assets: new AssetList(stocks.symbols, crypto.symbols), clock });
  const streamFaults = new StreamFaultBoard(clock);
  const tradingStream = new TradingStream(keys, streamFaults);
  const limits = { symbolLimit: options.streamSymbolLimit ?? 30, connectionLimit: options.streamConnectionLimit ?? 1 };
  const marketDataStream = new MarketDataStream({ keys, faults: streamFaults, venue, clock, seed, ...limits });
  const desk = new Desk({ ledger, journal, venue, seed, startedMs, publish: (account, update) => tradingStream.publish(account, update) });
  const scripts = new ScriptBook();
  const exchange = new Exchange({ ledger, desk, venue, clock, scripts, seed, latency: { ...defaultLatency, ...options.latency }, multiplier });
  const faults = new FaultBoard();
  const log = new RequestLog();
  const control = new SimulatorControl({ venue, exchange, ledger, journal, scripts, faults, streamFaults, tradingStream, marketDataStream, log });
  const limiter = options.rateLimitPerMinute === undefined ? undefined : new RateLimiter(options.rateLimitPerMinute);
  const app = buildApp({
    dispatch: { ledger, keys, faults, limiter, clock, log, sync: journal.sync },
    trading: { exchange, venue, multiplier, startedMs, halfDayBehind: (date) => isHalfDay(dateMap.recorded(date) ?? "") },
    data: { venue, seed, splits: data.splits, dateMap },
    control: options.control === true ? control : undefined,
  });
  const newDay = (): void => startDay(ledger, journal, venue, data.splits, dateMap);
  return {
    app,
    timeline,
    control,
    tradingStream,
    marketDataStream,
    begin: () => {
      newDay();
      exchange.resume();
    },
    tick: () => {
      newDay();
      exchange.sweep();
      marketDataStream.tick();
      journal.sync();
    },
    close: () => {
      exchange.stop();
      journal.close();
    },
  };
}

function planOf(replay: Replay, data: RecordedData): ReplayPlan {
  const [first] = replay.startAt;
  if (first === undefined) throw new RangeError("replay.startAt names no instant");
  return { startAt: replay.startAt, dates: replay.dates ?? consecutiveMinuteDates(data, first.slice(0, 10)), speed: replay.speed ?? 1 };
}
