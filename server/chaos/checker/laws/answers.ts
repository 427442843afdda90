import type { AnswerRow, Evidence, OrderRow } from "../evidence.ts";
import { violationsOf, type Law } from "../violation.ts";
import { approves } from "./one-order.ts";

const ended = new Set(["denied", "not_placed", "rejected", "filled", "canceled", "expired", "replaced"]);
/** Ends that are ours or the broker's refusal: the user is owed a reason. */
const explained = new Set(["denied", "not_placed", "rejected"]);

/** An approval becomes a denial with a reason, or an order whose end is stated. */
export const noApprovalIsLost: Law = (evidence) => {
  const { found, report } = violationsOf("no approved answer is lost");
  for (const answer of evidence.answers) {
    const question = evidence.questions.find(({ id }) => id === answer.questionId);
    if (question === undefined || !approves(question, answer)) continue;
    const order = evidence.orders.find(({ questionId }) => questionId === question.id);
    const complaint = lostBeforeTheOrder(evidence, answer, order) ?? (order === undefined ? null : withoutOutcome(order));
    if (complaint !== null) report(`question ${question.id}: ${complaint}`, order?.clientOrderId);
  }
  return found;
};

function lostBeforeTheOrder({ intents, decisions }: Evidence, { questionId }: AnswerRow, order: OrderRow | undefined): string | null {
  const [intent, another] = intents.filter((each) => each.questionId === questionId);
  if (intent === undefined || another !== undefined) return "it was approved and has not exactly one intent";
  const [verdict, second] = decisions.filter(({ intentId, stage }) => intentId === intent.id && stage === "answer");
  if (verdict === undefined || second !== undefined) return "its intent has not exactly one verdict";
  if (verdict.verdict === "approved") return order === undefined ? "it was approved and has no order" : null;
  // What is no longer as it was shown makes no order: the question then closes as superseded or withdrawn, with the denial's reason.
  if (verdict.code === null) return "it was denied without a code";
  return order === undefined ? null : "it was denied and has an order";
}

function withoutOutcome({ clientOrderId, status, reason, isMismatched }: OrderRow): string | null {
  if (isMismatched) return reason === null ? `${clientOrderId} is in doubt without a reason` : null;
  if (!ended.has(status)) return `${clientOrderId} is still ${status}${reason === null ? "" : ` (${reason})`}`;
  return explained.has(status) && (reason ?? "") === "" ? `${clientOrderId} is ${status} without a reason` : null;
}

/** Who was told that his answer counted finds it stored, with the same words. */
export const repliesAreKept: Law = ({ replies, answers }) => {
  const { found, report } = violationsOf("what a person was told is what is stored");
  for (const reply of replies) {
    if (reply.kind !== "answered") continue;
    const stored = answers.find(({ questionId }) => questionId === reply.questionId);
    if (stored === undefined) report(`question ${reply.questionId}: ${reply.uid} was told that ${reply.value} counted, and no answer is stored`);
    else if (Number(stored.answer) !== Number(reply.value)) report(`question ${reply.questionId}: ${reply.uid} was told that ${reply.value} counted, stored is ${stored.answer}`);
    else if (canonical(stored.result) !== canonical(reply.result)) report(`question ${reply.questionId}: ${reply.uid} was told ${reply.result}, stored is ${stored.result}`);
  }
  return found;
};

/** Who was told that his approval is taken back sees nothing sent of it. */
export const whatWasTakenBackIsNotSent: Law = ({ replies, orders, book }) => {
  const { found, report } = violationsOf("what was taken back is not sent");
  const sent = new Set(book.posts.map(({ clientOrderId }) => clientOrderId));
  for (const { questionId, uid } of replies.filter(({ kind }) => kind === "undone")) {
    const order = orders.find((each) => each.questionId === questionId);
    if (order === undefined || order.status !== "not_placed") report(`question ${questionId}: ${uid} was told that it is taken back, and it is ${order?.status ?? "gone"}`, order?.clientOrderId);
    if (order !== undefined && sent.has(order.clientOrderId)) report(`${order.clientOrderId} was sent after ${uid} was told that it is taken back`, order.clientOrderId);
  }
  return found;
};

const canonical = (json: string | null): string => JSON.stringify(JSON.parse(json ?? "null"));

const outcomes = new Set(["approved", "rejected", "expired", "superseded", "withdrawn"]);

/** Each question is told once that it was asked and once how it closed, and that is what it is. */
export const everyQuestionHasOneOutcome: Law = ({ questions, answers, events, orders }) => {
  const { found, report } = violationsOf("every question has one outcome");
  for (const question of questions) {
    const about = `question ${question.id}`;
    if (!outcomes.has(question.status)) report(`${about} is ${question.status}`);
    const closings = events.filter(({ kind, questionId }) => kind === "question_closed" && questionId === question.id);
    if (closings.length !== 1) report(`${about} was closed ${closings.length} times`);
    else if (closings[0]?.data["outcome"] !== question.status) report(`${about} is ${question.status}, its event says ${String(closings[0]?.data["outcome"])}`);
    const asked = events.filter(({ kind, questionId }) => kind === "question_asked" && questionId === question.id);
    if (asked.length !== 1) report(`${about} was asked ${asked.length} times`);
    const answered = answers.filter(({ questionId }) => questionId === question.id).length;
    if (question.status === "expired" && answered > 0) report(`${about} expired and has an answer`);
    if ((question.status === "approved" || question.status === "rejected") && answered !== 1) report(`${about} is ${question.status} and has ${answered} answers`);
    if (question.status !== "approved" && orders.some(({ questionId }) => questionId === question.id)) report(`${about} is ${question.status} and has an order`);
  }
  return found;
};
