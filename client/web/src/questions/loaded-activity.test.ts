import type { ActivityEntry } from "@nod/contract/activity";
import type { Order } from "@nod/contract/order";
import { describe, expect, it } from "vitest";
import { holdsOrder, isLoaded, orderIn, withOrder, withoutGoingBack, type LoadedActivity } from "./loaded-activity.ts";

const order = (id: string, status: Order["status"], updated_at: string, question_id: string | null = null): Order => ({
  id,
  client_order_id: `nod-${id}`,
  alpaca_order_id: null,
  question_id,
  rule_id: null,
  symbol: "SPY",
  asset_class: "us_equity",
  side: "buy",
  order_type: "market",
  limit_price: null,
  notional_usd: "10.00",
  qty: null,
  filled_qty: "0",
  filled_avg_price: null,
  status,
  status_reason: null,
  mode: "paper",
  undo_until: null,
  created_at: "2026-03-02T15:00:00Z",
  submitted_at: null,
  filled_at: null,
  updated_at,
});
const entry = (id: string, of: Order | null, question: ActivityEntry["question"] = null): ActivityEntry => ({ id, at: "2026-03-02T15:00:00Z", question, closed_at: null, order: of, denial: null, follow_up_question_id: null });
const question: ActivityEntry["question"] = {
  id: "q",
  kind: "swipe",
  question_text: "?",
  correct_answer: 10,
  pipeline_key: "trading",
  pipeline_step: "",
  source_tag: "",
  metadata: {},
  status: "open",
  created_at: "2026-03-02T15:00:00Z",
  expires_at: "2026-03-02T15:05:00Z",
};
const loaded: LoadedActivity = {
  pages: [
    { entries: [entry("q", null, question), entry("b", order("b", "accepted", "2026-03-02T15:00:02Z"))], next_cursor: "more" },
    { entries: [entry("a", order("a", "filled", "2026-03-02T15:00:01Z"))], next_cursor: null },
  ],
  pageParams: [null, "more"],
};
const statuses = (data: LoadedActivity) => data.pages.map(({ entries }) => entries.map((each) => `${each.id}:${each.order?.status ?? "none"}`));

describe("the loaded stories, when the hub tells of an order", () => {
  it("change in their place, on whichever page they are", () => {
    expect(statuses(withOrder(loaded, order("b", "filled", "2026-03-02T15:00:03Z")))).toEqual([["q:none", "b:filled"], ["a:filled"]]);
  });

  it("have the first word of an order in the story of its question", () => {
    const made = order("c", "pending_submit", "2026-03-02T15:00:03Z", "q");
    expect(holdsOrder(loaded, made)).toBe(true);
    expect(statuses(withOrder(loaded, made))).toEqual([["q:pending_submit", "b:accepted"], ["a:filled"]]);
    expect(orderIn(withOrder(loaded, made), "c")?.status).toBe("pending_submit");
  });

  it("know when they do not hold it, so that they are read again", () => {
    expect(holdsOrder(loaded, order("x", "filled", "2026-03-02T15:00:03Z", "another"))).toBe(false);
    expect(orderIn(loaded, "x")).toBeNull();
  });

  it("are not taken back by a page that was read before the hub told of a change and came after it", () => {
    const told = withOrder(loaded, order("b", "filled", "2026-03-02T15:00:03Z"));
    expect(statuses(withoutGoingBack(told, loaded))).toEqual(statuses(told));
    expect(statuses(withoutGoingBack(loaded, told))).toEqual(statuses(told));
    expect(withoutGoingBack(undefined, loaded)).toEqual(loaded);
  });

  it("are each there once, also when a story moved on to the next page between two readings", () => {
    const [first, second] = loaded.pages;
    if (first === undefined || second === undefined) throw new Error("no pages");
    const moved = { ...loaded, pages: [first, { ...second, entries: [...first.entries.slice(1), ...second.entries] }] };
    expect(statuses(withoutGoingBack(loaded, moved))).toEqual(statuses(loaded));
  });

  it("are told from what is not loaded yet", () => {
    expect([loaded, undefined, null, {}].map(isLoaded)).toEqual([true, false, false, false]);
  });

  it("never go back to an older state that comes late", () => {
    expect(statuses(withOrder(loaded, order("a", "accepted", "2026-03-02T15:00:00Z")))).toEqual(statuses(loaded));
  });
});
