-- A template to choose; docs/templates/mean_reversion.md says what it is for. Applied at every start; changes nothing when nothing changed.
insert into trading_config_templates (name, title, description, config) values ('mean_reversion', 'Buy low, sell high by RSI',
  'Asks whether to buy while the 14-day RSI is under 30, and whether to sell what is held while it is over 70; at most once a day each.',
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
      "symbols": ["IBM", "SPY"],
      "feed": "iex",
      "poll_interval_seconds": 60,
      "metrics": ["last_trade", "daily_bar", "prev_close"]
    }
  ],
  "rules": [
    {
      "id": "spy_oversold",
      "type": "rsi_threshold",
      "symbol": "SPY",
      "timeframe": "1Day",
      "length": 14,
      "op": "<",
      "level": 30,
      "question_template": "{{symbol}} is oversold by its RSI, at ${{price}}. Swipe +10 to buy ${{notional}} of it, -10 to skip.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": 10 },
      "cooldown_seconds": 86400,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "spy_overbought",
      "type": "rsi_threshold",
      "symbol": "SPY",
      "timeframe": "1Day",
      "length": 14,
      "op": ">",
      "level": 70,
      "question_template": "{{symbol}} is overbought by its RSI, at ${{price}}. Swipe +10 to sell what you hold, -10 to keep it.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 86400,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "ibm_oversold",
      "type": "rsi_threshold",
      "symbol": "IBM",
      "timeframe": "1Day",
      "length": 14,
      "op": "<",
      "level": 30,
      "question_template": "{{symbol}} is oversold by its RSI, at ${{price}}. Swipe +10 to buy ${{notional}} of it, -10 to skip.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": 10 },
      "cooldown_seconds": 86400,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "ibm_overbought",
      "type": "rsi_threshold",
      "symbol": "IBM",
      "timeframe": "1Day",
      "length": 14,
      "op": ">",
      "level": 70,
      "question_template": "{{symbol}} is overbought by its RSI, at ${{price}}. Swipe +10 to sell what you hold, -10 to keep it.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 86400,
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
