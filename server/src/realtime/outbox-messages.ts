import type { QuestionsHubClient } from "@nod/contract/hub";
import type { Question } from "@nod/contract/question";
import type { Db } from "../db/pool.ts";
import { describeOrder } from "../trading/orders/order-record.ts";
import { ordersByIds } from "../trading/orders/orders-table.ts";
import type { OutboxRow } from "../trading/outbox/outbox-table.ts";

/** One call of a client, not yet serialised. */
export type Told = { [Name in keyof QuestionsHubClient]: { method: Name; payload: Parameters<QuestionsHubClient[Name]>[0] } }[keyof QuestionsHubClient];

/** A row of the outbox with what it tells. */
export type OutboxMessage = { firebaseUid: string; seq: number; refId: string; told: Told };

/** Reads questions for many users at once; each comes with the user it belongs to. */
export type ReadQuestions = (ids: readonly string[]) => Promise<readonly { firebaseUid: string; question: Question }[]>;

/**
 * Fills rows with what they tell, as it stands now, in two statements for any number of rows and users.
 * @throws when a row tells of something that is not its user's: nothing may be sent then
 */
export async function readMessages(db: Db, readQuestions: ReadQuestions, rows: readonly OutboxRow[]): Promise<OutboxMessage[]> {
  const idsOf = (isWanted: (row: OutboxRow) => boolean): string[] => [...new Set(rows.filter(isWanted).map((row) => row.refId))];
  const [questions, orders] = await Promise.all([
    readQuestions(idsOf((row) => row.kind !== "trade_update")),
    ordersByIds(db, idsOf((row) => row.kind === "trade_update")),
  ]);
  const questionOf = new Map(questions.map((each) => [`${each.firebaseUid} ${each.question.id}`, each.question]));
  const orderOf = new Map(orders.map((order) => [`${order.firebaseUid} ${order.id}`, order]));
  return rows.map((row) => {
    const { firebaseUid, seq, refId } = row;
    const key = `${firebaseUid} ${refId}`;
    if (row.kind === "trade_update") {
      const order = orderOf.get(key);
      if (order === undefined) throw new Error(`the outbox tells user ${firebaseUid} of an order that is not there for him`);
      return { firebaseUid, seq, refId, told: { method: "ReceiveTradeUpdate", payload: { ...describeOrder(order), seq } } };
    }
    const question = questionOf.get(key);
    if (question === undefined) throw new Error(`the outbox tells user ${firebaseUid} of a question that is not there for him`);
    if (row.kind === "question_asked") return { firebaseUid, seq, refId, told: { method: "ReceiveQuestion", payload: { ...question, seq } } };
    if (question.status === "open") throw new Error(`the outbox tells user ${firebaseUid} that an open question closed`);
    return { firebaseUid, seq, refId, told: { method: "QuestionClosed", payload: { id: refId, outcome: question.status, seq } } };
  });
}
