/** Users with configs, and what makes their rules fire, for tests that need many of them. */
import type { ReferenceRule, Rule, TradingConfig } from "@nod/contract/trading-config";
import { percentFrom, price } from "../../src/core/decimal.ts";
import type { Pool } from "../../src/db/pool.ts";
import { compileConfig } from "../../src/trading/config/compile.ts";
import { rulesOf } from "../../src/trading/rules/compiled-rule.ts";
import type { Reading } from "../../src/trading/market/fact-book.ts";
import type { Firing } from "../../src/trading/rules/rule-index.ts";

export function dipRule(changes: Partial<ReferenceRule> = {}): ReferenceRule {
  return {
    id: "dip_confirm",
    type: "price_below_pct_of_ref",
    symbol: "SPY",
    ref_metric: "prev_close",
    threshold_pct: -1.5,
    question_template: "{{symbol}} is down {{pct}}%. Buy ${{notional}}?",
    on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 },
    cooldown_seconds: 3600,
    expires_in_seconds: 300,
    max_staleness_seconds: 180,
    max_drift_bps: 50,
    ...changes,
  };
}

export function configWith(rules: Rule[], changes: Partial<TradingConfig> = {}): TradingConfig {
  return {
    version: 1,
    enabled: true,
    mode: "paper",
    data_inputs: [
      { id: "watchlist", source: "alpaca", asset_class: "us_equity", symbols: [...new Set(rules.map((rule) => rule.symbol))], feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade", "daily_bar", "prev_close"] },
    ],
    rules,
    guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [], undo_seconds: 0 },
    // So that several rules may be of one symbol and all ask.
    restraint: { one_card_per_symbol: false },
    ...changes,
  };
}

/** Adds a template and users who hold it, without documents of their own. */
export async function addUsers(owner: Pool, template: string, config: TradingConfig, uids: readonly string[]): Promise<void> {
  await owner.query("insert into trading_config_templates (name, config) values ($1, $2)", [template, JSON.stringify(config)]);
  await owner.query("insert into users (firebase_uid) select unnest($1::text[])", [uids]);
  await owner.query("insert into user_trading_config (firebase_uid, template_name) select unnest($1::text[]), $2", [uids, template]);
}

/** A 2 % dip from 100, seen some seconds ago. */
export function dipReading(secondsAgo = 1): Reading {
  const [ref, now] = [price("100"), price("98")];
  return { price: now, priceAsOf: new Date(Date.now() - secondsAgo * 1_000), ref, pct: percentFrom(ref, now), pctFloor: -2_000_000_000, pctCeiling: -2_000_000_000 };
}

/** Each user's every rule firing at once, under revision 1.1, as of users that were just added. */
export function firingsOf(config: TradingConfig, uids: readonly string[], reading = dipReading()): Firing[] {
  const rules = rulesOf(compileConfig(config, "1.1"));
  return uids.flatMap((firebaseUid) => rules.map((rule, slot) => ({ slot, firebaseUid, rule, reading })));
}
