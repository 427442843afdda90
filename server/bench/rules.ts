/**
 * Rule evaluations per second against json-rules-engine, on the same rules, with the same firings. The engine is given each
 * percentage ready to compare; ours starts from the prices. `--quick` takes fewer rules and proves nothing.
 */
import { Engine } from "json-rules-engine";
import type { ReferenceRule, TradingConfig } from "@nod/contract/trading-config";
import { percentFrom, price, toApproximateNumber } from "../src/core/decimal.ts";
import { compileConfig } from "../src/trading/config/compile.ts";
import { createFactBook } from "../src/trading/market/fact-book.ts";
import type { LatestFact } from "../src/trading/market/facts-table.ts";
import type { MarketSessions } from "../src/trading/market/session-table.ts";
import { createRuleIndex } from "../src/trading/rules/rule-index.ts";
import { note, showMs, sideBySide, timed, verdict } from "./support/side-by-side.ts";

const quick = process.argv.includes("--quick");
const ruleCount = quick ? 1_000 : 20_000;
const rounds = quick ? 3 : 7;

const today = "2026-03-03";
const now = new Date("2026-03-03T15:00:00Z");
const open = { state: "open", tradingDay: today, nextOpen: null, nextClose: null } as const;
const sessions: MarketSessions = { now, newYorkDate: today, us_equity: open, crypto: open };
const symbols = Array.from({ length: 20 }, (_, index) => `SYM${String.fromCodePoint(65 + index)}`);
const references = ["prev_close", "day_open"] as const;

/** Both directions, two references, twenty symbols, thresholds spread evenly from 0.02 % to 10 %. */
const rules = Array.from({ length: ruleCount }, (_, index): ReferenceRule => {
  const below = index % 2 === 0;
  const distance = (((index * 7_919) % 500) + 1) / 50;
  return {
    id: `r${index}`,
    type: below ? "price_below_pct_of_ref" : "price_above_pct_of_ref",
    symbol: symbols[index % symbols.length] ?? "",
    ref_metric: references[Math.floor(index / 2) % 2] ?? "prev_close",
    threshold_pct: below ? -distance : distance,
    question_template: "{{symbol}}?",
    on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 },
    cooldown_seconds: 0,
    expires_in_seconds: 300,
    max_staleness_seconds: 180,
    max_drift_bps: 50,
  };
});

const config: TradingConfig = {
  version: 1,
  enabled: true,
  mode: "paper",
  data_inputs: [{ id: "all", source: "alpaca", asset_class: "us_equity", symbols, feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade", "daily_bar", "prev_close"] }],
  rules,
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
};

const index = createRuleIndex();
index.add("bench", compileConfig(config, "1.1"));
const engine = createEngine();

for (const [name, movePct] of [["one rule in ten fires", 2], ["nearly half of the rules fire", 9.98]] as const) await compare(name, movePct);

async function compare(name: string, movePct: number): Promise<void> {
  note(`\n${ruleCount.toLocaleString("en")} rules, ${name}`);
  const book = createFactBook();
  let newest = 0;
  let ourFirings: string[] = [];
  let theirFirings: string[] = [];
  const { medians, ratio } = await sideBySide(rounds, {
    ours: () => {
      newest += 1;
      const facts = pricesOf(movePct, newest);
      return timed(async () => {
        const changed = book.absorb(facts);
        ourFirings = index.evaluate(book, sessions, changed, []).firings.map((firing) => firing.rule.rule.id);
      });
    },
    "json-rules-engine": () => {
      const facts = percentagesOf(pricesOf(movePct, newest));
      return timed(async () => {
        const { events } = await engine.run(facts);
        theirFirings = events.map((event) => event.type);
      });
    },
  });
  if (ourFirings.toSorted().join() !== theirFirings.toSorted().join()) throw new Error(`the firings differ: ${ourFirings.length} and ${theirFirings.length}`);
  note(`  ${ourFirings.length.toLocaleString("en")} firings, the same in both; ours ${showMs(medians.ours)}, json-rules-engine ${showMs(medians["json-rules-engine"])}`);
  note(`  evaluations per second: ${perSecond(medians.ours)} against ${perSecond(medians["json-rules-engine"])}`);
  verdict("ours ÷ json-rules-engine", ratio("json-rules-engine", "ours"), { atLeast: 40 }, quick);
}

function perSecond(ms: number): string {
  return Math.round((ruleCount * 1_000) / ms).toLocaleString("en");
}

/** Half of the symbols move up and half down; each time the trades are newer, so that nothing is known from before. */
function pricesOf(movePct: number, newest: number): LatestFact[] {
  return symbols.flatMap((symbol, position) => {
    const base = { feed: "iex", assetClass: "us_equity", symbol, volume: null } as const;
    const last = price((100 + (Math.floor(position / 2) % 2 === 0 ? movePct : -movePct)).toFixed(4));
    const openAt = new Date("2026-03-03T14:30:00Z");
    return [
      { ...base, metric: "last_trade" as const, price: last, asOf: new Date(now.getTime() - 60_000 + newest), tradingDay: null },
      ...references.map((metric) => ({ ...base, metric, price: price("100"), asOf: openAt, tradingDay: today })),
    ];
  });
}

function percentagesOf(facts: readonly LatestFact[]): Record<string, number> {
  const lasts = new Map(facts.filter((fact) => fact.metric === "last_trade").map((fact) => [fact.symbol, fact.price]));
  return Object.fromEntries(
    facts.flatMap((fact) => {
      const last = lasts.get(fact.symbol);
      return fact.metric === "last_trade" || last === undefined ? [] : [[factName(fact.symbol, fact.metric), toApproximateNumber(percentFrom(fact.price, last))]];
    }),
  );
}

function factName(symbol: string, reference: string): string {
  return `${symbol}_${reference}_pct`;
}

function createEngine(): Engine {
  const created = new Engine();
  for (const rule of rules) {
    const operator = rule.type === "price_below_pct_of_ref" ? "lessThanInclusive" : "greaterThanInclusive";
    created.addRule({ conditions: { all: [{ fact: factName(rule.symbol, rule.ref_metric), operator, value: rule.threshold_pct }] }, event: { type: rule.id } });
  }
  return created;
}
