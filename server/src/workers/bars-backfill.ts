import { Decimal } from "decimal.js";
import { systemClock, type Clock } from "../core/clock.ts";
import type { Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import { barsJobs, calendarStart, historyWishes, missingHistory, tradingDayAt, type BarsJob } from "../trading/market/bar-plan.ts";
import type { HistoryPorts, RegularSession } from "../trading/market/bar-ports.ts";
import type { WantedBars } from "../trading/market/bar-reader.ts";
import { baseTimeframes, readBars, saveBars, type BarGroup } from "../trading/market/bars-table.ts";
import { completeHistory, continueCoverage, coverageName, fetchAnew, readCoverage, recordFilled, rememberWishes, wantHistory, type Coverage } from "../trading/market/coverage-table.ts";
import { BrokerUnavailableError, type Bar } from "../trading/ports.ts";
import { addDays } from "../core/trading-day.ts";
import { startInterval, type IntervalLoop } from "./interval.ts";
import { createSessionCalendar } from "./session-calendar.ts";
import { createSplitWatch, type SplitObserver } from "./split-watch.ts";

/** Counted in stretches: a symbol's minutes are one, its days are another. `pending`: whose history is not complete. */
export type BackfillProgress = { stretches: number; pending: number };

/** For metrics and logs: told of what happens, asked nothing. Must not throw. */
export type BarsObserver = SplitObserver & {
  pageSaved(page: { kind: BarsJob["kind"]; group: BarGroup; symbols: number; bars: number }): void;
  progressed(progress: BackfillProgress): void;
  failed(error: unknown): void;
};

export type BarsBackfillSettings = {
  pool: Pool;
  history: HistoryPorts;
  /** With several processes only the one that ticks fetches. */
  isLeader: () => boolean;
  /** What the compiled rules need, and a day of everything that is followed. */
  wanted: () => readonly WantedBars[];
  /** There are new bars to be read. */
  onBars: () => void;
  observer?: Partial<BarsObserver>;
  clock?: Clock;
  /** How often it is looked whether something is due. Default 1,000. */
  lookEveryMs?: number;
};

export type BarsBackfill = IntervalLoop & { progress(): BackfillProgress };

const retryMs = 5_000;
/** A call waits for its turn in the budget; when that takes longer than this, something is wrong. */
const jobTimeoutMs = 15 * 60_000;
/** An adjusted close that moved further than this was put into other shares, whoever announced it. */
const closeTolerance = 0.01;

/**
 * Keeps bars of what is wanted: first the history, then what follows it. What was reached is kept with every page, so that a
 * process that is killed, or another one, goes on from there. Calls come out of the account's budget for the past.
 */
export function startBarsBackfill(settings: BarsBackfillSettings): BarsBackfill {
  const { pool, history, observer = {}, clock = systemClock } = settings;
  const calendar = createSessionCalendar(pool, history);
  const splits = createSplitWatch({ db: pool, history, observer });
  let progress: BackfillProgress = { stretches: 0, pending: 0 };

  const report = (coverage: readonly Coverage[]): void => {
    const next = { stretches: coverage.length, pending: coverage.filter((row) => row.filling !== null).length };
    if (next.stretches === progress.stretches && next.pending === progress.pending) return;
    progress = next;
    observer.progressed?.(next);
  };

  const pass = async (stopping: AbortSignal): Promise<undefined> => {
    const wanted = settings.isLeader() ? settings.wanted() : [];
    if (wanted.length === 0) return undefined;
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(jobTimeoutMs)]);
    const now = clock.now();
    const sessions = await calendar.sessionsSince(calendarStart(wanted, now), now, signal);
    const tradingDay = tradingDayAt(sessions, now);
    const wishes = historyWishes(wanted, sessions, now);
    await wantHistory(pool, missingHistory(wishes, await readCoverageOf(pool, wanted)), addDays(tradingDay, -1));
    await rememberWishes(pool, wishes);
    // Bars of now are worth having even where nobody says what was split.
    await splits.check(await readCoverageOf(pool, wanted), tradingDay, signal).catch((error: unknown) => {
      if (!(error instanceof BrokerUnavailableError)) throw error;
      observer.failed?.(error);
    });
    const coverage = await readCoverageOf(pool, wanted);
    report(coverage);
    const failures: unknown[] = [];
    for (const job of barsJobs(coverage, sessions, now)) {
      if (stopping.aborted || !settings.isLeader()) return undefined;
      try {
        await runJob({ pool, history, observer, sessions, job, tradingDay, signal });
        settings.onBars();
      } catch (error) {
        // What one call asked for may be the reason; the others are not to wait for it.
        if (!(error instanceof BrokerUnavailableError)) throw error;
        failures.push(error);
      }
    }
    report(await readCoverageOf(pool, wanted));
    if (failures.length > 0) throw failures[0];
    return undefined;
  };

  const loop = startInterval({ intervalMs: settings.lookEveryMs ?? 1_000, retryMs, run: pass, onError: (error) => observer.failed?.(error) });
  return { ...loop, progress: () => progress };
}

async function readCoverageOf(pool: Pool, wanted: readonly WantedBars[]): Promise<Coverage[]> {
  const names = new Set(wanted.flatMap((want) => baseTimeframes.map((timeframe) => coverageName({ ...want, timeframe }))));
  return (await readCoverage(pool)).filter((row) => names.has(coverageName(row)));
}

type Run = { pool: Pool; history: HistoryPorts; observer: Partial<BarsObserver>; sessions: readonly RegularSession[]; job: BarsJob; tradingDay: string; signal: AbortSignal };

async function runJob(run: Run): Promise<void> {
  const { pool, history, observer, sessions, job, signal } = run;
  const { request, kind, rows, until } = job;
  const group: BarGroup = { feed: request.feed, assetClass: request.assetClass, timeframe: request.timeframe === "1Day" ? "1Day" : "1Min", adjustment: request.adjustment };
  const rowOf = new Map(rows.map((row) => [row.symbol, row]));
  const isRegular = group.assetClass === "us_equity" && group.timeframe === "1Min" ? regularMinutes(sessions) : () => true;
  for await (const page of history.fetchBars(request, signal)) {
    const asked = page.filter((bar) => rowOf.has(bar.symbol));
    const readjusted = kind === "continue" && group.adjustment === "split" && group.timeframe === "1Day" ? await findReadjusted(pool, group, job, asked) : new Set<string>();
    const bars = asked.filter((bar) => !readjusted.has(bar.symbol));
    await withTransaction(pool, async (tx) => {
      await saveBars(tx, group, bars.filter(isRegular));
      // A symbol's bars come in the order of time: up to its last one nothing is missing.
      const reached = new Map(bars.map((bar) => [bar.symbol, new Date(bar.startsAt.getTime() + 1_000)]));
      const progress = [...reached].flatMap(([symbol, to]) => (rowOf.has(symbol) ? [{ ...keyOf(group, symbol, rowOf), to }] : []));
      if (kind === "history") await recordFilled(tx, progress);
      if (readjusted.size > 0) await fetchAnew(tx, group.feed, [...readjusted], run.tradingDay);
    });
    for (const symbol of readjusted) observer.fetchingAnew?.(symbol, "closes changed");
    observer.pageSaved?.({ kind, group, symbols: new Set(bars.map((bar) => bar.symbol)).size, bars: bars.length });
  }
  const whole = rows.map((row) => ({ ...row, to: until }));
  await (kind === "history" ? completeHistory(pool, whole) : continueCoverage(pool, whole));
}

const keyOf = ({ feed, assetClass, timeframe }: BarGroup, symbol: string, rows: ReadonlyMap<string, Coverage>) => ({ feed, assetClass, timeframe, symbol, generation: rows.get(symbol)?.generation ?? -1 });

/** Rules see minutes of regular sessions only, so only those are kept. */
function regularMinutes(sessions: readonly RegularSession[]): (bar: Bar) => boolean {
  let at: RegularSession | undefined;
  const holds = (session: RegularSession, instant: Date): boolean => session.opensAt <= instant && instant < session.closesAt;
  return ({ startsAt }) => {
    if (at === undefined || !holds(at, startsAt)) at = sessions.find((session) => holds(session, startsAt));
    return at !== undefined;
  };
}

/** Stocks whose closes are told differently than they were stored: a split that nobody announced, or an old recording. */
async function findReadjusted(pool: Pool, group: BarGroup, { request, rows }: BarsJob, page: readonly Bar[]): Promise<Set<string>> {
  const covered = rows.flatMap((row) => row.covered?.to ?? []);
  const stored = await readBars(pool, { ...group, symbols: request.symbols, from: request.from, to: new Date(Math.max(...covered.map((to) => to.getTime()))) });
  const closes = new Map(stored.map((bar) => [`${bar.symbol} ${bar.startsAt.getTime()}`, bar.close]));
  const differs = ({ symbol, startsAt, close }: Bar): boolean => {
    const before = closes.get(`${symbol} ${startsAt.getTime()}`);
    return before !== undefined && new Decimal(close).dividedBy(before).minus(1).abs().greaterThan(closeTolerance);
  };
  return new Set(page.filter(differs).map((bar) => bar.symbol));
}
