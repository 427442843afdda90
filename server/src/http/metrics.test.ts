import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("what the workers and the hub are told of is in the exposition", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const group = { feed: "iex", assetClass: "us_equity" } as const;
  metrics.ticks.tickFinished({ totalMs: 120, stale: 2, unknown: 1, fired: 5, asked: 4 });
  metrics.ticks.fetchFailed({ group, failures: 3 });
  metrics.submissions.sending();
  metrics.submissions.answered({}, "accepted", 12);
  metrics.tradeStream.connected();
  metrics.delivery.connectionsAre(7);
  const text = await metrics.text();
  for (const line of [
    "nod_tick_seconds_count 1",
    "nod_questions_asked_total 4",
    'nod_rules_without_facts{reason="stale"} 2',
    'nod_market_data_failures_in_a_row{feed="iex/us_equity"} 3',
    'nod_order_post_seconds_count{outcome="accepted"} 1',
    "nod_order_posts_in_flight 0",
    "nod_trade_stream_connected 1",
    "nod_hub_connections 7",
  ]) {
    expect(text.split("\n")).toContain(line);
  }
});

test("a feed that failed and works again is told as such", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const group = { feed: "iex", assetClass: "us_equity" } as const;
  metrics.ticks.fetchFailed({ group, failures: 3 });
  metrics.ticks.fetchFinished({ group, facts: 12, tookMs: 80 });
  expect(await metrics.text()).toContain('nod_market_data_failures_in_a_row{feed="iex/us_equity"} 0');
});
