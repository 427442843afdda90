import type { ActivityEntry } from "@nod/contract/activity";
import type { Order, OrderStatus } from "@nod/contract/order";
import type { Question } from "@nod/contract/question";
import { describe, expect, it } from "vitest";
import { asked, emptyDeck, type ClosedQuestion } from "../questions/deck.ts";
import { orderStages } from "../words/order.ts";
import { isShown, stepsOf, storiesOf } from "./stories.ts";

const question: Question = {
  id: "q1",
  kind: "swipe",
  question_text: "SPY is down",
  correct_answer: 10,
  pipeline_key: "trading",
  pipeline_step: "dip:await_confirm",
  source_tag: "trading:rule:dip",
  metadata: { symbol: "SPY", price: "492.00", ref: "500.00", pct: "-1.6", ref_metric: "prev_close", order: { side: "buy" } },
  status: "approved",
  created_at: "2026-03-02T15:00:00Z",
  expires_at: "2026-03-02T15:05:00Z",
};

function order(status: OrderStatus, changes: Partial<Order> = {}): Order {
  return {
    id: "o1",
    client_order_id: "nod-1",
    alpaca_order_id: null,
    question_id: "q1",
    rule_id: "dip",
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
    created_at: "2026-03-02T15:01:00Z",
    submitted_at: null,
    filled_at: null,
    updated_at: "2026-03-02T15:01:01Z",
    ...changes,
  };
}
const entry = (changes: Partial<ClosedQuestion>): ClosedQuestion => ({ question, outcome: "approved", by: "you", closedAtMs: Date.parse("2026-03-02T15:01:00Z"), result: null, ...changes });
const listed = (changes: Partial<ActivityEntry>): ActivityEntry => ({ id: "q1", at: question.created_at, question, closed_at: "2026-03-02T15:01:00Z", order: null, denial: null, follow_up_question_id: null, ...changes });
const seen = (...closed: ClosedQuestion[]) => storiesOf([], { cards: [], closed });
const told = (status: OrderStatus, changes: Partial<Order> = {}) => stepsOf(order(status, changes), question).map(({ name, state }) => `${name}:${state}`);

describe("the story of an order", () => {
  it("goes from asked to filled", () => {
    expect(told("pending_submit")).toEqual(["asked:done", "approved:done", "sent:now", "filled:ahead"]);
    expect(told("accepted")).toEqual(["asked:done", "approved:done", "sent:done", "filled:now"]);
    expect(told("filled")).toEqual(["asked:done", "approved:done", "sent:done", "filled:done"]);
  });

  it("stops where it was stopped", () => {
    expect(told("denied")).toEqual(["asked:done", "approved:done", "denied:stopped"]);
    expect(told("rejected")).toEqual(["asked:done", "approved:done", "rejected:stopped"]);
    expect(told("canceled")).toEqual(["asked:done", "approved:done", "sent:done", "canceled:stopped"]);
    expect(told("unknown")).toEqual(["asked:done", "approved:done", "checking:now"]);
  });

  it("never says of an order that may be at the broker that none was sent", () => {
    const maybeSent = Object.entries(orderStages).filter(([status]) => status !== "denied" && status !== "not_placed");
    for (const [status] of maybeSent) {
      const [story] = storiesOf([listed({ order: order(status as OrderStatus) })], emptyDeck);
      expect(story?.title).not.toContain("No order was sent");
    }
  });

  it("is one with its question, newest first", () => {
    const later = entry({ question: { ...question, id: "q2", created_at: "2026-03-02T16:00:00Z" }, outcome: "rejected" });
    const stories = storiesOf([listed({ order: order("filled", { filled_qty: "0.0203", filled_avg_price: "492.04" }) })], { cards: [], closed: [later, entry({})] });
    expect(stories.map(({ title, detail }) => [title, detail])).toEqual([
      ["Skipped", "Down 1.6\u202f% vs yesterday"],
      ["Bought $10.00 at $492.04", "Down 1.6\u202f% vs yesterday"],
    ]);
  });

  it("says why a limit stopped it, and that no order was sent", () => {
    const decision = { verdict: "denied" as const, code: "max_orders_per_day_reached" as const, message: "Your limit of 3 orders a day was reached. No order was sent.", limits: {} };
    const denied = entry({ result: { question_id: "q1", outcome: "approved", answer: 10, answered_at: "2026-03-02T15:01:00Z", decision, order: null, follow_up_question_id: null } });
    expect(seen(denied)).toMatchObject([{ title: "No order was sent", detail: "Your limit of 3 orders a day was reached.", badge: "Denied", tone: "warn" }]);
  });

  it("says of an approval that what was shown was no longer so, and whether it is asked anew", () => {
    const decision = { verdict: "denied" as const, code: "price_drift_exceeded" as const, message: "No order was sent: SPY has moved too far since the question.", limits: {} };
    const result = { question_id: "q1", answer: 10, answered_at: "2026-03-02T15:01:00Z", decision, order: null };
    const revised = entry({ outcome: "superseded", result: { ...result, outcome: "superseded", follow_up_question_id: "q2" } });
    const gone = entry({ outcome: "withdrawn", result: { ...result, outcome: "withdrawn", follow_up_question_id: null } });
    const detail = "SPY has moved too far since the question.";
    expect(seen(revised)).toMatchObject([{ title: "No order was sent: asked anew", detail, badge: "Superseded", tone: "warn" }]);
    expect(seen(gone)).toMatchObject([{ title: "No order was sent", detail, badge: "Withdrawn", tone: "warn" }]);
  });

  it("is told by the server as it was seen here", () => {
    const denial = { code: "max_orders_per_day_reached" as const, message: "Your limit of 3 orders a day was reached. No order was sent." };
    expect(storiesOf([listed({ question: { ...question, status: "approved" }, denial })], emptyDeck)).toMatchObject([{ title: "No order was sent", badge: "Denied", tone: "warn", trouble: true }]);
    const anew = listed({ question: { ...question, status: "superseded" }, denial, follow_up_question_id: "q2" });
    expect(storiesOf([anew], emptyDeck)).toMatchObject([{ title: "No order was sent: asked anew", standing: "gone" }]);
  });

  it("begins when it is asked, and goes on when this page is told before the list is", () => {
    const open: Question = { ...question, status: "open" };
    expect(storiesOf([], asked(emptyDeck, open, 0))).toMatchObject([{ title: "Waiting for your answer", badge: "Asked", standing: "asked" }]);
    const skipped = entry({ question: open, outcome: "rejected", by: "elsewhere" });
    expect(storiesOf([listed({ question: open, closed_at: null })], { cards: [], closed: [skipped] })).toMatchObject([{ badge: "Skipped", detail: "Down 1.6\u202f% vs yesterday · on your other device", standing: "skipped" }]);
  });

  it("of an order that nobody was asked about is the order's", () => {
    expect(storiesOf([listed({ id: "o1", question: null, order: order("rejected", { question_id: null }) })], emptyDeck)).toMatchObject([{ id: "o1", title: "Rejected by the broker", standing: "approved", trouble: true }]);
  });
});

it("a list of one kind of stories is sorted out as the server sorts it", () => {
  const shown = (show: Parameters<typeof isShown>[1], one: ActivityEntry) => storiesOf([one], emptyDeck).filter((story) => isShown(story, show)).length;
  const of = (status: Question["status"], changes: Partial<ActivityEntry> = {}) => listed({ question: { ...question, status }, ...changes });
  expect([shown("all", of("open")), shown("asked", of("open")), shown("skipped", of("open"))]).toEqual([1, 1, 0]);
  expect([shown("skipped", of("rejected")), shown("expired", of("expired")), shown("approved", of("approved"))]).toEqual([1, 1, 1]);
  expect([shown("trouble", of("approved", { order: order("unknown") })), shown("trouble", of("approved", { order: order("filled") })), shown("approved", of("approved", { order: order("denied") }))]).toEqual([1, 0, 1]);
  expect(["asked", "approved", "skipped", "expired"].some((show) => shown(show as "asked", of("withdrawn")) > 0)).toBe(false);
});
