import type { AnswerResult, Question } from "@nod/contract/question";
import { describe, expect, it } from "vitest";
import { answerCameLate, answered, answerFailed, answering, asked, closed, emptyDeck, fetched, inFront, putAway, successorOf } from "./deck.ts";

function question(id: string, changes: Partial<Question> = {}): Question {
  return {
    id,
    kind: "swipe",
    question_text: "SPY is down 1.6% vs yesterday.",
    correct_answer: 10,
    pipeline_key: "trading",
    pipeline_step: "dip:await_confirm",
    source_tag: "trading:rule:dip",
    metadata: {},
    status: "open",
    created_at: "2026-03-02T15:00:00Z",
    expires_at: "2026-03-02T15:05:00Z",
    ...changes,
  };
}
const beforeExpiry = { deviceMs: 50, serverMs: Date.parse("2026-03-02T15:01:00Z") };
const afterExpiry = { deviceMs: 50, serverMs: Date.parse("2026-03-02T15:06:00Z") };
const two = asked(asked(emptyDeck, question("a"), 1), question("b"), 2);
const ids = (deck: typeof two) => deck.cards.map((card) => card.question.id);
const result: AnswerResult = {
  question_id: "a",
  outcome: "approved",
  answer: 10,
  answered_at: "2026-03-02T15:01:00Z",
  decision: null,
  order: null,
  follow_up_question_id: null,
};

describe("the deck of cards", () => {
  it("puts a new question under the one in hand, however often it is told", () => {
    expect(ids(asked(two, question("c"), 3))).toEqual(["a", "b", "c"]);
    expect(ids(asked(two, question("a"), 3))).toEqual(["a", "b"]);
  });

  it("puts what asks anew right behind the card in hand, and knows what it stands in place of", () => {
    const deck = asked(two, question("c", { metadata: { revises: "a" } }), 3);
    expect(ids(deck)).toEqual(["a", "c", "b"]);
    expect(successorOf(deck, "a")?.id).toBe("c");
    expect(successorOf(deck, "b")).toBeNull();
    expect(successorOf(asked(two, question("d", { metadata: { follow_up_of: "b" } }), 3), "b")?.id).toBe("d");
  });

  it("brings the one that was tapped into the hand", () => {
    expect(ids(inFront(two, "b"))).toEqual(["b", "a"]);
    expect(inFront(two, "z")).toBe(two);
  });

  it("lets the card in hand die in place, and one further down leave", () => {
    const deck = closed(closed(two, "b", "expired", 9), "a", "rejected", 9);
    expect(deck.cards).toMatchObject([{ question: { id: "a" }, phase: { kind: "dead", outcome: "rejected" } }]);
    expect(deck.closed.map(({ question: { id }, by }) => [id, by])).toEqual([["a", "elsewhere"], ["b", "nobody"]]);
    expect(ids(putAway(deck, "a"))).toEqual([]);
  });

  it("never puts away a card that still waits for an answer", () => {
    expect(ids(putAway(two, "a"))).toEqual(["a", "b"]);
  });

  it("does not bring back a closed question from a list that was older than its closing", () => {
    const deck = putAway(closed(two, "a", "expired", 9), "a");
    expect(ids(fetched(deck, [question("a"), question("b")], 5, beforeExpiry))).toEqual(["b"]);
  });

  it("keeps a card that came while an older list was on its way", () => {
    expect(ids(fetched(two, [question("a")], 2, beforeExpiry))).toEqual(["a", "b"]);
  });

  it("without the hub learns from the list that a card is gone, and says only what is known", () => {
    expect(fetched(two, [], 40, beforeExpiry).cards).toMatchObject([{ phase: { kind: "dead", outcome: null } }]);
    expect(fetched(two, [], 40, afterExpiry).cards).toMatchObject([{ phase: { kind: "dead", outcome: "expired" } }]);
  });

  it("shows the reply to this page's own answer, not the hub's echo of it", () => {
    const sending = answering(two, "a", { kind: "approve", amount: null });
    const echoed = closed(sending, "a", "approved", 8);
    expect(echoed.cards[0]?.phase.kind).toBe("answering");
    const deck = answered(echoed, result, 9);
    expect(ids(deck)).toEqual(["b"]);
    expect(deck.closed).toMatchObject([{ by: "you", outcome: "approved", result: { answer: 10 } }]);
  });

  it("leaves a card alone while its answer is under way, even when a list no longer has it", () => {
    const sending = answering(two, "a", { kind: "skip" });
    expect(fetched(sending, [question("b")], 40, beforeExpiry).cards[0]?.phase.kind).toBe("answering");
  });

  it("gives the card back with the reason when the answer did not count", () => {
    const deck = answerFailed(answering(two, "a", { kind: "skip" }), "a", "You are offline.");
    expect(deck.cards[0]?.phase).toEqual({ kind: "open", note: "You are offline." });
  });

  it("lets a card die in place when the answer came too late", () => {
    const late = answerCameLate(answering(two, "a", { kind: "skip" }), "a", "expired", 9);
    expect(late.cards[0]?.phase).toEqual({ kind: "dead", outcome: "expired", by: "nobody" });
    expect(late.closed).toMatchObject([{ question: { id: "a" }, outcome: "expired" }]);
  });

  it("knows that an answer whose reply was lost had arrived after all", () => {
    const lost = answerFailed(answering(two, "a", { kind: "approve", amount: null }), "a", "No reply.");
    expect(closed(lost, "a", "approved", 9).cards[0]?.phase).toEqual({ kind: "dead", outcome: "approved", by: "you" });
  });

  it("remembers what was replayed as closed without showing it as a card", () => {
    const deck = asked(two, question("old", { status: "rejected" }), 3);
    expect(ids(deck)).toEqual(["a", "b"]);
    expect(deck.closed).toMatchObject([{ question: { id: "old" }, outcome: "rejected" }]);
  });
});
