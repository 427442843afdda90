-- A template to choose; docs/templates/trailing_exit.md says what it is for. Applied at every start; changes nothing when nothing changed.
insert into trading_config_templates (name, title, description, config) values ('trailing_exit', 'Keep what was gained',
  'Asks whether to sell what is held when it has fallen 3 % from its best after a gain of 2 %, or stands 5 % below what was paid. It never buys.',
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
      "symbols": ["AAPL", "IBM", "SPY"],
      "feed": "iex",
      "poll_interval_seconds": 60,
      "metrics": ["last_trade", "daily_bar", "prev_close"]
    }
  ],
  "rules": [
    {
      "id": "spy_trailing_exit",
      "type": "condition",
      "symbol": "SPY",
      "when": {
        "all": [
          { "op": ">=", "left": { "/": [{ "position": "peak" }, { "position": "avg_entry" }] }, "right": 1.02 },
          { "op": "<=", "left": { "change": "percent", "from": "peak" }, "right": -3 }
        ]
      },
      "fire": { "mode": "on_change", "at_start": true },
      "question_template": "{{symbol}} has fallen 3% from its best since you bought it, to ${{price}}. Swipe +10 to sell what you hold, -10 to keep it.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 1800,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 150
    },
    {
      "id": "spy_stop",
      "type": "condition",
      "symbol": "SPY",
      "when": { "op": "<=", "left": { "position": "unrealized_pct" }, "right": -5 },
      "fire": { "mode": "on_change", "at_start": true },
      "question_template": "{{symbol}} is 5% below what you paid, at ${{price}}. Swipe +10 to sell what you hold, -10 to keep it.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 1800,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 150
    },
    {
      "id": "aapl_trailing_exit",
      "type": "condition",
      "symbol": "AAPL",
      "when": {
        "all": [
          { "op": ">=", "left": { "/": [{ "position": "peak" }, { "position": "avg_entry" }] }, "right": 1.02 },
          { "op": "<=", "left": { "change": "percent", "from": "peak" }, "right": -3 }
        ]
      },
      "fire": { "mode": "on_change", "at_start": true },
      "question_template": "{{symbol}} has fallen 3% from its best since you bought it, to ${{price}}. Swipe +10 to sell what you hold, -10 to keep it.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 1800,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 150
    },
    {
      "id": "aapl_stop",
      "type": "condition",
      "symbol": "AAPL",
      "when": { "op": "<=", "left": { "position": "unrealized_pct" }, "right": -5 },
      "fire": { "mode": "on_change", "at_start": true },
      "question_template": "{{symbol}} is 5% below what you paid, at ${{price}}. Swipe +10 to sell what you hold, -10 to keep it.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 1800,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 150
    },
    {
      "id": "ibm_trailing_exit",
      "type": "condition",
      "symbol": "IBM",
      "when": {
        "all": [
          { "op": ">=", "left": { "/": [{ "position": "peak" }, { "position": "avg_entry" }] }, "right": 1.02 },
          { "op": "<=", "left": { "change": "percent", "from": "peak" }, "right": -3 }
        ]
      },
      "fire": { "mode": "on_change", "at_start": true },
      "question_template": "{{symbol}} has fallen 3% from its best since you bought it, to ${{price}}. Swipe +10 to sell what you hold, -10 to keep it.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 1800,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 150
    },
    {
      "id": "ibm_stop",
      "type": "condition",
      "symbol": "IBM",
      "when": { "op": "<=", "left": { "position": "unrealized_pct" }, "right": -5 },
      "fire": { "mode": "on_change", "at_start": true },
      "question_template": "{{symbol}} is 5% below what you paid, at ${{price}}. Swipe +10 to sell what you hold, -10 to keep it.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 1800,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 150
    }
  ],
  "guardrails": { "max_orders_per_day": 3, "max_notional_usd_per_4h": 100, "require_question_before_order": true, "symbols_blocklist": [] }
}
$json$::jsonb)
on conflict (name) do update set title = excluded.title, description = excluded.description, config = excluded.config
where (trading_config_templates.title, trading_config_templates.description, trading_config_templates.config)
      is distinct from (excluded.title, excluded.description, excluded.config);
