import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Firing } from "../trading/rules/rule-index.ts";
import { askQuestions, encodeBatch, type AskOutcome, type QuestionShape, type Recipient } from "./ask-statement.ts";
import { toTradingQuestions } from "./ask-trading.ts";

/**
 * Asks are taken one after the other, over all processes: two at once could each see nine open questions of a user and each
 * add the tenth. Any number that no other program's lock on the same database uses.
 */
const askLockKey = 7_011_982_002;

/** A hundred thousand questions take some seconds; ten times that is a database in trouble. */
const askTimeoutMs = 60_000;

/** Rows in one statement. More firings than this are asked in as many statements as it takes. */
const maxFiringsPerStatement = 200_000;

/** What became of the firings; positions are into the list that was given. */
export type FiringsAsked = Pick<AskOutcome, "asked" | "cooling"> & { at: Date | null };

/**
 * Who may ask, held from before the first row is written until the commit. `enter` says whether this process may, and keeps
 * others from it until the transaction ends; `leave` is called before the commit, `over` after the transaction, however it went.
 */
export type AskFence = { enter(tx: Db): Promise<boolean>; leave(tx: Db): Promise<void>; over(): void };

/** Turns firings into questions, in one transaction. Nobody is asked when the fence lets nobody through. */
export async function askFirings(pool: Pool, firings: readonly Firing[], fence: AskFence): Promise<FiringsAsked> {
  const outcome: FiringsAsked = { at: null, asked: [], cooling: [] };
  for (let start = 0; start < firings.length; start += maxFiringsPerStatement) {
    const { shapes, recipients } = toTradingQuestions(firings.slice(start, start + maxFiringsPerStatement));
    const part = await askBatch(pool, shapes, recipients, fence);
    if (part === null) return outcome;
    outcome.at = part.at;
    for (const n of part.asked) outcome.asked.push(start + n);
    for (const { recipient, untilMs } of part.cooling) outcome.cooling.push({ recipient: start + recipient, untilMs });
  }
  return outcome;
}

/** One statement in a transaction of its own. Null: the fence let nobody through. */
export async function askBatch(pool: Pool, shapes: readonly QuestionShape[], recipients: readonly Recipient[], fence: AskFence): Promise<AskOutcome | null> {
  const batch = encodeBatch(shapes, recipients);
  return withTransaction(
    pool,
    async (tx) => {
      await Promise.all([tx.query(`set local statement_timeout = ${askTimeoutMs}`), tx.query("select pg_advisory_xact_lock($1::int8)", [askLockKey])]);
      if (!(await fence.enter(tx))) return null;
      const asked = await askQuestions(tx, batch);
      await fence.leave(tx);
      return asked;
    },
    { timeoutMs: askTimeoutMs },
  ).finally(() => fence.over());
}
