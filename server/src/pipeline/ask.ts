import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import type { Firing } from "../trading/rules/rule-index.ts";
import { askQuestions, type AskOutcome } from "./ask-statement.ts";
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
 * Turns firings into questions, in one transaction.
 * @param mayAsk checked inside the transaction before anything is written, for example that a lease still holds; when it says
 *   no, nobody is asked
 */
export async function askFirings(pool: Pool, firings: readonly Firing[], mayAsk: (tx: Db) => Promise<boolean>): Promise<FiringsAsked> {
  const outcome: FiringsAsked = { at: null, asked: [], cooling: [] };
  for (let start = 0; start < firings.length; start += maxFiringsPerStatement) {
    const { shapes, recipients } = toTradingQuestions(firings.slice(start, start + maxFiringsPerStatement));
    const part = await withTransaction(
      pool,
      async (tx) => {
        const [, , allowed] = await Promise.all([
          tx.query(`set local statement_timeout = ${askTimeoutMs}`),
          tx.query("select pg_advisory_xact_lock($1::int8)", [askLockKey]),
          mayAsk(tx),
        ]);
        return allowed ? askQuestions(tx, shapes, recipients) : null;
      },
      { timeoutMs: askTimeoutMs },
    );
    if (part === null) return outcome;
    outcome.at = part.at;
    for (const n of part.asked) outcome.asked.push(start + n);
    for (const { recipient, untilMs } of part.cooling) outcome.cooling.push({ recipient: start + recipient, untilMs });
  }
  return outcome;
}
