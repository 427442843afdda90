/** Who the users are, and what their rules wait for. */
import type { Rule, TradingConfig } from "@nod/contract/trading-config";
import type { Pool } from "../src/db/pool.ts";
import { cooldownGroups, cooldownSeconds, expirySeconds, rulesPerClient, type SoakOptions } from "./options.ts";

/** Always below their thresholds: whoever follows them is asked again and again. */
export const busySymbols = ["BUSA", "BUSB"];
/** Each dips once, and all who follow it are asked in one tick. */
export const awaySymbols = Array.from({ length: 20 }, (_, n) => `AWA${String.fromCodePoint(65 + n)}`);
export const prevClose = "100";
export const calmPrice = "99.5";
export const dippedPrice = "97.5";

/** Above every user's own, as an operator's are. */
export const caps = { maxOrderNotionalUsd: "1000", maxOrdersPerDay: "1000", maxNotionalUsdPer4h: "100000" };

export const clientUid = (n: number): string => `client_${String(n).padStart(6, "0")}`;
const clientTemplate = (group: number): string => `soak_client_${group}`;
const awayTemplate = (symbol: number): string => `soak_away_${symbol}`;
/** The next question of somebody who is away comes another day. */
const awayCooldownSeconds = 86_400;

const ruleOf = (symbol: string, options: SoakOptions, cooldown: number): Rule => ({
  id: `dip_${symbol.toLowerCase()}`, type: "price_below_pct_of_ref", symbol, ref_metric: "prev_close", threshold_pct: -1,
  question_template: "{{symbol}} is at {{price}}. Buy for ${{notional}}?",
  on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 },
  cooldown_seconds: cooldown, expires_in_seconds: expirySeconds(options), max_staleness_seconds: 3_600, max_drift_bps: 2_000,
});

const templateOf = (rules: Rule[]): TradingConfig => ({
  version: 1, enabled: true, mode: "paper", rules,
  data_inputs: [{ id: "watchlist", source: "alpaca", asset_class: "us_equity", symbols: rules.map(({ symbol }) => symbol), feed: "iex", poll_interval_seconds: 5, metrics: ["last_trade", "daily_bar", "prev_close"] }],
  restraint: { one_card_per_symbol: false, pause_after_skips: 0 },
  guardrails: { undo_seconds: 0, max_orders_per_day: 1_000, max_notional_usd_per_4h: 10_000, max_orders_per_minute: 1_000, max_open_orders: 1_000, require_question_before_order: true, symbols_blocklist: [] },
});

/** Users, templates and the operator's caps, and where the clocks stand at the start. */
export async function populate(owner: Pool, options: SoakOptions): Promise<void> {
  const templates = [
    ...Array.from({ length: cooldownGroups }, (_, group) => [clientTemplate(group), templateOf(busySymbols.slice(0, rulesPerClient).map((symbol) => ruleOf(symbol, options, cooldownSeconds(options, group))))] as const),
    ...awaySymbols.map((symbol, n) => [awayTemplate(n), templateOf([ruleOf(symbol, options, awayCooldownSeconds)])] as const),
  ];
  await owner.query("insert into trading_config_templates (name, config) select name, config from unnest($1::text[], $2::jsonb[]) as t (name, config)", [
    templates.map(([name]) => name), templates.map(([, config]) => JSON.stringify(config)),
  ]);
  const people = Array.from({ length: options.users }, (_, n) => (n < options.clients ? { uid: clientUid(n), template: clientTemplate(n % cooldownGroups) } : { uid: `away_${String(n).padStart(6, "0")}`, template: awayTemplate(n % awaySymbols.length) }));
  const columns = [people.map(({ uid }) => uid), people.map(({ template }) => template)];
  await owner.query("insert into users (firebase_uid) select unnest($1::text[])", columns.slice(0, 1));
  await owner.query("insert into user_trading_config (firebase_uid, template_name) select uid, template from unnest($1::text[], $2::text[]) as p (uid, template)", columns);
  await owner.query("insert into chaos.caps values ($1, $2, $3)", [caps.maxOrderNotionalUsd, caps.maxOrdersPerDay, caps.maxNotionalUsdPer4h]);
  await owner.query("vacuum analyze");
}
