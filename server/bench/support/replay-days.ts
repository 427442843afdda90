import { readRecordedDays, recordedDays, type RecordedDay } from "../../test/support/recorded-bars.ts";

const weekMs = 7 * 86_400_000;

/** What one symbol did on one day: its bars, and the facts that a feed would have given with each of them. */
export type ReplayDay = RecordedDay & { prevClose: number };

/** The recorded days of every symbol, again and again, each time weeks later; symbol by symbol, in order of time. */
export function repeatRecordedDays(times: number): ReplayDay[][] {
  return Object.keys(recordedDays).map((symbol) => {
    const days = readRecordedDays(symbol);
    let prevClose = days[0]?.bars[0]?.open ?? Number.NaN;
    return Array.from({ length: times }, (_, turn) => days.map((day) => laterBy(turn * weekMs, day)))
      .flat()
      .map((day) => {
        const replayed = { ...day, prevClose };
        prevClose = day.bars.at(-1)?.close ?? Number.NaN;
        return replayed;
      });
  });
}

function laterBy(ms: number, { symbol, session, bars }: RecordedDay): RecordedDay {
  const opensAtMs = session.opensAtMs + ms;
  return {
    symbol,
    session: { tradingDay: new Date(opensAtMs).toISOString().slice(0, 10), opensAtMs, closesAtMs: session.closesAtMs + ms },
    bars: bars.map((bar) => ({ ...bar, startsAtMs: bar.startsAtMs + ms })),
  };
}

export const countBars = (symbols: readonly (readonly ReplayDay[])[]): number => symbols.flat().reduce((sum, day) => sum + day.bars.length, 0);
