-- A template to choose; docs/templates/anomaly_guard.md says what it is for. Applied at every start; changes nothing when nothing changed.
insert into trading_config_templates (name, title, description, config) values ('anomaly_guard', 'Warn of unusual moves',
  'Compares each five-minute move and its volume with the sixty before it. Low and medium are told; high and critical ask whether to sell what is held or to hold on. It never buys, and never sells what is not held.',
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
      "id": "spy_anomaly_low",
      "type": "condition",
      "symbol": "SPY",
      "when": {
        "all": [
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 10 },
          { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -2, "high": 2 },
          { "op": "between", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -3, "high": 3 }
        ]
      },
      "fire": { "mode": "once_per_bar", "timeframe": "5Min" },
      "question_template": "{{symbol}} moved unusually, to ${{price}} (severity low). Nothing to decide.",
      "on_answer_match": { "action": "notify" },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "spy_anomaly_medium",
      "type": "condition",
      "symbol": "SPY",
      "when": {
        "all": [
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 10 },
          { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -3, "high": 3 },
          {
            "not": {
              "all": [
                { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -4, "high": 4 },
                { "op": ">=", "left": { "indicator": "zscore", "timeframe": "5Min", "length": 60, "source": "volume" }, "right": 2 }
              ]
            }
          }
        ]
      },
      "fire": { "mode": "once_per_bar", "timeframe": "5Min" },
      "question_template": "{{symbol}} moved very unusually, to ${{price}} (severity medium). Nothing to decide.",
      "on_answer_match": { "action": "notify" },
      "cooldown_seconds": 1800,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "spy_anomaly_high",
      "type": "condition",
      "symbol": "SPY",
      "when": {
        "all": [
          { "op": ">", "left": { "position": "qty" }, "right": 0 },
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 10 },
          {
            "all": [
              { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -4, "high": 4 },
              { "op": ">=", "left": { "indicator": "zscore", "timeframe": "5Min", "length": 60, "source": "volume" }, "right": 2 }
            ]
          },
          {
            "not": {
              "all": [
                { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -6, "high": 6 },
                { "op": ">=", "left": { "indicator": "zscore", "timeframe": "5Min", "length": 60, "source": "volume" }, "right": 3 }
              ]
            }
          }
        ]
      },
      "fire": { "mode": "once_per_bar", "timeframe": "5Min" },
      "question_template": "{{symbol}} moved far out of its range on heavy volume, to ${{price}} (severity high). Swipe +10 to sell what you hold, -10 to hold on.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 900,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "spy_anomaly_critical",
      "type": "condition",
      "symbol": "SPY",
      "when": {
        "all": [
          { "op": ">", "left": { "position": "qty" }, "right": 0 },
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 10 },
          {
            "all": [
              { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -6, "high": 6 },
              { "op": ">=", "left": { "indicator": "zscore", "timeframe": "5Min", "length": 60, "source": "volume" }, "right": 3 }
            ]
          }
        ]
      },
      "fire": { "mode": "once_per_bar", "timeframe": "5Min" },
      "question_template": "{{symbol}} is doing what it hardly ever does, at ${{price}} (severity critical). Swipe +10 to sell what you hold, -10 to hold on.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 300,
      "expires_in_seconds": 600,
      "max_staleness_seconds": 180,
      "max_drift_bps": 200
    },
    {
      "id": "aapl_anomaly_low",
      "type": "condition",
      "symbol": "AAPL",
      "when": {
        "all": [
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 10 },
          { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -2, "high": 2 },
          { "op": "between", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -3, "high": 3 }
        ]
      },
      "fire": { "mode": "once_per_bar", "timeframe": "5Min" },
      "question_template": "{{symbol}} moved unusually, to ${{price}} (severity low). Nothing to decide.",
      "on_answer_match": { "action": "notify" },
      "cooldown_seconds": 3600,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "aapl_anomaly_medium",
      "type": "condition",
      "symbol": "AAPL",
      "when": {
        "all": [
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 10 },
          { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -3, "high": 3 },
          {
            "not": {
              "all": [
                { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -4, "high": 4 },
                { "op": ">=", "left": { "indicator": "zscore", "timeframe": "5Min", "length": 60, "source": "volume" }, "right": 2 }
              ]
            }
          }
        ]
      },
      "fire": { "mode": "once_per_bar", "timeframe": "5Min" },
      "question_template": "{{symbol}} moved very unusually, to ${{price}} (severity medium). Nothing to decide.",
      "on_answer_match": { "action": "notify" },
      "cooldown_seconds": 1800,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "aapl_anomaly_high",
      "type": "condition",
      "symbol": "AAPL",
      "when": {
        "all": [
          { "op": ">", "left": { "position": "qty" }, "right": 0 },
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 10 },
          {
            "all": [
              { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -4, "high": 4 },
              { "op": ">=", "left": { "indicator": "zscore", "timeframe": "5Min", "length": 60, "source": "volume" }, "right": 2 }
            ]
          },
          {
            "not": {
              "all": [
                { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -6, "high": 6 },
                { "op": ">=", "left": { "indicator": "zscore", "timeframe": "5Min", "length": 60, "source": "volume" }, "right": 3 }
              ]
            }
          }
        ]
      },
      "fire": { "mode": "once_per_bar", "timeframe": "5Min" },
      "question_template": "{{symbol}} moved far out of its range on heavy volume, to ${{price}} (severity high). Swipe +10 to sell what you hold, -10 to hold on.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 900,
      "expires_in_seconds": 300,
      "max_staleness_seconds": 180,
      "max_drift_bps": 50
    },
    {
      "id": "aapl_anomaly_critical",
      "type": "condition",
      "symbol": "AAPL",
      "when": {
        "all": [
          { "op": ">", "left": { "position": "qty" }, "right": 0 },
          { "op": ">=", "left": { "clock": "minutes_since_open" }, "right": 10 },
          {
            "all": [
              { "op": "outside", "value": { "indicator": "zscore", "timeframe": "5Min", "length": 60 }, "low": -6, "high": 6 },
              { "op": ">=", "left": { "indicator": "zscore", "timeframe": "5Min", "length": 60, "source": "volume" }, "right": 3 }
            ]
          }
        ]
      },
      "fire": { "mode": "once_per_bar", "timeframe": "5Min" },
      "question_template": "{{symbol}} is doing what it hardly ever does, at ${{price}} (severity critical). Swipe +10 to sell what you hold, -10 to hold on.",
      "on_answer_match": { "action": "propose_exit" },
      "cooldown_seconds": 300,
      "expires_in_seconds": 600,
      "max_staleness_seconds": 180,
      "max_drift_bps": 200
    }
  ],
  "guardrails": { "max_orders_per_day": 3, "max_notional_usd_per_4h": 100, "require_question_before_order": true, "symbols_blocklist": [] }
}
$json$::jsonb)
on conflict (name) do update set title = excluded.title, description = excluded.description, config = excluded.config
where (trading_config_templates.title, trading_config_templates.description, trading_config_templates.config)
      is distinct from (excluded.title, excluded.description, excluded.config);
