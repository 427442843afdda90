/** The simulator at a recorded moment, with a clock that stands still until it is moved. */
import { readFileSync } from "node:fs";
import { manualClock, startSimulator, type Simulator, type SimulatorOptions } from "@nod/alpaca-simulator";
import { connectToAlpaca, type AlpacaConnection } from "../../src/alpaca/connection.ts";
import { createAlpacaHistory } from "../../src/alpaca/history.ts";
import type { AlpacaSettings } from "../../src/alpaca/settings.ts";
import type { Clock } from "../../src/core/clock.ts";
import { newYorkInstant } from "../../src/core/trading-day.ts";
import type { Pool } from "../../src/db/pool.ts";
import type { HistoryPorts } from "../../src/trading/market/bar-ports.ts";
import type { WantedBars } from "../../src/trading/market/bar-reader.ts";
import { startBarsBackfill, type BarsBackfill, type BarsBackfillSettings } from "../../src/workers/bars-backfill.ts";

export type RecordedMarket = {
  simulator: Simulator;
  settings: AlpacaSettings;
  alpaca: AlpacaConnection;
  history: HistoryPorts;
  clock: Clock;
  /** Moves the simulator's time, and so ours. */
  advance(minutes: number): void;
  stop(): Promise<void>;
};

export type RecordedMarketOptions = {
  /** Recorded trading dates; each opens 24 hours after the one before. */
  dates: readonly string[];
  /** The New York time at which it stands, of the last of the dates unless another is given. */
  time: string;
  date?: string;
  barsPerPage?: number;
  requestsPerMinute?: number;
  simulator?: Partial<SimulatorOptions>;
};

export async function openRecordedMarket(options: RecordedMarketOptions): Promise<RecordedMarket> {
  const date = options.date ?? options.dates.at(-1) ?? "";
  const time = manualClock(newYorkInstant(date, options.time).getTime());
  const simulator = await startSimulator({ clock: time, replay: { startAt: [`${date}T${options.time}`], dates: options.dates }, ...options.simulator });
  const settings = settingsOf(simulator, options.requestsPerMinute);
  const alpaca = connectToAlpaca(settings);
  return {
    simulator,
    settings,
    alpaca,
    history: createAlpacaHistory(alpaca, options.barsPerPage),
    clock: { now: () => new Date(time.now()) },
    advance: (minutes) => time.advance(minutes * 60_000),
    stop: () => simulator.stop(),
  };
}

export function settingsOf(simulator: Pick<Simulator, "url" | "tradingStreamUrl" | "keys">, requestsPerMinute = 10_000): AlpacaSettings {
  const [keys] = simulator.keys;
  return {
    keyId: keys?.keyId ?? "",
    secretKey: keys?.secretKey ?? "",
    tradingBaseUrl: simulator.url,
    dataBaseUrl: simulator.url,
    tradingStreamUrl: simulator.tradingStreamUrl,
    requestsPerMinute,
    requestTimeoutMs: 30_000,
  };
}

/** A backfill that leads, and looks often. What it observes is for the test to judge. */
export function startBackfill(pool: Pool, market: Pick<RecordedMarket, "history" | "clock">, wanted: readonly WantedBars[], changes: Partial<BarsBackfillSettings> = {}): BarsBackfill {
  return startBarsBackfill({ pool, history: market.history, clock: market.clock, isLeader: () => true, wanted: () => wanted, onBars: () => undefined, lookEveryMs: 20, ...changes });
}

export type RecordedRow = { at: string; open: number; high: number; low: number; close: number; volume: number };

/** A file of the recording as it is, for a test to work out what must come of it. */
export function recordedRows(file: string): RecordedRow[] {
  const text = readFileSync(new URL(`../../../packages/alpaca-simulator/data/${file}`, import.meta.url), "utf8");
  return text.trim().split("\n").slice(1).map((line) => {
    const [at = "", ...numbers] = line.split(",");
    const [open = 0, high = 0, low = 0, close = 0, volume = 0] = numbers.map(Number);
    return { at, open, high, low, close, volume };
  });
}
