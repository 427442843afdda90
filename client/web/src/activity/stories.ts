import type { ActivityEntry, ActivityFilter } from "@nod/contract/activity";
import type { Order } from "@nod/contract/order";
import type { Question, QuestionOutcome } from "@nod/contract/question";
import { compareDecimals, percentSize } from "../money/decimal-text.ts";
import type { ClosedBy, ClosedQuestion, Deck } from "../questions/deck.ts";
import { isTradingQuestion, referenceOf, symbolOf } from "../questions/trading-question.ts";
import { comparedWith } from "../words/market.ts";
import { orderExplanation, orderStages, orderTitle, withoutNoOrderSent, type Tone } from "../words/order.ts";
import { span } from "../words/time.ts";

export type StoryStep = { name: "asked" | "approved" | "sent" | "filled" | "denied" | "rejected" | "canceled" | "skipped" | "expired" | "withdrawn" | "superseded" | "checking"; atMs: number | null; state: "done" | "now" | "ahead" | "stopped" };

/** One row of the activity: what was asked and everything that came of it. */
export type Story = {
  id: string;
  symbol: string;
  title: string;
  detail: string;
  badge: string;
  tone: Tone;
  /** How its question stands; `gone`: taken back, or asked anew. An order that nobody was asked about counts as approved. */
  standing: "asked" | "approved" | "skipped" | "expired" | "gone";
  /** Something stopped it, or it is not known what became of it. */
  trouble: boolean;
  /** When it began. */
  atMs: number;
  steps: readonly StoryStep[];
  order: Order | null;
  question: Question | null;
};

/** `Down 1.6 % vs yesterday`; the rule where it compares with nothing; the question's own text when it is not about a price. */
function whatHappened(question: Question): string {
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

/** What is known of one story, from the server's list and from what this page saw itself. */
type Told = {
  id: string;
  atMs: number;
  question: Question | null;
  order: Order | null;
  /** Null while it is open. */
  outcome: QuestionOutcome | null;
  by: ClosedBy;
  /** Why the answer made no order. */
  denial: string | null;
  askedAnew: boolean;
  closedAtMs: number | null;
};

function toldByServer(entry: ActivityEntry): Told {
  const status = entry.question?.status ?? "approved";
  return {
    id: entry.id,
    atMs: Date.parse(entry.at),
    question: entry.question,
    order: entry.order,
    outcome: status === "open" ? null : status,
    by: "nobody",
    denial: entry.denial?.message ?? null,
    askedAnew: entry.follow_up_question_id !== null,
    closedAtMs: instant(entry.closed_at),
  };
}

function seenHere(question: Question, closed: ClosedQuestion | null): Told {
  const result = closed?.result ?? null;
  return {
    id: question.id,
    atMs: Date.parse(question.created_at),
    question,
    order: result?.order ?? null,
    outcome: closed?.outcome ?? null,
    by: closed?.by ?? "nobody",
    denial: result?.decision?.verdict === "denied" ? result.decision.message : null,
    askedAnew: (result?.follow_up_question_id ?? null) !== null,
    closedAtMs: closed?.closedAtMs ?? null,
  };
}

/** This page is told of a closing before a list is; the list knows more of what came of it. */
const together = (told: Told, here: Told): Told => ({
  ...told,
  order: told.order ?? here.order,
  outcome: told.outcome ?? here.outcome,
  by: here.by,
  denial: told.denial ?? here.denial,
  askedAnew: told.askedAnew || here.askedAnew,
  closedAtMs: told.closedAtMs ?? here.closedAtMs,
});

type Ending = Pick<Story, "title" | "detail" | "badge" | "tone" | "standing">;

const standingOf: Record<QuestionOutcome, Story["standing"]> = { approved: "approved", rejected: "skipped", expired: "expired", superseded: "gone", withdrawn: "gone" };

function endingOf({ outcome, by, denial, askedAnew }: Told, question: Question): Ending {
  const facts = whatHappened(question);
  const elsewhere = by === "elsewhere" ? " · on your other device" : "";
  if (outcome === null) return { title: "Waiting for your answer", detail: facts, badge: "Asked", tone: "calm", standing: "asked" };
  const standing = standingOf[outcome];
  switch (outcome) {
    case "rejected":
      return { title: "Skipped", detail: facts + elsewhere, badge: "Skipped", tone: "calm", standing };
    case "expired":
      return { title: `Expired after ${span(Date.parse(question.expires_at) - Date.parse(question.created_at))}`, detail: facts, badge: "Expired", tone: "calm", standing };
    case "superseded":
      if (denial !== null) return { title: askedAnew ? "No order was sent: asked anew" : "No order was sent", detail: withoutNoOrderSent(denial), badge: "Superseded", tone: "warn", standing };
      return { title: "Asked again", detail: facts, badge: "Superseded", tone: "calm", standing };
    case "withdrawn":
      if (denial !== null) return { title: "No order was sent", detail: withoutNoOrderSent(denial), badge: "Withdrawn", tone: "warn", standing };
      return { title: "Withdrawn", detail: facts, badge: "Withdrawn", tone: "calm", standing };
    case "approved":
      if (denial !== null) return { title: "No order was sent", detail: withoutNoOrderSent(denial), badge: "Denied", tone: "warn", standing };
      return { title: "Approved", detail: facts + elsewhere, badge: "Approved", tone: "calm", standing };
  }
}

const endNames = { approved: "approved", rejected: "skipped", expired: "expired", superseded: "superseded", withdrawn: "withdrawn" } as const satisfies Record<QuestionOutcome, StoryStep["name"]>;

/** As far as a question came that led to no order. */
function stepsWithoutOrder({ outcome, denial, closedAtMs }: Told, { created_at: askedAt }: Question): StoryStep[] {
  const asked: StoryStep = { name: "asked", atMs: Date.parse(askedAt), state: "done" };
  if (outcome === null) return [asked];
  const end: StoryStep = { name: endNames[outcome], atMs: closedAtMs, state: outcome === "approved" || outcome === "rejected" ? "done" : "stopped" };
  return outcome === "approved" && denial !== null ? [asked, end, { name: "denied", atMs: closedAtMs, state: "stopped" }] : [asked, end];
}

function storyOf(told: Told): Story | null {
  const { id, atMs, question, order } = told;
  if (order !== null) {
    const { badge, tone } = orderStages[order.status];
    const detail = orderExplanation(order) ?? (question === null ? "" : whatHappened(question));
    return { id, symbol: order.symbol, title: orderTitle(order), detail, badge, tone, standing: "approved", trouble: tone === "warn" || tone === "bad", atMs, steps: stepsOf(order, question), order, question };
  }
  if (question === null) return null;
  const ending = endingOf(told, question);
  const steps = stepsWithoutOrder(told, question);
  return { id, symbol: symbolOf(question) ?? "—", ...ending, trouble: told.denial !== null, atMs, steps, order: null, question };
}

/** The server's stories, and over them what this page has been told since, newest first; a question and its order are one story. */
export function storiesOf(entries: readonly ActivityEntry[], deck: Pick<Deck, "cards" | "closed">): Story[] {
  const stories = new Map(entries.map((entry) => [entry.id, toldByServer(entry)]));
  const lay = (here: Told): void => {
    const told = stories.get(here.id);
    stories.set(here.id, told === undefined ? here : together(told, here));
  };
  for (const { question, phase } of deck.cards) if (phase.kind !== "dead") lay(seenHere(question, null));
  for (const closed of deck.closed) lay(seenHere(closed.question, closed));
  return [...stories.values()].flatMap((told) => storyOf(told) ?? []).toSorted((left, right) => right.atMs - left.atMs);
}

/** As the server sorts them out, for what it has not told of yet. */
export function isShown(story: Story, show: ActivityFilter): boolean {
  if (show === "all") return true;
  return show === "trouble" ? story.trouble : story.standing === show;
}
