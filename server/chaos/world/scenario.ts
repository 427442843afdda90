/** When and where a world begins: the day, the hour, the people and what they want to be asked. */
import type { Rule, TradingConfig, TradingConfigOverride } from "@nod/contract/trading-config";
import type { Random } from "../random.ts";

/** `startsAt`: an instant; `recorded`: the same hour of New York on the recorded days that are replayed from there. */
export type Day = { name: string; startsAt: string; recorded: string; dates: readonly string[] };

export type Symbol = { name: string; prevClose: number };

export type Scenario = { day: Day; symbols: readonly Symbol[]; users: readonly string[]; template: TradingConfig; brokerSkewMs: number };

const ordinaryDates = ["2013-10-07", "2013-10-08", "2013-10-09", "2013-10-10"];
const halfDayDates = ["2013-11-27", "2013-11-29", "2013-12-02"];

/** Sessions follow each other every 24 hours, so each of these also crosses into the next day, and two into another season's time. */
const days: readonly (readonly [number, Day])[] = [
  [6, { name: "a summer's morning", startsAt: "2026-07-14T14:30:00Z", recorded: "2013-10-08T10:30", dates: ordinaryDates }],
  [3, { name: "right after the open", startsAt: "2026-09-16T13:30:10Z", recorded: "2013-10-08T09:30", dates: ordinaryDates }],
  [4, { name: "two minutes before the close", startsAt: "2026-09-16T19:58:00Z", recorded: "2013-10-08T15:58", dates: ordinaryDates }],
  [3, { name: "ten minutes before the close of a half day", startsAt: "2026-11-27T17:50:00Z", recorded: "2013-11-29T12:50", dates: halfDayDates }],
  [3, { name: "the afternoon before the clocks go forward", startsAt: "2026-03-07T20:30:00Z", recorded: "2013-10-08T15:30", dates: ordinaryDates }],
  [3, { name: "the afternoon before the clocks go back", startsAt: "2026-10-31T19:30:00Z", recorded: "2013-10-08T15:30", dates: ordinaryDates }],
  [2, { name: "the last afternoon of a year", startsAt: "2026-12-31T20:40:00Z", recorded: "2013-10-08T15:40", dates: ordinaryDates }],
  [1, { name: "a night with the market closed", startsAt: "2026-05-12T03:50:00Z", recorded: "2013-10-08T19:50", dates: ordinaryDates }],
];

export function createScenario(random: Random): Scenario {
  const symbols = ["ACME", "BOLT", "CRUX", "DYNE"].slice(0, random.weighted([[2, 1], [3, 2], [3, 3], [2, 4]])).map((name) => ({ name, prevClose: random.integer(20, 400) }));
  const users = ["ada", "bob", "cyd", "dee"].slice(0, random.weighted([[3, 1], [3, 2], [2, 3], [2, 4]]));
  return {
    day: random.weighted(days),
    symbols,
    users,
    template: createTemplate(random, symbols),
    brokerSkewMs: random.weighted([[4, 0], [1, 700], [1, -700], [1, 3_000], [1, -3_000]]),
  };
}

function createTemplate(random: Random, symbols: readonly Symbol[]): TradingConfig {
  const rules = symbols.flatMap(({ name }) => Array.from({ length: random.integer(1, 3) }, (_, n) => createRule(random, name, n)));
  return {
    version: 1,
    enabled: true,
    mode: "paper",
    data_inputs: [
      { id: "watchlist", source: "alpaca", asset_class: "us_equity", symbols: symbols.map(({ name }) => name), feed: "iex", poll_interval_seconds: 5, metrics: ["last_trade", "daily_bar", "prev_close"] },
    ],
    rules,
    guardrails: { ...createGuardrails(random), undo_seconds: random.pick([0, 0, 0, 1, 3]), require_question_before_order: true, symbols_blocklist: [] },
  };
}

const createGuardrails = (random: Random): Pick<TradingConfig["guardrails"], "max_orders_per_day" | "max_notional_usd_per_4h"> => ({
  max_orders_per_day: random.weighted([[3, 1], [3, 2], [3, 4], [3, 10]]),
  max_notional_usd_per_4h: random.pick([20, 40, 80, 250]),
});

function createRule(random: Random, symbol: string, n: number): Rule {
  const buys = random.chance(0.82);
  const dips = buys ? random.chance(0.85) : random.chance(0.4);
  const amount = random.integer(5, 40);
  return {
    id: `rule_${symbol.toLowerCase()}_${n}`,
    type: dips ? "price_below_pct_of_ref" : "price_above_pct_of_ref",
    symbol,
    ref_metric: random.weighted([[5, "prev_close"], [1, "day_open"]]),
    threshold_pct: dips ? -random.integer(1, 3) : random.integer(1, 3),
    question_template: "{{symbol}} is at {{price}}, {{pct}}% from {{ref}}. OK?",
    on_answer_match: { action: "propose_order", side: buys ? "buy" : "sell", notional_usd: random.chance(0.2) ? { ask: { min: 2, max: amount + 10 } } : amount },
    cooldown_seconds: random.pick([0, 0, 5, 60]),
    expires_in_seconds: random.pick([10, 30, 120, 300, 1_800]),
    max_staleness_seconds: random.pick([10, 60, 180, 3_600]),
    max_drift_bps: random.pick([20, 100, 1_000, 2_000]),
  };
}

/** A user's document of his own: other limits, a symbol that he no longer wants, a rule or everything switched off. */
export function createOverride(random: Random, template: TradingConfig): TradingConfigOverride {
  const symbols = template.data_inputs.flatMap((input) => input.symbols);
  const rule = random.pick(template.rules);
  return {
    ...(random.chance(0.08) && { enabled: false }),
    ...(random.chance(0.2) && { rules: [{ id: rule.id, enabled: false }] }),
    guardrails: {
      ...(random.chance(0.6) && createGuardrails(random)),
      ...(random.chance(0.2) && { symbols_blocklist: [random.pick(symbols)] }),
      ...(random.chance(0.3) && { max_notional_usd: random.pick([10, 25, 60]) }),
      ...(random.chance(0.2) && { min_notional_usd: random.pick([3, 8]) }),
      ...(random.chance(0.2) && { max_orders_per_minute: random.pick([1, 2]) }),
      ...(random.chance(0.2) && { max_open_orders: random.pick([1, 2]) }),
      ...(random.chance(0.2) && { symbol_cooldown_seconds: random.pick([10, 120]) }),
      ...(random.chance(0.2) && { duplicate_intent_window_seconds: random.pick([10, 600]) }),
      ...(random.chance(0.2) && { max_position_usd: random.pick([20, 50]) }),
      ...(random.chance(0.2) && { max_gross_exposure_usd: random.pick([30, 80]) }),
      ...(random.chance(0.2) && { max_daily_loss_usd: random.pick([1, 5]) }),
    },
  };
}
