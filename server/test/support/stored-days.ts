/** Recorded days as if they were the last ones: stored as bars and in the calendar, each with its own hours in New York. */
import { openRecordedData, ticksToDecimal } from "@nod/alpaca-simulator";
import { price, quantity } from "../../src/core/decimal.ts";
import { addDays, newYorkDate, newYorkInstant } from "../../src/core/trading-day.ts";
import type { Db } from "../../src/db/pool.ts";
import { saveBars } from "../../src/trading/market/bars-table.ts";
import type { Bar } from "../../src/trading/ports.ts";
import { recordedFolder } from "./replaying.ts";

const data = openRecordedData(recordedFolder);

export type StoredDays = {
  /** The date on which a recorded one is stored. */
  dateOf(recorded: string): string;
  /** The instant that a New York time of a recorded day has become. */
  at(recorded: string, time: string): Date;
};

/** The last of the days becomes yesterday; the calendar gets them all, and the days before the first only daily bars. */
export async function storeDays(db: Db, days: readonly string[], symbols: readonly string[]): Promise<StoredDays> {
  const yesterday = addDays(newYorkDate(new Date()), -1);
  const dates = data.tradingDates.slice(data.tradingDates.indexOf(days[0] ?? "") - 30, data.tradingDates.indexOf(days.at(-1) ?? "") + 1);
  const dateOf = (recorded: string): string => addDays(yesterday, dates.indexOf(recorded) - dates.length + 1);
  const group = { feed: "iex", assetClass: "us_equity", adjustment: "split" } as const;
  for (const recorded of dates) {
    const date = dateOf(recorded);
    await db.query("insert into market_calendar (trading_day, opens_at, closes_at) values ($1::date, $2::timestamptz, $3::timestamptz)", [date, newYorkInstant(date, "09:30"), newYorkInstant(date, "16:00")]);
  }
  for (const symbol of symbols) {
    const text = (ticks: number) => price(ticksToDecimal(ticks));
    const daily = data.daily(symbol).filter((row) => dates.includes(row.date)).map((row): Bar => ({ symbol, startsAt: newYorkInstant(dateOf(row.date), "00:00"), open: text(row.o), high: text(row.h), low: text(row.l), close: text(row.c), volume: quantity(row.v) }));
    await saveBars(db, { ...group, timeframe: "1Day" }, daily);
    for (const recorded of days) {
      const shiftMs = newYorkInstant(dateOf(recorded), "09:30").getTime() - newYorkInstant(recorded, "09:30").getTime();
      const minutes = data.minutes(symbol, recorded).map((bar): Bar => ({ symbol, startsAt: new Date(bar.t + shiftMs), open: text(bar.o), high: text(bar.h), low: text(bar.l), close: text(bar.c), volume: quantity(bar.v) }));
      await saveBars(db, { ...group, timeframe: "1Min" }, minutes);
    }
  }
  return { dateOf, at: (recorded, time) => newYorkInstant(dateOf(recorded), time) };
}
