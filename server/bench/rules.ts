/**
 * Rule evaluations per second against json-rules-engine, on the same rules, three in four thresholds and one in four
 * a condition, with the same firings, by processor time. The engine is given each percentage, indicator and difference ready to compare; ours starts from prices
 * and bars. `--quick` takes fewer rules and proves nothing.
 */
import { Engine } from "json-rules-engine";
import { percentFrom, price, toApproximateNumber } from "../src/core/decimal.ts";
import { compileConfig } from "../src/trading/config/compile.ts";
import { createFactBook } from "../src/trading/market/fact-book.ts";
import type { LatestFact } from "../src/trading/market/facts-table.ts";
import type { MarketSessions } from "../src/trading/market/session-table.ts";
import type { StoredFact, SymbolView } from "../src/trading/rules/symbol-view.ts";
import { specOf } from "../src/trading/rules/indicator-spec.ts";
import { createRuleIndex } from "../src/trading/rules/rule-index.ts";
import { factOf, mixedRule, references, symbols } from "./support/mixed-rules.ts";
import { note, showMs, sideBySide, timedOnProcessor, verdict } from "./support/side-by-side.ts";

const quick = process.argv.includes("--quick");
const ruleCount = quick ? 1_000 : 20_000;
const rounds = quick ? 3 : 7;
const warmUpMs = quick ? 50 : 1_500;
/** A second passes with each; after four minutes without a bar the indicators would be unknown. */
const warmUpRounds = 50;

const today = "2026-03-03";
const opensAtMs = Date.parse("2026-03-03T14:30:00Z");
const session = { tradingDay: today, opensAtMs, closesAtMs: Date.parse("2026-03-03T21:00:00Z") };
const barsBefore = 60;
const startMs = opensAtMs + barsBefore * 60_000;

const rules = Array.from({ length: ruleCount }, (_, index) => mixedRule(index));
const index = createRuleIndex();
index.add("bench", compileConfig({
  version: 1, enabled: true, mode: "paper",
  data_inputs: [{ id: "all", source: "alpaca", asset_class: "us_equity", symbols, feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade", "daily_bar", "prev_close", "quote"] }],
  rules: rules.map(({ ours }) => ours),
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
}, "1.1"));
const engine = new Engine();
for (const { ours, theirs } of rules) engine.addRule({ conditions: "fact" in theirs ? { all: [theirs] } : theirs, event: { type: ours.id } });

const storedAs: Partial<Record<LatestFact["metric"], StoredFact>> = { last_trade: "last", bid: "bid", ask: "ask", prev_close: "prev_close", day_open: "day_open" };
const views = new Map<string, SymbolView>();
for (const { symbol, view } of index.conditions.watched()) {
  views.set(symbol, view);
  view.setSession(session);
  view.loadBars("1Min", Array.from({ length: barsBefore }, (_, minute) => barOf(symbols.indexOf(symbol), minute)));
}

/** Time goes on from one round to the next: a rule fires each second at most. */
let seconds = 0;
for (const [name, movePct] of [["one rule in ten fires", 2], ["half of the rules fire", 9.98]] as const) await compare(name, movePct);

async function compare(name: string, movePct: number): Promise<void> {
  note(`\n${ruleCount.toLocaleString("en")} rules, ${name}`);
  const book = createFactBook();
  let ourFirings: string[] = [];
  let theirFirings: string[] = [];
  const contestants = {
    ours: () => {
      seconds += 1;
      const facts = pricesOf(movePct, startMs + seconds * 1_000);
      const sessions = sessionsAt(startMs + seconds * 1_000);
      return timedOnProcessor(async () => {
        const changed = book.absorb(facts);
        for (const fact of facts) feed(fact);
        const { firings, conditionFirings } = index.evaluate(book, sessions, changed, []);
        ourFirings = [...firings, ...conditionFirings].map((firing) => firing.rule.rule.id);
      });
    },
    "json-rules-engine": () => {
      const facts = workedOut(pricesOf(movePct, startMs));
      return timedOnProcessor(async () => {
        const { events } = await engine.run(facts);
        theirFirings = events.map((event) => event.type);
      });
    },
  };
  for (const each of Object.values(contestants)) await warmUp(each);
  const { medians, ratio } = await sideBySide(rounds, contestants);
  if (ourFirings.toSorted().join() !== theirFirings.toSorted().join()) {
    throw new Error(`the firings differ: ${[...new Set(ourFirings).symmetricDifference(new Set(theirFirings))].slice(0, 10).join()}`);
  }
  note(`  ${ourFirings.length.toLocaleString("en")} firings, the same in both; ours ${showMs(medians.ours)}, json-rules-engine ${showMs(medians["json-rules-engine"])}`);
  note(`  evaluations per second: ${perSecond(medians.ours)} against ${perSecond(medians["json-rules-engine"])}`);
  verdict("ours ÷ json-rules-engine", ratio("json-rules-engine", "ours"), { atLeast: 40 }, quick);
}

/** Both are measured as a process that has run for a while. */
async function warmUp(run: () => Promise<number>): Promise<void> {
  for (let round = 0, spentMs = 0; round < warmUpRounds && spentMs < warmUpMs; round += 1) spentMs += await run();
}

function perSecond(ms: number): string {
  return Math.round((ruleCount * 1_000) / ms).toLocaleString("en");
}

function sessionsAt(atMs: number): MarketSessions {
  const open = { state: "open", tradingDay: today, nextOpen: null, nextClose: null } as const;
  return { now: new Date(atMs), newYorkDate: today, us_equity: open, crypto: open };
}

/** A walk around 100 that is the same each time, another one for each symbol. */
function barOf(symbol: number, minute: number) {
  const close = 100 + Math.round(Math.sin(minute * (1 + symbol / 7)) * 150) / 100;
  return { startsAtMs: opensAtMs + minute * 60_000, open: close, high: close + 0.1, low: close - 0.1, close, volume: 1_000 + symbol };
}

/** Half of the symbols move up and half down; each time the trades are newer, so that nothing is known from before. */
function pricesOf(movePct: number, asOfMs: number): LatestFact[] {
  return symbols.flatMap((symbol, position): LatestFact[] => {
    const base = { feed: "iex", assetClass: "us_equity", symbol, volume: null } as const;
    const last = 100 + (Math.floor(position / 2) % 2 === 0 ? movePct : -movePct);
    const timely = { ...base, asOf: new Date(asOfMs), tradingDay: null };
    return [
      { ...timely, metric: "last_trade", price: price(last.toFixed(4)) },
      { ...timely, metric: "bid", price: price((last - 0.05 * (position % 5)).toFixed(4)) },
      { ...timely, metric: "ask", price: price((last + 0.05).toFixed(4)) },
      ...references.map((metric): LatestFact => ({ ...base, metric, price: price("100"), asOf: new Date(opensAtMs), tradingDay: today })),
    ];
  });
}

function feed({ symbol, metric, price: at, asOf, tradingDay }: LatestFact): void {
  const name = storedAs[metric];
  if (name !== undefined) views.get(symbol)?.setFact(name, at, asOf.getTime(), tradingDay);
}

/** What json-rules-engine compares, by name. */
function workedOut(facts: readonly LatestFact[]): Record<string, number> {
  return Object.fromEntries(
    symbols.flatMap((symbol) => {
      const priceOf = (metric: LatestFact["metric"]) => facts.find((fact) => fact.symbol === symbol && fact.metric === metric)?.price ?? price("0");
      const [last, bid, ask] = [priceOf("last_trade"), priceOf("bid"), priceOf("ask")];
      const [at, low, high] = [last, bid, ask].map(toApproximateNumber) as [number, number, number];
      const frame = views.get(symbol)?.frame("1Min");
      const latest = (indicator: "rsi" | "sma", length: number): number => frame?.series(specOf({ indicator, timeframe: "1Min", length }), 0).latest ?? Number.NaN;
      return [
        ...references.map((reference) => [factOf(symbol, `${reference}_pct`), toApproximateNumber(percentFrom(priceOf(reference), last))]),
        [factOf(symbol, "last"), at],
        [factOf(symbol, "spread_bps"), ((high - low) / (high + low)) * 20_000],
        [factOf(symbol, "rsi"), latest("rsi", 14)],
        [factOf(symbol, "over_sma"), at - latest("sma", 20)],
        [factOf(symbol, "over_open"), at / toApproximateNumber(priceOf("day_open"))],
      ];
    }),
  );
}
