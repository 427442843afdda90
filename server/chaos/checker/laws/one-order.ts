import { Decimal } from "decimal.js";
import type { AnswerRow, Evidence, OrderRow, QuestionRow } from "../evidence.ts";
import { violationsOf, type Law } from "../violation.ts";

/** Between an event's time and its transaction's commit. */
const switchToleranceMs = 1_000;

type PostedBody = { symbol: string; side: string; notional: string | null; qty: string | null };

/** A question leads to at most one order at the broker, and an id is spent once. */
export const noDuplicateOrder: Law = ({ book, orders }) => {
  const { found, report } = violationsOf("no duplicate order");
  const questionOf = new Map(orders.map((order) => [order.clientOrderId, order.questionId]));
  const idsOfQuestion = new Map<string, string[]>();
  const posted = new Set<string>();
  for (const { clientOrderId } of book.posts) {
    if (posted.has(clientOrderId)) report(`${clientOrderId} was accepted twice by the broker`, clientOrderId);
    posted.add(clientOrderId);
    const questionId = questionOf.get(clientOrderId);
    if (typeof questionId === "string") idsOfQuestion.set(questionId, [...(idsOfQuestion.get(questionId) ?? []), clientOrderId]);
  }
  for (const [questionId, ids] of idsOfQuestion) if (new Set(ids).size > 1) report(`question ${questionId} led to ${ids.join(" and ")}`, ids[0]);
  const atBroker = book.accounts.flatMap((account) => account.orders.map((order) => order.client_order_id));
  for (const id of new Set(atBroker)) if (atBroker.filter((each) => each === id).length > 1) report(`the broker holds ${id} more than once`, id);
  return found;
};

/** Whatever the broker accepted was approved by one answer of its user, and is what that answer approved; or it is an exit of a kill switch that sells everything. */
export const everyPostIsApproved: Law = (evidence) => {
  const { found, report } = violationsOf("every POST is one approved answer's");
  const orderOf = new Map(evidence.orders.map((order) => [order.clientOrderId, order]));
  for (const { clientOrderId, rawBody } of evidence.book.posts) {
    const order = orderOf.get(clientOrderId);
    if (order === undefined) {
      report(`the broker accepted ${clientOrderId}, which no row of trade_orders knows`, clientOrderId);
      continue;
    }
    const isExit = evidence.intents.find(({ id }) => id === order.intentId)?.origin === "kill_switch";
    const complaint = isExit ? notAnExit(evidence, order, readBody(rawBody)) : (notApproved(evidence, order) ?? notAsApproved(evidence, order, readBody(rawBody)));
    if (complaint !== null) report(`${clientOrderId}: ${complaint}`, clientOrderId);
  }
  return found;
};

/** Nobody was asked about it: it may only sell what is held, and only under a switch to that effect. */
function notAnExit({ events, decisions, timeline }: Evidence, order: OrderRow, body: PostedBody): string | null {
  const proposed = events.find(({ kind, orderId }) => kind === "intent_proposed" && orderId === order.id);
  if (proposed === undefined) return "it is an exit that nobody proposed";
  // By the clock that is never set: the database's may have gone back since the switch was set.
  const proposedMs = timeline.naturalOf(proposed);
  const isOn = [null, order.uid].some((scope) => {
    const switches = events.filter((event) => event.kind.startsWith("kill_switch_") && event.uid === scope);
    // One that was cleared, or set to something else, a moment before or after may have been on when the exit was decided on.
    return switches.some((event, index) => {
      const next = switches[index + 1];
      return event.kind === "kill_switch_set" && event.data["mode"] === "flatten" && timeline.naturalOf(event) <= proposedMs + switchToleranceMs && (next === undefined || timeline.naturalOf(next) >= proposedMs - switchToleranceMs);
    });
  });
  if (!isOn) return "it is an exit without a kill switch that sells everything";
  if (order.side !== "sell" || body.side !== "sell" || body.qty === null || body.notional !== null) return "it is an exit that does not sell a quantity";
  const verdicts = decisions.filter((decision) => decision.intentId === order.intentId && decision.stage === "answer");
  return verdicts.length === 1 && verdicts[0]?.verdict === "approved" ? null : "it was not approved by exactly one decision";
}

function notApproved({ questions, answers, intents, decisions }: Evidence, order: OrderRow): string | null {
  const question = questions.find(({ id }) => id === order.questionId);
  const given = answers.filter(({ questionId }) => questionId === order.questionId);
  const [answer] = given;
  if (question === undefined || answer === undefined || given.length > 1) return `it has ${given.length} answers`;
  if (question.status !== "approved") return `its question was ${question.status}`;
  if (question.uid !== order.uid || answer.uid !== order.uid) return "its question or answer is another user's";
  if (!approves(question, answer)) return `the answer ${answer.answer} does not approve it`;
  const intent = intents.find(({ id }) => id === order.intentId);
  if (intent === undefined || intent.questionId !== question.id) return "its intent is not of its question";
  const verdicts = decisions.filter((decision) => decision.intentId === intent.id && decision.stage === "answer");
  return verdicts.length === 1 && verdicts[0]?.verdict === "approved" ? null : "it was not approved by exactly one decision";
}

/** A swipe of at least half the way towards yes, or an amount within the bounds that were asked for. */
export function approves(question: QuestionRow, { answer }: Pick<AnswerRow, "answer">): boolean {
  const value = new Decimal(answer);
  if (question.kind === "swipe") return value.times(new Decimal(question.correctAnswer ?? 10).isPositive() ? 1 : -1).greaterThanOrEqualTo(5);
  return value.greaterThan(0) && value.greaterThanOrEqualTo(question.askMin ?? 0) && value.lessThanOrEqualTo(question.askMax ?? "Infinity");
}

/** What the user said yes to, in dollars. */
export function amountOf(evidence: Evidence, order: OrderRow): Decimal | null {
  const question = evidence.questions.find(({ id }) => id === order.questionId);
  const answer = evidence.answers.find(({ questionId }) => questionId === order.questionId);
  const amount = question?.kind === "numeric" ? answer?.answer : question?.notional;
  return amount === undefined || amount === null ? null : new Decimal(amount);
}

/** Between question and answer a price may move: a share count is compared with the price shown as loosely as that. */
const looseness = 1.3;

function notAsApproved(evidence: Evidence, order: OrderRow, body: PostedBody): string | null {
  const question = evidence.questions.find(({ id }) => id === order.questionId);
  const amount = amountOf(evidence, order);
  if (question === undefined || amount === null) return "there is no amount that was approved";
  if (body.symbol !== question.symbol || body.side !== question.side) return `${body.side} ${body.symbol} was sent, ${question.side} ${question.symbol} was approved`;
  if (body.notional !== null && !amount.equals(body.notional)) return `$${body.notional} was sent, $${amount.toString()} was approved`;
  if (body.qty !== null && new Decimal(body.qty).times(question.price).greaterThan(amount.times(looseness))) return `${body.qty} shares are more than $${amount.toString()}`;
  return body.notional === null && body.qty === null ? "it was sent without a size" : null;
}

export function readBody(rawBody: string): PostedBody {
  const parsed: unknown = JSON.parse(rawBody);
  const fields = new Map<string, unknown>(typeof parsed === "object" && parsed !== null ? Object.entries(parsed) : []);
  const text = (name: string): string | null => {
    const value = fields.get(name);
    return typeof value === "string" || typeof value === "number" ? String(value) : null;
  };
  return { symbol: text("symbol") ?? "", side: text("side") ?? "", notional: text("notional"), qty: text("qty") };
}
