/** Configs over the recorded days, from the first to the last of them as one past. */
import { join } from "node:path";
import type { Rule, TradingConfig } from "@nod/contract/trading-config";
import { usd } from "../../src/core/decimal.ts";
import { openRecordedPast } from "../../src/recorded-moments.ts";
import { marketKey } from "../../src/trading/market/fact-book.ts";
import { defaultCosts } from "../../src/trading/replay/costs.ts";
import { approveAll, replay, type Answers, type Replay } from "../../src/trading/replay/replay.ts";
import type { Market, Moment } from "../../src/trading/replay/timeline.ts";
import { configWith } from "./trading-users.ts";

export const recordedFolder = join(import.meta.dirname, "../../../packages/alpaca-simulator/data");
const past = openRecordedPast(recordedFolder);

export const marketOf = (symbol: string): Market => ({ key: marketKey({ feed: "iex", assetClass: "us_equity", symbol }), feed: "iex", assetClass: "us_equity", symbol });

const roomy: TradingConfig["guardrails"] = { max_orders_per_day: 100, max_notional_usd_per_4h: 100_000, require_question_before_order: true, symbols_blocklist: [], undo_seconds: 0 };
export const replayedConfig = (rules: Rule[], changes: Partial<TradingConfig> = {}): TradingConfig => configWith(rules, { guardrails: roomy, ...changes });

export const momentsOf = (symbols: readonly string[], from: string, to = from): Moment[] => [...past.moments(symbols.map(marketOf), { from, to })];

export function replayMoments(config: TradingConfig, moments: Iterable<Moment>, answers: Answers = approveAll): Replay {
  return replay({ config, moments, answers, startsWithUsd: usd("10000"), costs: defaultCosts });
}

export function replayDay(rules: Rule[], from: string, to = from, answers: Answers = approveAll): Replay {
  return replayMoments(replayedConfig(rules), momentsOf([...new Set(rules.map((rule) => rule.symbol))], from, to), answers);
}

/** Below (negative) or above its previous close by so much; buys ten shares, once a day. */
export function moveRule(symbol: string, pct: number, changes: Partial<Extract<Rule, { type: "price_below_pct_of_ref" | "price_above_pct_of_ref" }>> = {}): Rule {
  return {
    id: `${symbol.toLowerCase()}_${pct < 0 ? "falls" : "rises"}_${String(Math.abs(pct)).replace(".", "_")}`,
    type: pct < 0 ? "price_below_pct_of_ref" : "price_above_pct_of_ref",
    symbol, ref_metric: "prev_close", threshold_pct: pct, question_template: "{{symbol}} {{pct}}%. Buy?",
    on_answer_match: { action: "propose_order", side: "buy", qty: 10 },
    cooldown_seconds: 86_400, expires_in_seconds: 300, max_staleness_seconds: 180, max_drift_bps: 50, ...changes,
  };
}
