/** Finds the minutes that came after questions were closed, and says what each would have made. */
import { setImmediate as letOthersRun } from "node:timers/promises";
import type { TradingQuestionMetadata } from "@nod/contract/question";
import { addDays, newYorkDate } from "../../core/trading-day.ts";
import type { Db } from "../../db/pool.ts";
import type { RegularSession } from "../market/bar-ports.ts";
import { readBars } from "../market/bars-table.ts";
import { readCalendar } from "../market/calendar-table.ts";
import type { Bar } from "../ports.ts";
import { cryptoSession } from "../replay/bars-timeline.ts";
import type { Costs } from "../replay/costs.ts";
import { whatIf, type WhatIf } from "../replay/what-if.ts";

export type ClosedQuestion = { closedAt: Date; metadata: Pick<TradingQuestionMetadata, "feed" | "asset_class" | "symbol" | "order"> };
export type Measured = { kind: "measured"; would: WhatIf } | { kind: "unknown"; because: string };

/** @param now the database's; @returns in the order of the questions */
export async function measureSkipped(db: Db, questions: readonly ClosedQuestion[], now: Date, costs: Costs): Promise<Measured[]> {
  const oldest = questions.reduce((first, { closedAt }) => (closedAt < first ? closedAt : first), now);
  const sessions = questions.length === 0 ? [] : await readCalendar(db, addDays(newYorkDate(oldest), -1));
  const known = new Map<string, Promise<Bar[]>>();
  const measured: Measured[] = [];
  for (const { closedAt, metadata } of questions) {
    const { feed, asset_class: assetClass, symbol, order } = metadata;
    const session = assetClass === "crypto" ? cryptoHours(closedAt) : sessions.find(({ closesAt }) => closesAt > closedAt);
    if (session === undefined || session.closesAt > now) {
      measured.push({ kind: "unknown", because: "the session in which it would have been filled is not over" });
      continue;
    }
    const name = `${feed} ${assetClass} ${symbol} ${session.tradingDay}`;
    const reading = known.get(name) ?? readBars(db, { feed, assetClass, timeframe: "1Min", symbols: [symbol], from: session.opensAt, to: session.closesAt });
    known.set(name, reading);
    const minutes = (await reading).filter(({ startsAt }) => startsAt >= closedAt).map(({ startsAt, open, high, low, close, volume }) => ({ startsAtMs: startsAt.getTime(), open, high, low, close, volume: Number(volume) }));
    const would = whatIf(order, assetClass, minutes, costs);
    if (would !== null) measured.push({ kind: "measured", would });
    else measured.push({ kind: "unknown", because: minutes.length === 0 ? "no minutes are stored from then until the close" : "its limit was not traded through that day" });
    await letOthersRun();
  }
  return measured;
}

function cryptoHours(at: Date): RegularSession {
  const { tradingDay, opensAtMs, closesAtMs } = cryptoSession(newYorkDate(at));
  return { tradingDay, opensAt: new Date(opensAtMs), closesAt: new Date(closesAtMs) };
}
