-- A template to choose; docs/templates/dip_confirm.md says what it is for. Applied at every start; changes nothing when nothing changed.
insert into trading_config_templates (name, title, description, config) values ('dip_confirm', 'Buy a dip, once confirmed',
  'Asks whether to buy a little of a stock that stands 1.5 % or more below its previous close.',
  $json$
{
  "version": 1,
  "enabled": true,
  "mode": "paper",
  "data_inputs": [
    {
      "id": "primary_watchlist",
      "source": "alpaca",
      "asset_class": "us_equity",
      "symbols": ["AAPL", "BAC", "SPY"],
      "feed": "iex",
      "poll_interval_seconds": 60,
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
      "question_template": "{{symbol}} is down {{pct}}% vs yesterday, at ${{price}}. Swipe +10 to approve a buy of ${{notional}}, -10 to skip.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": 10 },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "aapl_dip",
      "type": "price_below_pct_of_ref",
      "symbol": "AAPL",
      "ref_metric": "prev_close",
      "threshold_pct": -1.5,
      "question_template": "{{symbol}} is down {{pct}}% vs yesterday, at ${{price}}. Swipe +10 to approve a buy of ${{notional}}, -10 to skip.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": 10 },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "bac_dip",
      "type": "price_below_pct_of_ref",
      "symbol": "BAC",
      "ref_metric": "prev_close",
      "threshold_pct": -1.5,
      "question_template": "{{symbol}} is down {{pct}}% vs yesterday, at ${{price}}. Swipe +10 to approve a buy of ${{notional}}, -10 to skip.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": 10 },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    }
  ],
  "guardrails": { "max_orders_per_day": 3, "max_notional_usd_per_4h": 100, "require_question_before_order": true, "symbols_blocklist": [] }
}
$json$::jsonb)
on conflict (name) do update set title = excluded.title, description = excluded.description, config = excluded.config
where (trading_config_templates.title, trading_config_templates.description, trading_config_templates.config)
      is distinct from (excluded.title, excluded.description, excluded.config);
