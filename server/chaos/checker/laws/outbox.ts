import { violationsOf, type Law } from "../violation.ts";

/** Numbers count up by one for each user, and every change that concerns him is among them, in its order. */
export const outboxesHaveNoGaps: Law = ({ outbox, heads, questions, orders }) => {
  const { found, report } = violationsOf("outboxes have no gaps");
  for (const { uid, lastSeq, ackedSeq } of heads) {
    const numbers = outbox.filter((row) => row.uid === uid).map(({ seq }) => seq);
    if (numbers.length !== lastSeq || numbers.some((seq, index) => seq !== index + 1)) report(`${uid} has been told ${numbers.join(", ")}, and the head says ${lastSeq}`);
    if (ackedSeq > lastSeq) report(`${uid} acknowledged ${ackedSeq} of ${lastSeq}`);
  }
  for (const uid of new Set(outbox.map((row) => row.uid))) if (!heads.some((head) => head.uid === uid)) report(`${uid} has an outbox without a head`);
  for (const { id, uid, status } of questions) {
    const told = (kind: string): number[] => outbox.filter((row) => row.refId === id && row.uid === uid && row.kind === kind).map(({ seq }) => seq);
    const asked = told("question_asked");
    const closed = told("question_closed");
    if (asked.length !== 1) report(`question ${id} was told ${asked.length} times as asked`);
    if (status !== "open" && closed.length !== 1) report(`question ${id} was told ${closed.length} times as closed`);
    if ((closed[0] ?? Infinity) < (asked[0] ?? 0)) report(`question ${id} was told as closed before it was told as asked`);
  }
  for (const { id, uid, clientOrderId } of orders) {
    if (!outbox.some((row) => row.refId === id && row.uid === uid && row.kind === "trade_update")) report(`nobody was told of ${clientOrderId}`, clientOrderId);
  }
  for (const { uid, seq, refId } of outbox) {
    const owner = questions.find(({ id }) => id === refId)?.uid ?? orders.find(({ id }) => id === refId)?.uid;
    if (owner !== uid) report(`${uid} was told at ${seq} of what is ${owner === undefined ? "nobody's" : `${owner}'s`}`);
  }
  return found;
};
