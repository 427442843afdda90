/** Replays a config over the bars that are stored, a session at a time and in slices: nobody else is held up for long. */
import { setImmediate as letOthersRun } from "node:timers/promises";
import { maxPreviewSymbols, type ReplayReport } from "@nod/contract/preview";
import type { TradingConfig } from "@nod/contract/trading-config";
import { price, type Usd } from "../../core/decimal.ts";
import { addDays, newYorkDate, newYorkInstant, type NewYorkDate } from "../../core/trading-day.ts";
import type { Db } from "../../db/pool.ts";
import { compileConfig } from "../config/compile.ts";
import { readBars } from "../market/bars-table.ts";
import { readCalendar } from "../market/calendar-table.ts";
import { marketKey } from "../market/fact-book.ts";
import { readRecordedFacts, type SnapshotRow } from "../market/recorded-facts-table.ts";
import { readPendingSplits } from "../market/splits-table.ts";
import { minutesOf } from "../market/session-bars.ts";
import type { Bar } from "../ports.ts";
import { compileRuleSource } from "../rules/rule-program.ts";
import { createBarsTimeline, cryptoSession, type RecordedDaily, type RecordedMarket, type ReplaySession } from "../replay/bars-timeline.ts";
import type { Costs } from "../replay/costs.ts";
import { factsTimeline, mergeMoments, type RecordedFact } from "../replay/facts-timeline.ts";
import { startReplay, type Answers } from "../replay/replay.ts";
import { inLongForm, marketsOf } from "../replay/replayed-rule.ts";
import { reportOf } from "../replay/report.ts";
import type { Market } from "../replay/timeline.ts";

export type StoredReplay = {
  config: TradingConfig;
  answers: Answers;
  startsWithUsd: Usd;
  costs: Costs;
  /** From one date to another, or the last so many trading days; only sessions that are over. */
  range: { from: NewYorkDate; to: NewYorkDate } | { lastDays: number };
  /** Left out: the bars tell the facts too. `facts`: they are those that were recorded, batch by batch; orders are filled by bars all the same. */
  source?: "bars" | "facts";
  /** The database's. */
  now: Date;
  /** After so long it ends with what there is. */
  maxMs: number;
};

/** Others run after so long. */
const sliceMs = 5;
/** What one statement reads: so many minutes are decoded in a few milliseconds. */
const symbolsPerReading = { us_equity: 4, crypto: 1 } as const;
/** Indicators have at most so many sessions of minutes behind them, and so many days. */
const maxWarmSessions = 10;
const dailyHistoryDays = 400;
const calendarReachDays = 80;

export async function replayStored(db: Db, { config, answers, startsWithUsd, costs, range, source = "bars", now, maxMs }: StoredReplay): Promise<ReplayReport> {
  const startedMs = performance.now();
  const compiled = compileConfig(config, "replayed");
  const all = marketsOf(compiled);
  const markets = all.slice(0, maxPreviewSymbols);
  const missing: ReplayReport["missing"] = all.slice(maxPreviewSymbols).map(({ symbol }) => ({ symbol, message: `only the first ${maxPreviewSymbols} symbols are looked at` }));
  const sessions = await readSessionsOf(db, markets, range, now);
  const played = playedIn(sessions, range);
  const first = played[0];
  const days = [...new Set(played.map(({ tradingDay }) => tradingDay))];
  const run = startReplay({ config, answers, startsWithUsd, costs });
  const timeline = createBarsTimeline(first === undefined ? [] : await readDays(db, markets, first.tradingDay, now), source === "bars");
  const seen = new Set<string>();
  let sliceStartedMs = performance.now();
  const breathe = async (): Promise<void> => {
    if (performance.now() - sliceStartedMs < sliceMs) return;
    await letOthersRun();
    sliceStartedMs = performance.now();
  };

  for (const session of first === undefined ? [] : warmedBefore(sessions, first, warmSessionsOf(inLongForm(compiled)))) {
    const minutes = await readMinutes(db, markets, session);
    for (const market of markets) {
      timeline.warm(session, market.key, minutes(market));
      await breathe();
    }
  }
  const lookedAt = new Set<NewYorkDate>();
  let isCutShort = false;
  for (const session of played) {
    isCutShort ||= performance.now() - startedMs > maxMs;
    if (isCutShort) break;
    const minutes = await readMinutes(db, markets, session);
    sliceStartedMs = performance.now();
    for (const market of markets) if (source === "bars" && minutes(market).length > 0) seen.add(market.key);
    const facts = source === "bars" ? [] : await readFactsOf(db, markets, session);
    for (const { market } of facts) seen.add(market.key);
    for (const moment of mergeMoments(timeline.play(session, minutes), factsTimeline(facts))) {
      run.take(moment);
      await breathe();
    }
    lookedAt.add(session.tradingDay);
  }
  if (played.length === 0) missing.push(...markets.map(({ symbol }) => ({ symbol, message: "no trading day of the range is known, or none is over" })));
  else missing.push(...markets.filter(({ key }) => !seen.has(key)).map(({ symbol }) => ({ symbol, message: `no ${source === "bars" ? "minutes" : "facts"} are stored of these days` })));
  return reportOf(run.result(), { days: days.filter((day) => lookedAt.has(day)), costs, missing, isCutShort });
}

/** Both markets' sessions that are over, in the order of time. */
async function readSessionsOf(db: Db, markets: readonly Market[], range: StoredReplay["range"], now: Date): Promise<ReplaySession[]> {
  const from = addDays("from" in range ? range.from : newYorkDate(now), -calendarReachDays);
  const sessions: ReplaySession[] = [];
  const calendar = await readCalendar(db, from);
  for (const [n, { tradingDay, opensAt, closesAt }] of calendar.entries()) {
    sessions.push({ assetClass: "us_equity", tradingDay, opensAtMs: opensAt.getTime(), closesAtMs: closesAt.getTime(), previous: calendar[n - 1]?.tradingDay ?? null });
  }
  if (markets.some(({ assetClass }) => assetClass === "crypto")) for (let day = from; day < newYorkDate(now); day = addDays(day, 1)) sessions.push(cryptoSession(day));
  return sessions.filter(({ closesAtMs }) => closesAtMs <= now.getTime()).toSorted((a, b) => a.opensAtMs - b.opensAtMs);
}

function playedIn(sessions: readonly ReplaySession[], range: StoredReplay["range"]): ReplaySession[] {
  if ("from" in range) return sessions.filter(({ tradingDay }) => range.from <= tradingDay && tradingDay <= range.to);
  const days = [...new Set(sessions.map(({ tradingDay }) => tradingDay))].slice(-range.lastDays);
  return sessions.filter(({ tradingDay }) => tradingDay >= (days[0] ?? ""));
}

const warmedBefore = (sessions: readonly ReplaySession[], { opensAtMs }: ReplaySession, count: number): ReplaySession[] =>
  (["us_equity", "crypto"] as const).flatMap((assetClass) => (count === 0 ? [] : sessions.filter((session) => session.assetClass === assetClass && session.opensAtMs < opensAtMs).slice(-count)));

const shortestSessionMinutes = 210;

/** As many sessions as bring every indicator the bars that it wants. */
function warmSessionsOf(rules: ReturnType<typeof inLongForm>): number {
  const needs = rules.flatMap(({ source }) => compileRuleSource(source).needs.history);
  const minutes = Math.max(0, ...needs.map(({ timeframe, bars }) => (timeframe === "1Day" ? 0 : bars * minutesOf[timeframe])));
  return Math.min(maxWarmSessions, Math.ceil(minutes / shortestSessionMinutes));
}

async function readDays(db: Db, markets: readonly Market[], first: NewYorkDate, now: Date): Promise<RecordedMarket[]> {
  const from = newYorkInstant(addDays(first, -dailyHistoryDays), "00:00");
  const recorded: RecordedMarket[] = [];
  const unadjusted = await readPendingSplits(db, newYorkDate(now));
  for (const market of markets) {
    const { feed, assetClass, symbol } = market;
    const bars = await readBars(db, { feed, assetClass, timeframe: "1Day", symbols: [symbol], from, to: now });
    const days = bars.map((bar): RecordedDaily => ({ tradingDay: newYorkDate(bar.startsAt), bar }));
    // Stored prices are in today's shares, unless a split has come since they were fetched.
    const splits = unadjusted.filter((split) => split.symbol === symbol && split.feed === feed).map(({ exDate }) => ({ exDate, ratio: null }));
    recorded.push({ market, days, splits: assetClass === "us_equity" ? splits : [] });
  }
  return recorded;
}

/** From New York's midnight on: what is of a day may have been recorded before its open. */
async function readFactsOf(db: Db, markets: readonly Market[], { assetClass, tradingDay, closesAtMs }: ReplaySession): Promise<RecordedFact[]> {
  const known = new Map(markets.filter((market) => market.assetClass === assetClass).map((market) => [market.key, market]));
  const of = { symbols: [...new Set([...known.values()].map(({ symbol }) => symbol))], from: newYorkInstant(tradingDay, "00:00"), to: new Date(closesAtMs) };
  const facts: RecordedFact[] = [];
  for (let afterId: string | undefined = "0"; afterId !== undefined; ) {
    const page: SnapshotRow[] = await readRecordedFacts(db, { ...of, afterId });
    for (const row of page) {
      const market = known.get(marketKey(row));
      if (market !== undefined) facts.push({ batch: row.batch, recordedAtMs: row.recordedAt.getTime(), market, metric: row.metric, price: price(row.price), volume: row.volume, asOfMs: row.asOf.getTime() });
    }
    afterId = page.at(-1)?.id;
    await letOthersRun();
  }
  return facts;
}

async function readMinutes(db: Db, markets: readonly Market[], { assetClass, opensAtMs, closesAtMs }: ReplaySession): Promise<(market: Market) => readonly Bar[]> {
  const minutes = new Map<string, Bar[]>();
  const [from, to] = [new Date(opensAtMs), new Date(closesAtMs)];
  for (const [feed, of] of Map.groupBy(markets.filter((market) => market.assetClass === assetClass), (market) => market.feed)) {
    const size = symbolsPerReading[assetClass];
    for (let at = 0; at < of.length; at += size) {
      const symbols = of.slice(at, at + size).map(({ symbol }) => symbol);
      for (const [symbol, bars] of Map.groupBy(await readBars(db, { feed, assetClass, timeframe: "1Min", symbols, from, to }), (bar) => bar.symbol)) minutes.set(`${feed} ${symbol}`, bars);
      await letOthersRun();
    }
  }
  return (market) => (market.assetClass === assetClass ? (minutes.get(`${market.feed} ${market.symbol}`) ?? []) : []);
}
