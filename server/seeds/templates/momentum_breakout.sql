-- A template to choose; docs/templates/momentum_breakout.md says what it is for. Applied at every start; changes nothing when nothing changed.
insert into trading_config_templates (name, title, description, config) values ('momentum_breakout', 'Follow a breakout',
  'Asks whether to buy when a stock rises above its volume-weighted average price of today while it trades half as much again as usual; with a stop and a trailing stop.',
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
      "id": "spy_breakout",
      "type": "condition",
      "symbol": "SPY",
      "when": {
        "all": [
          { "op": ">", "left": "last", "right": { "*": [1.002, { "indicator": "vwap", "timeframe": "5Min" }] } },
          { "op": ">", "left": { "indicator": "relative_volume", "timeframe": "5Min", "length": 20 }, "right": 1.5 },
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 15 },
          { "op": ">=", "left": { "clock": "minutes_until_close" }, "right": 30 }
        ]
      },
      "fire": { "mode": "on_change", "rearm": { "op": "<", "left": "last", "right": { "indicator": "vwap", "timeframe": "5Min" } } },
      "question_template": "{{symbol}} is at ${{price}}, above its average price of today on heavy volume. Swipe +10 to buy ${{notional}} of it, -10 to skip.",
      "on_answer_match": {
        "action": "propose_order",
        "side": "buy",
        "notional_usd": 10,
        "exits": { "stop_loss_pct": 1.5, "trailing_stop": { "trail_pct": 2, "activate_at_pct": 1 } }
      },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "aapl_breakout",
      "type": "condition",
      "symbol": "AAPL",
      "when": {
        "all": [
          { "op": ">", "left": "last", "right": { "*": [1.002, { "indicator": "vwap", "timeframe": "5Min" }] } },
          { "op": ">", "left": { "indicator": "relative_volume", "timeframe": "5Min", "length": 20 }, "right": 1.5 },
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 15 },
          { "op": ">=", "left": { "clock": "minutes_until_close" }, "right": 30 }
        ]
      },
      "fire": { "mode": "on_change", "rearm": { "op": "<", "left": "last", "right": { "indicator": "vwap", "timeframe": "5Min" } } },
      "question_template": "{{symbol}} is at ${{price}}, above its average price of today on heavy volume. Swipe +10 to buy ${{notional}} of it, -10 to skip.",
      "on_answer_match": {
        "action": "propose_order",
        "side": "buy",
        "notional_usd": 10,
        "exits": { "stop_loss_pct": 1.5, "trailing_stop": { "trail_pct": 2, "activate_at_pct": 1 } }
      },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "bac_breakout",
      "type": "condition",
      "symbol": "BAC",
      "when": {
        "all": [
          { "op": ">", "left": "last", "right": { "*": [1.002, { "indicator": "vwap", "timeframe": "5Min" }] } },
          { "op": ">", "left": { "indicator": "relative_volume", "timeframe": "5Min", "length": 20 }, "right": 1.5 },
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 15 },
          { "op": ">=", "left": { "clock": "minutes_until_close" }, "right": 30 }
        ]
      },
      "fire": { "mode": "on_change", "rearm": { "op": "<", "left": "last", "right": { "indicator": "vwap", "timeframe": "5Min" } } },
      "question_template": "{{symbol}} is at ${{price}}, above its average price of today on heavy volume. Swipe +10 to buy ${{notional}} of it, -10 to skip.",
      "on_answer_match": {
        "action": "propose_order",
        "side": "buy",
        "notional_usd": 10,
        "exits": { "stop_loss_pct": 1.5, "trailing_stop": { "trail_pct": 2, "activate_at_pct": 1 } }
      },
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
