import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import { askQuestions, askSettings, encodeBatch, type AskOutcome, type QuestionShape, type Recipient } from "./ask-statement.ts";
import { toTradingQuestionsInTurns, type AnyFiring, type AskContext } from "./ask-trading.ts";

/**
 * Asks are taken one after the other, over all processes: two at once could each see nine open questions of a user and each
 * add the tenth. Any number that no other program's lock on the same database uses.
 */
const askLockKey = 7_011_982_002;

/** A hundred thousand questions take some seconds; ten times that is a database in trouble. */
const askTimeoutMs = 60_000;

/** Rows in one statement. More firings than this are asked in as many statements as it takes. */
const maxFiringsPerStatement = 200_000;

/**
 * What became of the firings; positions are into the list that was given. `at` is null when nothing was asked of the database.
 * What is in neither list was held back: a card is open, a limit is reached, nothing is held that could be sold.
 */
export type FiringsAsked = Pick<AskOutcome, "asked" | "cooling" | "named"> & { at: Date | null };

/**
 * Who may ask, held from before the first row is written until the commit. `enter` says whether this process may, and keeps
 * others from it until the transaction ends; `leave` is called before the commit, `over` after the transaction, however it went.
 */
export type AskFence = { enter(tx: Db): Promise<boolean>; leave(tx: Db): Promise<void>; over(): void };

/** `asked` runs in the transaction of the questions, with the firings that led to one. */
export type Asking = AskContext & { fence: AskFence; asked?: (tx: Db, firings: readonly AnyFiring[]) => Promise<void> };

/** Turns firings into questions, in one transaction. Nobody is asked when the fence lets nobody through. */
export async function askFirings(pool: Pool, firings: readonly AnyFiring[], asking: Asking): Promise<FiringsAsked> {
  const outcome: FiringsAsked = { at: null, asked: [], cooling: [], named: [] };
  for (let start = 0; start < firings.length; start += maxFiringsPerStatement) {
    const { shapes, recipients, firings: places } = await toTradingQuestionsInTurns(firings.slice(start, start + maxFiringsPerStatement), asking);
    if (recipients.length === 0) continue;
    const placeOf = (recipient: number): number => start + (places[recipient] ?? 0);
    const part = await askBatch(pool, shapes, recipients, asking.fence, async (tx, { asked }) =>
      asking.asked?.(tx, asked.flatMap((recipient) => firings[placeOf(recipient)] ?? [])),
    );
    if (part === null) return outcome;
    outcome.at = part.at;
    for (const recipient of part.asked) outcome.asked.push(placeOf(recipient));
    for (const { recipient, questionId } of part.named) outcome.named.push({ recipient: placeOf(recipient), questionId });
    for (const { recipient, untilMs } of part.cooling) outcome.cooling.push({ recipient: placeOf(recipient), untilMs });
  }
  return outcome;
}

/** One statement in a transaction of its own, and what goes with it. Null: the fence let nobody through. */
export async function askBatch(
  pool: Pool,
  shapes: readonly QuestionShape[],
  recipients: readonly Recipient[],
  fence: AskFence,
  along: (tx: Db, outcome: AskOutcome) => Promise<void> = () => Promise.resolve(),
): Promise<AskOutcome | null> {
  const batch = await encodeBatch(shapes, recipients);
  return withTransaction(
    pool,
    async (tx) => {
      await Promise.all([tx.query(`set local statement_timeout = ${askTimeoutMs}; ${askSettings}`), tx.query("select pg_advisory_xact_lock($1::int8)", [askLockKey])]);
      if (!(await fence.enter(tx))) return null;
      const asked = await askQuestions(tx, batch);
      await along(tx, asked);
      await fence.leave(tx);
      return asked;
    },
    { timeoutMs: askTimeoutMs },
  ).finally(() => fence.over());
}
