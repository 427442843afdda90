/** Real one-minute bars of the simulator's recordings, cut to the regular session. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FinishedBar } from "../../src/trading/rules/bar-window.ts";
import type { ViewSession } from "../../src/trading/rules/symbol-view.ts";

const folder = join(import.meta.dirname, "../../../packages/alpaca-simulator/data");

export type RecordedDay = { symbol: string; session: ViewSession; bars: FinishedBar[] };

/** Each of them a whole day; they are in summer, when New York opens at 13:30 UTC. */
export const recordedDays: Readonly<Record<string, readonly string[]>> = {
  SPY: ["2013-10-04", "2013-10-07", "2013-10-08", "2013-10-09"],
  BAC: ["2013-10-04", "2013-10-07", "2013-10-08", "2013-10-09"],
  AIG: ["2013-10-04", "2013-10-07", "2013-10-08", "2013-10-09"],
  IBM: ["2013-10-04", "2013-10-07", "2013-10-08", "2013-10-09"],
  AAPL: ["2014-06-05", "2014-06-06"],
};

function readRecordedDay(symbol: string, date: string): RecordedDay {
  const session = { tradingDay: date, opensAtMs: Date.parse(`${date}T13:30:00Z`), closesAtMs: Date.parse(`${date}T20:00:00Z`) };
  const bars = rowsOf(`minute/${symbol}/${date}.csv`).map(([time = "", ...values]) => barOf(Date.parse(time), values));
  return { symbol, session, bars: bars.filter(({ startsAtMs }) => startsAtMs >= session.opensAtMs && startsAtMs < session.closesAtMs) };
}

export const readRecordedDays = (symbol: string): RecordedDay[] => (recordedDays[symbol] ?? []).map((date) => readRecordedDay(symbol, date));

/** From 2011 to 2021-03-31; `startsAtMs` is the date's midnight in UTC. */
export const readDailyBars = (symbol: string): FinishedBar[] => rowsOf(`daily/${symbol}.csv`).map(([date = "", ...values]) => barOf(Date.parse(date), values));

function rowsOf(file: string): string[][] {
  return readFileSync(join(folder, file), "utf8").trim().split("\n").slice(1).map((line) => line.trim().split(","));
}

function barOf(startsAtMs: number, values: readonly string[]): FinishedBar {
  const [open = Number.NaN, high = Number.NaN, low = Number.NaN, close = Number.NaN, volume = Number.NaN] = values.map(Number);
  return { startsAtMs, open, high, low, close, volume };
}
