import type { Order } from "@nod/contract/order";
import type { Question } from "@nod/contract/question";
import { compareDecimals, percentSize } from "../money/decimal-text.ts";
import type { ClosedQuestion } from "../questions/deck.ts";
import { isTradingQuestion, referenceOf, symbolOf } from "../questions/trading-question.ts";
import { comparedWith } from "../words/market.ts";
import { orderExplanation, orderStages, orderTitle, withoutNoOrderSent, type Tone } from "../words/order.ts";
import { span } from "../words/time.ts";

export type StoryStep = { name: "asked" | "approved" | "sent" | "filled" | "denied" | "rejected" | "canceled" | "expired" | "checking"; atMs: number | null; state: "done" | "now" | "ahead" | "stopped" };

/** One row of the activity: what was asked and everything that came of it. */
export type Story = {
  id: string;
  symbol: string;
  title: string;
  detail: string;
  badge: string;
  tone: Tone;
  atMs: number;
  steps: readonly StoryStep[];
  order: Order | null;
  question: Question | null;
  questionId: string | null;
};

/** `Down 1.6 % vs yesterday`; the rule where it compares with nothing; the question's own text when it is not about a price. */
export function whatHappened(question: Question): string {
  if (!isTradingQuestion(question)) return question.question_text;
  const reference = referenceOf(question.metadata);
  if (reference === null) return question.metadata.rule_text;
  return `${compareDecimals(question.metadata.price, reference.price) < 0 ? "Down" : "Up"} ${percentSize(reference.pct)}\u202f% ${comparedWith[reference.metric]}`;
}

const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text));

const stopNames: Partial<Record<Order["status"], StoryStep["name"]>> = {
  denied: "denied",
  not_placed: "denied",
  rejected: "rejected",
  canceled: "canceled",
  expired: "expired",
  unknown: "checking",
};

/** asked → approved → sent → filled, as far as it went; where it stopped, the stop takes the place of what was ahead. */
export function stepsOf(order: Order, question: Question | null): StoryStep[] {
  const { reached, over } = orderStages[order.status];
  const asked: StoryStep[] = order.question_id === null ? [] : [{ name: "asked", atMs: instant(question?.created_at ?? null), state: "done" }];
  const approved: StoryStep = { name: "approved", atMs: Date.parse(order.created_at), state: "done" };
  const sent: StoryStep = { name: "sent", atMs: instant(order.submitted_at), state: reached === "approved" ? "now" : "done" };
  const stop = stopNames[order.status];
  if (stop !== undefined) {
    const ended: StoryStep = { name: stop, atMs: Date.parse(order.updated_at), state: stop === "checking" ? "now" : "stopped" };
    return reached === "approved" ? [...asked, approved, ended] : [...asked, approved, sent, ended];
  }
  const filled: StoryStep = { name: "filled", atMs: instant(order.filled_at), state: reached === "filled" ? "done" : reached === "sent" && !over ? "now" : "ahead" };
  return [...asked, approved, sent, filled];
}

function storyOfOrder(order: Order, closed: ClosedQuestion | undefined): Story {
  const { badge, tone } = orderStages[order.status];
  const question = closed?.question ?? null;
  return {
    id: order.id,
    symbol: order.symbol,
    title: orderTitle(order),
    detail: orderExplanation(order) ?? (question === null ? "" : whatHappened(question)),
    badge,
    tone,
    atMs: Date.parse(order.created_at),
    steps: stepsOf(order, question),
    order,
    question,
    questionId: order.question_id,
  };
}

type Ending = Pick<Story, "title" | "detail" | "badge" | "tone">;

function endingOf({ question, outcome, by, result }: ClosedQuestion): Ending {
  const facts = whatHappened(question);
  const elsewhere = by === "elsewhere" ? " · on your other device" : "";
  switch (outcome) {
    case "rejected":
      return { title: "Skipped", detail: facts + elsewhere, badge: "Skipped", tone: "calm" };
    case "expired":
      return { title: `Expired after ${span(Date.parse(question.expires_at) - Date.parse(question.created_at))}`, detail: facts, badge: "Expired", tone: "calm" };
    case "superseded":
      if (result?.decision?.verdict === "denied") {
        const title = result.follow_up_question_id === null ? "No order was sent" : "No order was sent: asked anew";
        return { title, detail: withoutNoOrderSent(result.decision.message), badge: "Superseded", tone: "warn" };
      }
      return { title: result === null || result.follow_up_question_id === null ? "Price moved: asked again" : "Not clear: asked once more", detail: facts, badge: "Superseded", tone: "calm" };
    case "withdrawn":
      if (result?.decision?.verdict === "denied") return { title: "No order was sent", detail: withoutNoOrderSent(result.decision.message), badge: "Withdrawn", tone: "warn" };
      return { title: "Withdrawn", detail: facts, badge: "Withdrawn", tone: "calm" };
    case "approved": {
      const denied = result?.decision?.verdict === "denied";
      if (denied) return { title: "No order was sent", detail: withoutNoOrderSent(result.decision?.message ?? ""), badge: "Denied", tone: "warn" };
      return { title: "Approved", detail: facts + elsewhere, badge: "Approved", tone: "calm" };
    }
  }
}

/** Orders and closed questions as one list of stories, newest first; an order and its question are one story. */
export function storiesOf(orders: readonly Order[], closed: readonly ClosedQuestion[]): Story[] {
  const closedById = new Map(closed.map((entry) => [entry.question.id, entry]));
  const ordered = new Set<string>();
  const stories: Story[] = [];
  for (const order of orders) {
    if (order.question_id !== null) ordered.add(order.question_id);
    stories.push(storyOfOrder(order, order.question_id === null ? undefined : closedById.get(order.question_id)));
  }
  for (const entry of closed) {
    const { question } = entry;
    if (ordered.has(question.id)) continue;
    const steps: StoryStep[] = [{ name: "asked", atMs: Date.parse(question.created_at), state: "done" }];
    stories.push({ id: question.id, symbol: symbolOf(question) ?? "—", ...endingOf(entry), atMs: entry.closedAtMs, steps, order: null, question, questionId: question.id });
  }
  return stories.sort((left, right) => right.atMs - left.atMs);
}
