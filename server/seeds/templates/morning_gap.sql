-- A template to choose; docs/templates/morning_gap.md says what it is for. Applied at every start; changes nothing when nothing changed.
insert into trading_config_templates (name, title, description, config) values ('morning_gap', 'Act on the morning''s gap',
  'When a stock opens 1 % or more above its previous close and holds above its open for five minutes, asks whether to buy; when it opens 1 % or more below, says so. Once a day, in the first hour.',
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
      "symbols": ["AAPL", "SPY"],
      "feed": "iex",
      "poll_interval_seconds": 60,
      "metrics": ["last_trade", "daily_bar", "prev_close"]
    }
  ],
  "rules": [
    {
      "id": "spy_gap_up",
      "type": "condition",
      "symbol": "SPY",
      "when": {
        "all": [
          { "op": ">=", "left": { "/": [{ "-": ["day_open", "prev_close"] }, "prev_close"] }, "right": 0.01 },
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 15 },
          { "held_for": { "seconds": 300, "condition": { "op": ">", "left": "last", "right": "day_open" } } }
        ]
      },
      "fire": { "mode": "once_per_day", "session": "first_hour" },
      "question_template": "{{symbol}} opened at least 1% higher and goes on rising, at ${{price}}. Swipe +10 to buy ${{notional}} of it, -10 to skip.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": 10, "exits": { "stop_loss_pct": 2 } },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "spy_gap_down",
      "type": "condition",
      "symbol": "SPY",
      "when": { "op": "<=", "left": { "/": [{ "-": ["day_open", "prev_close"] }, "prev_close"] }, "right": -0.01 },
      "fire": { "mode": "once_per_day", "session": "first_hour" },
      "question_template": "{{symbol}} opened at least 1% lower; it is at ${{price}}. Nothing to decide.",
      "on_answer_match": { "action": "notify" },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "aapl_gap_up",
      "type": "condition",
      "symbol": "AAPL",
      "when": {
        "all": [
          { "op": ">=", "left": { "/": [{ "-": ["day_open", "prev_close"] }, "prev_close"] }, "right": 0.01 },
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 15 },
          { "held_for": { "seconds": 300, "condition": { "op": ">", "left": "last", "right": "day_open" } } }
        ]
      },
      "fire": { "mode": "once_per_day", "session": "first_hour" },
      "question_template": "{{symbol}} opened at least 1% higher and goes on rising, at ${{price}}. Swipe +10 to buy ${{notional}} of it, -10 to skip.",
      "on_answer_match": { "action": "propose_order", "side": "buy", "notional_usd": 10, "exits": { "stop_loss_pct": 2 } },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "aapl_gap_down",
      "type": "condition",
      "symbol": "AAPL",
      "when": { "op": "<=", "left": { "/": [{ "-": ["day_open", "prev_close"] }, "prev_close"] }, "right": -0.01 },
      "fire": { "mode": "once_per_day", "session": "first_hour" },
      "question_template": "{{symbol}} opened at least 1% lower; it is at ${{price}}. Nothing to decide.",
      "on_answer_match": { "action": "notify" },
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
