-- For test runs: a template that asks often, and three users who hold it.
insert into trading_config_templates (name, config) values ('test_user_dip', $json$
{
  "version": 1,
  "enabled": true,
  "mode": "paper",
  "data_inputs": [
    {
      "id": "primary_watchlist",
      "source": "alpaca",
      "asset_class": "us_equity",
      "symbols": ["AAPL", "MSFT", "SPY"],
      "feed": "iex",
      "poll_interval_seconds": 5,
      "metrics": ["last_trade", "daily_bar", "prev_close"]
    }
  ],
  "rules": [
    {
      "id": "dip_confirm",
      "type": "price_below_pct_of_ref",
      "symbol": "SPY",
      "ref_metric": "prev_close",
      "threshold_pct": -1.5,
      "question_template": "{{symbol}} is down {{pct}}% vs yesterday. Swipe +10 to approve a small buy, -10 to skip.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": 10 },
      "cooldown_seconds": 0,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    }
  ],
  "guardrails": {
    "max_orders_per_day": 3,
    "max_notional_usd_per_4h": 100,
    "require_question_before_order": true,
    "symbols_blocklist": []
  }
}
$json$::jsonb)
on conflict (name) do update set config = excluded.config
where trading_config_templates.config is distinct from excluded.config;

insert into users (firebase_uid) values ('test_user_1'), ('test_user_2'), ('test_user_3')
on conflict do nothing;

insert into user_trading_config (firebase_uid, template_name)
select uid, 'test_user_dip' from unnest(array['test_user_1', 'test_user_2', 'test_user_3']) as uid
on conflict do nothing;
