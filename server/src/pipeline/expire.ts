import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import { recordEvents } from "../trading/audit/events-table.ts";
import { appendToOutbox } from "../trading/outbox/outbox-table.ts";
import { expireDueQuestions } from "./questions-table.ts";

const questionsPerTransaction = 5_000;
const maxTransactionsPerPass = 200;

/**
 * Closes every question whose time is over by the database's clock, and tells its user. At most five statements for each five
 * thousand, whoever they belong to. Any number of processes may do it at once. Returns how many were closed.
 * @param mayClose asked first in each transaction; on a no nothing is closed
 */
export async function expireQuestions(pool: Pool, mayClose: (tx: Db) => Promise<boolean> = () => Promise.resolve(true)): Promise<number> {
  let expired = 0;
  for (let pass = 0; pass < maxTransactionsPerPass; pass += 1) {
    const closed = await withTransaction(pool, async (tx) => {
      if (!(await mayClose(tx))) return 0;
      const questions = await expireDueQuestions(tx, questionsPerTransaction);
      await recordEvents(tx, questions.map(({ id, firebaseUid }) => ({ firebaseUid, questionId: id, kind: "question_closed", data: { outcome: "expired" } })));
      await appendToOutbox(tx, questions.map(({ id, firebaseUid }) => ({ firebaseUid, kind: "question_closed", refId: id })));
      return questions.length;
    });
    expired += closed;
    if (closed < questionsPerTransaction) break;
  }
  return expired;
}
