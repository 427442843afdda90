import type { KillSwitchPreview } from "@nod/contract/status";
import { expect, test } from "vitest";
import { flattenLabel, previewDetails, previewLines, stoppedSentence } from "./kill-switch-words.ts";

const nothing: KillSwitchPreview = { mode: "block_new", scope: "user", denies: [], cancels: [], sells: [], counts: { denies: 0, cancels: 0, sells: 0 }, confirmation: null, server_time: "2026-01-05T15:00:00.000Z" };
const waiting = { id: "7b0c7d3e-6f0b-4d7e-9f37-0a2f5f3f2b11", symbol: "SPY", side: "buy", notional_usd: "10", qty: null, status: "pending_submit" } as const;

test("a preview says what would happen, and says so when that is nothing", () => {
  expect(previewLines(nothing)).toEqual(["No approved order is waiting to be sent."]);
  expect(previewLines({ ...nothing, mode: "cancel_only" })).toEqual(["No order is at the broker."]);
  expect(previewLines({ ...nothing, mode: "flatten", counts: { denies: 1, cancels: 2, sells: 3 } })).toEqual([
    "1 order approved and not sent yet: will not be sent.",
    "2 orders at the broker: taken back.",
    "3 positions: sold at the market.",
  ]);
});

test("each order and position is named, and what does not fit is counted", () => {
  const details = previewDetails({ ...nothing, mode: "flatten", denies: [waiting], sells: [{ symbol: "IBM", qty: "0.0558", market_value: "10.02" }], counts: { denies: 1, cancels: 4, sells: 1 } });
  expect(details.map(({ text }) => text)).toEqual(["Not sent: buy $10.00 of SPY", "Sold: 0.0558 shares of IBM, about $10.02", "And 4 more"]);
});

test("the last button names how much is sold", () => {
  expect(flattenLabel({ ...nothing, counts: { denies: 0, cancels: 0, sells: 1 } })).toBe("Sell 1 position now");
  expect(flattenLabel(nothing)).toBe("Stop now");
});

test("the banner says which switch holds, whose it is and why", () => {
  const on = { enabled: true, mode: "flatten", scope: "user", reason: null, since: null } as const;
  expect(stoppedSentence(on)).toBe("No new order is sent, and what you hold is sold.");
  expect(stoppedSentence({ ...on, mode: "block_new", scope: "all", reason: "A feed is gone" })).toBe("No new order is sent, by the operator's switch for everybody. A feed is gone.");
});
