/** What bars are to be fetched, worked out from what is wanted and what is there. Pure: the time comes in. */
import { addDays, newYorkDate, newYorkInstant, type NewYorkDate } from "../../core/trading-day.ts";
import type { BarsRequest, RegularSession } from "./bar-ports.ts";
import type { WantedBars } from "./bar-reader.ts";
import { coverageName, type Coverage, type CoverageKey, type Stretch } from "./coverage-table.ts";
import { minutesOf } from "./session-bars.ts";

/** Of every symbol that somebody follows there are so many days, whatever its rules need. */
const leastHistoryDays = 30;
/** A minute's bar is settled so long after its end. */
const settleMs = 5_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
/** Continued daily bars overlap the stored ones by so much, so that a change of what a share is shows itself. */
const overlapDays = 12;
/** Symbols in one call; beyond it the address line grows past what proxies take. */
const symbolsPerCall = 200;

/** The day that stocks trade on, or traded on last: from the calendar while a session is on, else New York's date. */
export function tradingDayAt(sessions: readonly RegularSession[], now: Date): NewYorkDate {
  return sessions.find(({ opensAt, closesAt }) => opensAt <= now && now < closesAt)?.tradingDay ?? newYorkDate(now);
}

/** From which date on the calendar must be known for what is wanted. Six sessions in ten days, at worst and with holidays. */
export function calendarStart(wanted: readonly WantedBars[], now: Date): NewYorkDate {
  const sessions = wanted.filter(({ assetClass, timeframe }) => assetClass === "us_equity" && timeframe !== "1Day").map(sessionsFor);
  return addDays(newYorkDate(now), -(Math.ceil((Math.max(1, ...sessions) * 10) / 6) + 7));
}

const shortestSessionMinutes = 210;
const sessionsFor = ({ timeframe, bars }: WantedBars): number => (timeframe === "1Day" ? bars : Math.ceil((bars + 1) / Math.floor(shortestSessionMinutes / minutesOf[timeframe])) + 1);

export type HistoryWish = CoverageKey & { from: Date };

/** From when on each symbol's days and minutes are wanted: the most that anybody needs, and a month of days for all. */
export function historyWishes(wanted: readonly WantedBars[], sessions: readonly RegularSession[], now: Date): HistoryWish[] {
  const wishes = new Map<string, HistoryWish>();
  const wish = (key: CoverageKey, from: Date): void => {
    const name = coverageName(key);
    const known = wishes.get(name);
    if (known === undefined || from < known.from) wishes.set(name, { ...key, from });
  };
  for (const want of wanted) {
    const { feed, assetClass, symbol, timeframe, bars } = want;
    const days = timeframe === "1Day" ? Math.max(leastHistoryDays, Math.ceil((bars * 7) / 5) + 10) : leastHistoryDays;
    wish({ feed, assetClass, symbol, timeframe: "1Day" }, newYorkInstant(addDays(newYorkDate(now), -days), "00:00"));
    if (timeframe === "1Day") continue;
    const spanMs = (bars + 1) * minutesOf[timeframe] * minuteMs;
    const from = assetClass === "crypto" ? new Date(Math.floor((now.getTime() - spanMs) / hourMs) * hourMs) : sessionStart(want, sessions, now);
    wish({ feed, assetClass, symbol, timeframe: "1Min" }, from);
  }
  return [...wishes.values()];
}

/** The wishes that no stretch reaches back to, be it whole or under way. */
export function missingHistory(wishes: readonly HistoryWish[], coverage: readonly Coverage[]): HistoryWish[] {
  const rows = new Map(coverage.map((row) => [coverageName(row), row]));
  return wishes.filter((wish) => {
    const row = rows.get(coverageName(wish));
    const from = row?.filling?.from ?? row?.covered?.from;
    return from === undefined || wish.from < from;
  });
}

/** The open of the session with which there are enough bars in the sessions that are over. */
function sessionStart({ timeframe, bars }: WantedBars, sessions: readonly RegularSession[], now: Date): Date {
  if (timeframe === "1Day") throw new Error("days do not begin with a session");
  const begun = sessions.filter(({ opensAt }) => opensAt <= now);
  let missing = bars + 1;
  let from = begun.at(-1)?.opensAt ?? newYorkInstant(newYorkDate(now), "00:00");
  for (const { opensAt, closesAt } of begun.toReversed()) {
    if (missing <= 0) break;
    from = opensAt;
    if (closesAt <= now) missing -= Math.ceil((closesAt.getTime() - opensAt.getTime()) / (minutesOf[timeframe] * minuteMs));
  }
  return from;
}

/** One call, and what is true of its symbols once all its pages are there: their bars reach to `until`. */
export type BarsJob = { kind: "history" | "continue"; request: BarsRequest; until: Date; rows: readonly Coverage[] };

/** What is to be fetched now: continuations first, since rules wait for them. */
export function barsJobs(coverage: readonly Coverage[], sessions: readonly RegularSession[], now: Date): BarsJob[] {
  const continuations = new Map<string, BarsJob>();
  const histories = new Map<string, BarsJob>();
  for (const row of coverage) {
    const end = row.covered === null ? settledEnd(row, sessions, now) : null;
    if (row.covered !== null) join(continuations, row, "continue", continuation(row, row.covered, sessions, now));
    if (row.filling !== null) join(histories, row, "history", historyLeft(row.filling, row.covered?.from ?? end));
  }
  return [...continuations.values(), ...histories.values()];
}

type Left = { from: Date; until: Date } | null;

const historyLeft = (filling: Stretch, until: Date | null): Left => (until === null ? null : { from: filling.to, until: filling.to > until ? filling.to : until });

/** Null when nothing new can be there. */
function continuation(row: Coverage, covered: Stretch, sessions: readonly RegularSession[], now: Date): Left {
  const until = settledEnd(row, sessions, now);
  if (until <= covered.to) return null;
  if (row.timeframe === "1Day") return { from: new Date(covered.to.getTime() - overlapDays * dayMs), until };
  if (row.assetClass === "crypto") return { from: covered.to, until };
  const next = sessions.find(({ closesAt }) => closesAt > covered.to);
  if (next === undefined || next.opensAt >= until) return null;
  return { from: next.opensAt > covered.to ? next.opensAt : covered.to, until };
}

/**
 * Up to when bars can be whole. Stocks' days are over when the next trading day has begun; their minutes end with a session, so
 * that nothing is asked for at night.
 */
function settledEnd(row: CoverageKey, sessions: readonly RegularSession[], now: Date): Date {
  const settledMs = now.getTime() - settleMs;
  if (row.assetClass === "crypto") return new Date(Math.floor(settledMs / (row.timeframe === "1Day" ? hourMs : minuteMs)) * (row.timeframe === "1Day" ? hourMs : minuteMs));
  if (row.timeframe === "1Day") return newYorkInstant(tradingDayAt(sessions, now), "00:00");
  const session = sessions.findLast(({ opensAt }) => opensAt.getTime() <= settledMs);
  const endMs = Math.min(session?.closesAt.getTime() ?? Infinity, settledMs);
  return new Date(Math.floor(endMs / minuteMs) * minuteMs);
}

/** Symbols that are to be asked for the same thing share a call. */
function join(jobs: Map<string, BarsJob>, row: Coverage, kind: BarsJob["kind"], left: Left): void {
  if (left === null) return;
  const { feed, assetClass, symbol, timeframe } = row;
  const base = `${feed} ${assetClass} ${timeframe} ${left.from.getTime()} ${left.until.getTime()}`;
  let name = base;
  for (let part = 1; (jobs.get(name)?.rows.length ?? 0) >= symbolsPerCall; part += 1) name = `${base} ${part}`;
  const adjustment = assetClass === "crypto" ? ("raw" as const) : ("split" as const);
  const job = jobs.get(name);
  if (job === undefined) jobs.set(name, { kind, until: left.until, rows: [row], request: { feed, assetClass, timeframe, symbols: [symbol], from: left.from, to: left.until, adjustment } });
  else jobs.set(name, { ...job, rows: [...job.rows, row], request: { ...job.request, symbols: [...job.request.symbols, symbol] } });
}
