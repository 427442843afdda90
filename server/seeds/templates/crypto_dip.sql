-- A template to choose; docs/templates/crypto_dip.md says what it is for. Applied at every start; changes nothing when nothing changed.
insert into trading_config_templates (name, title, description, config) values ('crypto_dip', 'Buy a dip of coins',
  'Day and night: when a coin has lost 4 % or more within 24 hours and its last two five-minute bars rose, asks how much of it to buy.',
  $json$
{
  "version": 1,
  "enabled": true,
  "mode": "paper",
  "data_inputs": [
    {
      "id": "coins",
      "source": "alpaca",
      "asset_class": "crypto",
      "symbols": ["BTC/USD", "ETH/USD"],
      "feed": "crypto_us",
      "poll_interval_seconds": 60,
      "metrics": ["last_trade", "daily_bar", "prev_close"]
    }
  ],
  "rules": [
    {
      "id": "btc_dip",
      "type": "condition",
      "symbol": "BTC/USD",
      "when": {
        "all": [
          { "op": "<=", "left": { "change": "percent", "from": { "bars": 24, "timeframe": "1Hour" } }, "right": -4 },
          { "op": "rising", "value": { "bar": "close", "timeframe": "5Min" }, "bars": 2 }
        ]
      },
      "fire": { "mode": "on_change" },
      "question_template": "{{symbol}} has lost 4% or more within a day and begins to rise, at ${{price}}. How many dollars of it to buy? 0 skips.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": { "ask": { "min": 10, "max": 50 } } },
      "cooldown_seconds": 14400,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 100
    },
    {
      "id": "eth_dip",
      "type": "condition",
      "symbol": "ETH/USD",
      "when": {
        "all": [
          { "op": "<=", "left": { "change": "percent", "from": { "bars": 24, "timeframe": "1Hour" } }, "right": -4 },
          { "op": "rising", "value": { "bar": "close", "timeframe": "5Min" }, "bars": 2 }
        ]
      },
      "fire": { "mode": "on_change" },
      "question_template": "{{symbol}} has lost 4% or more within a day and begins to rise, at ${{price}}. How many dollars of it to buy? 0 skips.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": { "ask": { "min": 10, "max": 50 } } },
      "cooldown_seconds": 14400,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 100
    }
  ],
  "guardrails": { "max_orders_per_day": 3, "max_notional_usd_per_4h": 100, "require_question_before_order": true, "symbols_blocklist": [] },
  "restraint": { "max_cards_per_day": 6 }
}
$json$::jsonb)
on conflict (name) do update set title = excluded.title, description = excluded.description, config = excluded.config
where (trading_config_templates.title, trading_config_templates.description, trading_config_templates.config)
      is distinct from (excluded.title, excluded.description, excluded.config);
