import type { Evidence, EventRow, OrderRow } from "../evidence.ts";
import { violationsOf, type Law } from "../violation.ts";

/** What must have been recorded on the way to an order, in this order. */
const wayToAnOrder = ["question_asked", "answer_given", "intent_proposed", "order_approved"];
/** Nobody is asked about the exits of a kill switch. */
const wayToAnExit = ["intent_proposed", "order_approved"];

/** From the events alone one can tell how each intent came about and what became of it. */
export const everyStoryIsComplete: Law = (evidence) => {
  const { found, report } = violationsOf("every order's story is complete");
  const posted = new Set(evidence.book.posts.map(({ clientOrderId }) => clientOrderId));
  for (const order of evidence.orders) {
    const story = storyOf(evidence, order);
    for (const gap of [...gapsOnTheWay(story, order.questionId === null ? wayToAnExit : wayToAnOrder), ...gapsAfterwards(evidence, order, story, posted.has(order.clientOrderId))]) report(`${order.clientOrderId}: ${gap}`, order.clientOrderId);
  }
  for (const { intentId } of evidence.decisions.filter(({ stage, verdict }) => stage === "answer" && verdict === "denied")) {
    const questionId = evidence.intents.find(({ id }) => id === intentId)?.questionId ?? null;
    const denials = evidence.events.filter((event) => event.kind === "order_denied" && event.questionId === questionId);
    if (denials.length !== 1) report(`question ${String(questionId)}: its denial was recorded ${denials.length} times`);
  }
  return found;
};

export function storyOf({ events }: Pick<Evidence, "events">, order: OrderRow): EventRow[] {
  return events.filter(({ orderId, questionId }) => orderId === order.id || (questionId !== null && questionId === order.questionId));
}

function gapsOnTheWay(story: readonly EventRow[], way: readonly string[]): string[] {
  const gaps: string[] = [];
  let last = -1;
  for (const kind of way) {
    const times = story.filter((event) => event.kind === kind).length;
    const position = story.findIndex((event) => event.kind === kind);
    if (times !== 1) gaps.push(`${kind} was recorded ${times} times`);
    else if (position < last) gaps.push(`${kind} comes before what led to it`);
    last = Math.max(last, position);
  }
  return gaps;
}

function gapsAfterwards({ fills }: Evidence, order: OrderRow, story: readonly EventRow[], wasPosted: boolean): string[] {
  const gaps: string[] = [];
  const approved = story.findIndex(({ kind }) => kind === "order_approved");
  const claimed = story.findIndex(({ kind }) => kind === "order_submitting");
  const ended = story.findLastIndex((event) => endsAs(event, order.status));
  if (wasPosted && claimed === -1) gaps.push("it was sent, and no order_submitting tells so");
  if (claimed !== -1 && claimed < approved) gaps.push("it was claimed before it was approved");
  if (ended === -1) gaps.push(`nothing tells how it became ${order.status}`);
  else if (ended < Math.max(approved, claimed)) gaps.push(`it was ${order.status} before it was sent`);
  for (const { executionId } of fills.filter(({ orderId }) => orderId === order.id)) {
    const times = story.filter(({ kind, data }) => kind === "fill_recorded" && data["execution_id"] === executionId).length;
    if (times !== 1) gaps.push(`fill ${executionId} was recorded ${times} times`);
  }
  return gaps;
}

function endsAs({ kind, data }: EventRow, status: string): boolean {
  // A restated execution may be the first word of an order's end.
  if ((kind === "trade_corrected" || kind === "trade_busted") && data["status"] === status) return true;
  switch (status) {
    case "denied":
      return kind === "order_denied";
    case "not_placed":
      return kind === "order_not_placed" || kind === "order_taken_back";
    case "rejected":
      return kind === "order_rejected" || (kind === "order_reported" && data["status"] === "rejected");
    case "filled":
      return kind === "order_filled";
    case "unknown":
      return kind === "order_unknown" || kind === "order_mismatched";
    default:
      return kind === "order_reported" && data["status"] === status;
  }
}
