import type { Rule, TradingConfig } from "@nod/contract/trading-config";
import type { BenchDatabase } from "./bench-database.ts";

export const rulesPerUser = 5;
const symbolCount = 10;
const symbols = Array.from({ length: symbolCount }, (_, index) => `SYM${String.fromCodePoint(65 + index)}`);

/** All rules are dips with thresholds spread evenly over five percent, so a dip of 1.5 % fires one in ten. */
const shallowest = 1;
const spread = 5;
export const dippedPrice = "98.5";
export const calmPrice = "99.9";

const rule = (index: number): Rule => ({
  id: `dip_${index}`,
  type: "price_below_pct_of_ref",
  symbol: symbols[index] ?? "",
  ref_metric: "prev_close",
  threshold_pct: -2,
  question_template: "{{symbol}} is down {{pct}}% vs yesterday. Swipe +10 to approve a buy of ${{notional}}, -10 to skip.",
  on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 },
  cooldown_seconds: 3_600,
  expires_in_seconds: 300,
  max_staleness_seconds: 86_400,
  max_drift_bps: 50,
});

const template: TradingConfig = {
  version: 1,
  enabled: true,
  mode: "paper",
  data_inputs: [{ id: "all", source: "alpaca", asset_class: "us_equity", symbols, feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade", "daily_bar", "prev_close"] }],
  rules: Array.from({ length: rulesPerUser }, (_, index) => rule(index)),
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
};

/** Deterministic, and with no pattern that a ladder or an index could profit from. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Users who each have a document of their own, with thresholds and symbols of their own: nothing that they could share.
 */
export async function populate({ ownerPool }: BenchDatabase, userCount: number): Promise<void> {
  const random = createRandom(42);
  await ownerPool.query("insert into trading_config_templates (name, config) values ('bench', $1)", [JSON.stringify(template)]);
  const batch = 10_000;
  for (let start = 0; start < userCount; start += batch) {
    const uids = Array.from({ length: Math.min(batch, userCount - start) }, (_, index) => `user_${String(start + index).padStart(7, "0")}`);
    const documents = uids.map(() => {
      const first = Math.floor(random() * symbolCount);
      const rules = template.rules.map(({ id }, index) => ({ id, symbol: symbols[(first + index) % symbolCount], threshold_pct: -Math.round((shallowest + random() * spread) * 1_000) / 1_000 }));
      return JSON.stringify({ rules });
    });
    await ownerPool.query("insert into users (firebase_uid) select unnest($1::text[])", [uids]);
    await ownerPool.query("insert into user_trading_config (firebase_uid, template_name, config) select u, 'bench', c from unnest($1::text[], $2::jsonb[]) as n (u, c)", [uids, documents]);
  }
  await ownerPool.query("vacuum analyze");
}

/** Every hundredth user moves a threshold by a thousandth of a percent, and back at the next call. */
export async function changeConfigs({ ownerPool }: BenchDatabase): Promise<number> {
  const { rowCount } = await ownerPool.query(
    `update user_trading_config
        set config = jsonb_set(config, '{rules,0,threshold_pct}', to_jsonb((config #>> '{rules,0,threshold_pct}')::numeric + case when revision % 2 = 0 then 0.001 else -0.001 end))
      where right(firebase_uid, 2) = '00'`,
  );
  return rowCount ?? 0;
}

/** What a feed would bring: everybody's symbols at one price, now, with the market open. */
export async function setMarket({ ownerPool }: BenchDatabase, lastTrade: string): Promise<void> {
  await ownerPool.query(
    `insert into market_sessions (market, is_open, trading_day, next_open, next_close, as_of)
     values ('us_equity', true, (now() at time zone 'America/New_York')::date, now() + interval '1 day', now() + interval '6 hours', now())
     on conflict (market) do update set as_of = now(), next_close = excluded.next_close, trading_day = excluded.trading_day`,
  );
  await ownerPool.query(
    `insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of, trading_day)
     select 'iex', 'us_equity', s, m.metric, m.price::numeric, now(), m.day
       from unnest($1::text[]) s,
            (values ('last_trade', $2::text, null), ('prev_close', '100', (now() at time zone 'America/New_York')::date)) as m (metric, price, day)
     on conflict (symbol, metric, feed, asset_class) do update
        set price = excluded.price, as_of = excluded.as_of, trading_day = excluded.trading_day, changed_xid = pg_current_xact_id()`,
    [symbols, lastTrade],
  );
}
