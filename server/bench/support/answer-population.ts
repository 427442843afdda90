/** Users with one open question each, for as many approvals as a benchmark wants; ids follow from their numbers. */
import type { AnswerService } from "../../src/pipeline/answer.ts";
import { createAnswerService } from "../../src/pipeline/answer.ts";
import { createTradingBranch } from "../../src/pipeline/trading-branch.ts";
import { usd } from "../../src/core/decimal.ts";
import type { Pool } from "../../src/db/pool.ts";
import { compileConfig } from "../../src/trading/config/compile.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import type { RiskSettings } from "../../src/trading/risk/risk-settings.ts";
import { configWith, dipRule } from "../../test/support/trading-users.ts";

const aDay = 86_400;

export const benchSettings: RiskSettings = {
  tradingEnabled: true,
  venue: { environment: "paper", liveAllowed: false },
  caps: { maxOrderNotionalUsd: usd("1000"), maxOrdersPerDay: 100, maxNotionalUsdPer4h: usd("100000") },
  sessionMaxAgeSeconds: aDay,
  accountMaxAgeSeconds: aDay,
  reconciledMaxAgeSeconds: aDay,
};

const config = configWith([dipRule()]);
const compiled = compileConfig(config, "1.1");

export const uidOf = (n: number): string => `b${n}`;
export const questionIdOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

/** The service as the server builds it, with every user's config compiled in memory. */
export function answerServiceOn(pool: Pool, orderPlaced: () => void = () => undefined): AnswerService {
  const branch = createTradingBranch({ configs: configSourceOf({ get: () => compiled }), settings: benchSettings, orderPlaced });
  return createAnswerService({ pool, branches: [branch] });
}

export async function openMarket(owner: Pool): Promise<void> {
  await owner.query("insert into trading_config_templates (name, config) values ('bench', $1)", [JSON.stringify(config)]);
  await owner.query(
    `insert into market_sessions (market, is_open, trading_day, next_close, as_of)
     values ('us_equity', true, (now() at time zone 'America/New_York')::date, now() + interval '12 hours', now())`,
  );
  await owner.query("insert into broker_accounts (id, buying_power, cash, equity, as_of, reconciled_at) values ('alpaca', 1000000, 1000000, 1000000, now(), now())");
  await owner.query("insert into assets (asset_class, symbol, is_tradable, is_fractionable, as_of) values ('us_equity', 'SPY', true, true, now())");
  await owner.query("insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of) values ('iex', 'us_equity', 'SPY', 'last_trade', 98, now())");
}

/** Adds the users and questions with the numbers from `first` on. */
export async function addAskedUsers(owner: Pool, first: number, count: number): Promise<void> {
  const metadata = {
    rule_id: "dip_confirm", rule_type: "price_below_pct_of_ref", rule_text: "When SPY is 1.5 % or more below yesterday's close, ask.", symbol: "SPY", asset_class: "us_equity",
    feed: "iex", price: "98", price_as_of: new Date().toISOString(), ref_metric: "prev_close", ref: "100", pct: "-2", threshold_pct: -1.5, mode: "paper",
    order: { side: "buy", order_type: "market", notional_usd: "10" }, max_staleness_seconds: aDay, max_drift_bps: 50, config_revision: "1.1",
  };
  const numbers = [first, first + count - 1];
  await owner.query("insert into users (firebase_uid) select 'b' || n from generate_series($1::int4, $2::int4) as n", numbers);
  await owner.query("insert into user_trading_config (firebase_uid, template_name) select 'b' || n, 'bench' from generate_series($1::int4, $2::int4) as n", numbers);
  await owner.query(
    `insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata, expires_at)
     select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'b' || n, 'SPY is down 2%. Buy $10?', 'swipe', 10, 'trading',
            'dip_confirm:await_confirm', 'trading:rule:dip_confirm', $3::jsonb, now() + interval '12 hours'
     from generate_series($1::int4, $2::int4) as n`,
    [...numbers, JSON.stringify(metadata)],
  );
  await owner.query(
    `insert into user_pipeline_state (firebase_uid, pipeline_key, subject, phase, question_id)
     select 'b' || n, 'trading', 'dip_confirm', 'await_confirm', ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid from generate_series($1::int4, $2::int4) as n`,
    numbers,
  );
  // As at the asking, so that an answer finds a chain to go on from.
  await owner.query(
    `select record_events(array_agg('b' || n), array_agg('question_asked'::text), array_agg(('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid),
                          array_agg(null::uuid), array_agg('{"source_tag": "trading:rule:dip_confirm"}'::jsonb))
     from generate_series($1::int4, $2::int4) as n`,
    numbers,
  );
  await owner.query("insert into user_outbox_heads (firebase_uid) select 'b' || n from generate_series($1::int4, $2::int4) as n", numbers);
  await owner.query("analyze users, questions, user_pipeline_state, user_trading_config, user_outbox_heads, trade_orders, trade_intents");
}
