import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseTicks, type Ticks } from "./ticks.ts";

/** A one-minute bar; `t` is its recorded start in milliseconds. */
export type MinuteBar = { t: number; o: Ticks; h: Ticks; l: Ticks; c: Ticks; v: number };
export type DailyRow = { date: string; o: Ticks; h: Ticks; l: Ticks; c: Ticks; v: number };
/** `ratio` new shares for one old share, from the open of `exDate` on. */
export type Split = { symbol: string; exDate: string; ratio: number };

/** A folder of recorded market data: `daily/SYMBOL.csv`, `minute/SYMBOL/DATE.csv`, `corporate-actions.csv`. */
export type RecordedData = {
  symbols: readonly string[];
  /** Every recorded trading date, ascending. */
  tradingDates: readonly string[];
  /** The dates for which at least one symbol has minutes, ascending. */
  minuteDates: readonly string[];
  splits: readonly Split[];
  daily: (symbol: string) => readonly DailyRow[];
  /** Minute bars of one symbol and date, ascending; empty when there is no file. */
  minutes: (symbol: string, date: string) => readonly MinuteBar[];
};

function rows(path: string): string[][] {
  return readFileSync(path, "utf8")
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "")
    .map((line) => line.trim().split(","));
}

function cell(row: readonly string[], index: number, path: string): string {
  const value = row[index];
  if (value === undefined) throw new RangeError(`${path}: row "${row.join(",")}" has no column ${index + 1}`);
  return value;
}

function ohlcv(row: readonly string[], path: string): { o: Ticks; h: Ticks; l: Ticks; c: Ticks; v: number } {
  const price = (index: number): Ticks => parseTicks(cell(row, index, path));
  return { o: price(1), h: price(2), l: price(3), c: price(4), v: Number(cell(row, 5, path)) };
}

function readDaily(path: string): DailyRow[] {
  return rows(path).map((row) => ({ date: cell(row, 0, path), ...ohlcv(row, path) }));
}

function readMinutes(path: string): MinuteBar[] {
  return rows(path).map((row) => ({ t: Date.parse(cell(row, 0, path)), ...ohlcv(row, path) }));
}

function readSplits(path: string): Split[] {
  if (!existsSync(path)) return [];
  return rows(path)
    .filter((row) => cell(row, 2, path) === "split")
    .map((row) => ({ symbol: cell(row, 0, path), exDate: cell(row, 1, path), ratio: Number(cell(row, 3, path)) }));
}

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** Opens a data folder. Daily files are read at once, minute files when first asked for. */
export function openRecordedData(folder: string): RecordedData {
  const dailyBySymbol = new Map<string, DailyRow[]>();
  for (const file of listed(join(folder, "daily"))) {
    if (file.endsWith(".csv")) dailyBySymbol.set(file.slice(0, -4), readDaily(join(folder, "daily", file)));
  }
  const minuteSymbols = listed(join(folder, "minute"));
  const minuteDates = new Set<string>();
  for (const symbol of minuteSymbols) {
    for (const file of listed(join(folder, "minute", symbol))) if (file.endsWith(".csv")) minuteDates.add(file.slice(0, -4));
  }
  const tradingDates = new Set(minuteDates);
  for (const daily of dailyBySymbol.values()) for (const row of daily) tradingDates.add(row.date);
  const symbols = new Set([...dailyBySymbol.keys(), ...minuteSymbols]);
  if (symbols.size === 0) throw new Error(`no recorded data in ${folder}: expected daily/SYMBOL.csv and minute/SYMBOL/DATE.csv`);

  const minuteFiles = new Map<string, MinuteBar[]>();
  return {
    symbols: [...symbols].sort(),
    tradingDates: [...tradingDates].sort(),
    minuteDates: [...minuteDates].sort(),
    splits: readSplits(join(folder, "corporate-actions.csv")),
    daily: (symbol) => dailyBySymbol.get(symbol) ?? [],
    minutes: (symbol, date) => {
      const path = join(folder, "minute", symbol, `${date}.csv`);
      const known = minuteFiles.get(path);
      if (known !== undefined) return known;
      const bars = existsSync(path) ? readMinutes(path) : [];
      minuteFiles.set(path, bars);
      return bars;
    },
  };
}

/**
 * The run of recorded days around `date` that follow each other without a trading day missing
 * between them: what can be replayed day after day with true previous closes.
 */
export function consecutiveMinuteDates(data: RecordedData, date: string): string[] {
  const recorded = new Set(data.minuteDates);
  if (!recorded.has(date)) throw new RangeError(`no minutes were recorded on ${date}; there are ${data.minuteDates.join(", ")}`);
  const index = data.tradingDates.indexOf(date);
  const isRecorded = (position: number): boolean => recorded.has(data.tradingDates[position] ?? "");
  let first = index;
  while (isRecorded(first - 1)) first -= 1;
  let last = index;
  while (isRecorded(last + 1)) last += 1;
  return data.tradingDates.slice(first, last + 1);
}
