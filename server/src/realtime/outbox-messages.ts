import type { QuestionsHubClient } from "@nod/contract/hub";
import type { Order } from "@nod/contract/order";
import type { Question } from "@nod/contract/question";
import type { Db } from "../db/pool.ts";
import { describeOrder } from "../trading/orders/order-record.ts";
import { ordersByIds } from "../trading/orders/orders-table.ts";
import type { OutboxRow } from "../trading/outbox/outbox-table.ts";

/** One call of a client, not yet serialised. */
export type Told = { [Name in keyof QuestionsHubClient]: { method: Name; payload: Parameters<QuestionsHubClient[Name]>[0] } }[keyof QuestionsHubClient];

/** A row of the outbox with what it tells; null when that is not so, and its number is passed over. */
export type OutboxMessage = { firebaseUid: string; seq: number; refId: string; writtenAt: Date; told: Told | null };

/** Reads questions for many users at once; each comes with the user it belongs to. */
export type ReadQuestions = (db: Db, ids: readonly string[]) => Promise<readonly { firebaseUid: string; question: Question }[]>;

/**
 * Fills rows with what they tell, as it stands now, in two statements for any number of rows and users. A row that tells of
 * something that is not its user's is told to nobody and reported, so that it does not stop everybody else's.
 */
export async function readMessages(db: Db, readQuestions: ReadQuestions, rows: readonly OutboxRow[], onBrokenRow: (error: Error) => void): Promise<OutboxMessage[]> {
  const idsOf = (isWanted: (row: OutboxRow) => boolean): string[] => [...new Set(rows.filter(isWanted).map((row) => row.refId))];
  const [questions, orders] = await Promise.all([
    readQuestions(db, idsOf((row) => row.kind !== "trade_update")),
    ordersByIds(db, idsOf((row) => row.kind === "trade_update")),
  ]);
  const known: Known = {
    questions: new Map(questions.map((each) => [keyOf(each.firebaseUid, each.question.id), each.question])),
    orders: new Map(orders.map((order) => [keyOf(order.firebaseUid, order.id), describeOrder(order)])),
  };
  return rows.map((row) => {
    const { firebaseUid, seq, refId, kind, createdAt: writtenAt } = row;
    const told = tell(row, known);
    if (told === null) onBrokenRow(new Error(`the outbox tells user ${firebaseUid} of ${kind} ${refId} (seq ${seq}), which is not so`));
    return { firebaseUid, seq, refId, writtenAt, told };
  });
}

/** By user and id: what is somebody else's is not found. */
type Known = { questions: ReadonlyMap<string, Question>; orders: ReadonlyMap<string, Order> };
const keyOf = (firebaseUid: string, id: string): string => `${firebaseUid} ${id}`;

function tell({ firebaseUid, seq, kind, refId }: OutboxRow, known: Known): Told | null {
  const key = keyOf(firebaseUid, refId);
  if (kind === "trade_update") {
    const order = known.orders.get(key);
    return order === undefined ? null : { method: "ReceiveTradeUpdate", payload: { ...order, seq } };
  }
  const question = known.questions.get(key);
  if (question === undefined) return null;
  if (kind === "question_asked") return { method: "ReceiveQuestion", payload: { ...question, seq } };
  return question.status === "open" ? null : { method: "QuestionClosed", payload: { id: refId, outcome: question.status, seq } };
}
