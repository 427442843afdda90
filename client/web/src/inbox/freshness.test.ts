import type { TradingQuestionMetadata } from "@nod/contract/question";
import type { Snapshot } from "@nod/contract/status";
import { describe, expect, it } from "vitest";
import { freshnessOf } from "./freshness.ts";

const askedAt = Date.parse("2026-03-02T15:00:00Z");
const metadata: TradingQuestionMetadata = {
  rule_id: "dip",
  rule_type: "price_below_pct_of_ref",
  rule_text: "When SPY is 1.5 % or more below its previous close, ask to buy $10.",
  symbol: "SPY",
  asset_class: "us_equity",
  feed: "iex",
  price: "492.00",
  price_as_of: "2026-03-02T15:00:00Z",
  ref_metric: "prev_close",
  ref: "500.00",
  pct: "-1.6",
  threshold_pct: -1.5,
  mode: "paper",
  order: { side: "buy", order_type: "market", notional_usd: "10.00" },
  max_staleness_seconds: 180,
  max_drift_bps: 50,
  config_revision: "1.0",
};
const page = (changes: Partial<Snapshot>) => ({
  server_time: "2026-03-02T15:01:00Z",
  snapshots: [{ symbol: "SPY", asset_class: "us_equity" as const, feed: "iex" as const, metric: "last_trade", price: "494.90", volume: null, as_of: "2026-03-02T15:00:50Z", ...changes }],
});

describe("how fresh the price on a card is", () => {
  it("is as old as the newest trade of the same feed", () => {
    expect(freshnessOf(metadata, page({ price: "492.10" }), askedAt + 60_000)).toEqual({ price: "492.10", ageMs: 10_000, tooOld: false, drift: null });
    expect(freshnessOf(metadata, page({ feed: "sip" }), askedAt + 60_000).price).toBe("492.00");
  });

  it("is too old once the rule says so", () => {
    expect(freshnessOf(metadata, undefined, askedAt + 180_000).tooOld).toBe(false);
    expect(freshnessOf(metadata, undefined, askedAt + 180_001).tooOld).toBe(true);
  });

  it("names a drift only past the rule's limit", () => {
    expect(freshnessOf(metadata, page({ price: "494.46" }), askedAt + 60_000).drift).toBeNull();
    expect(freshnessOf(metadata, page({ price: "494.90" }), askedAt + 60_000).drift).toBe("up 0.6\u202f%");
    expect(freshnessOf(metadata, page({ price: "488.00" }), askedAt + 60_000).drift).toBe("down 0.8\u202f%");
  });
});
