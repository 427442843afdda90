import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import type { UserShard } from "../trading/config/config-table.ts";
import { askQuestions, askSettings, encodeBatch, type AskOutcome, type QuestionShape, type Recipient } from "./ask-statement.ts";
import { toTradingQuestionsInTurns, type AnyFiring, type AskContext } from "./ask-trading.ts";

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
 * Who may ask, and whom: users of the shard and nobody else. Held from before the first row is written until the commit. `enter` says whether this process may, and keeps
 * others from it until the transaction ends; `leave` is called before the commit, `over` after the transaction, however it went.
 */
export type AskFence = { readonly shard: UserShard; enter(tx: Db): Promise<boolean>; leave(tx: Db): Promise<void>; over(): void };

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
      await Promise.all([tx.query(askSettings), takeTurn(tx, fence.shard)]);
      if (!(await fence.enter(tx))) return null;
      const asked = await askQuestions(tx, batch, fence.shard);
      await along(tx, asked);
      await fence.leave(tx);
      return asked;
    },
    { timeoutMs: askTimeoutMs },
  ).finally(() => fence.over());
}

/**
 * Asks of a shard are taken one after the other, over all processes: two at once could each see nine open questions of a user
 * and each add the tenth. Asks of different shards run side by side, since no user is in two; those of workers that split users
 * in different ways do not (migration 0039).
 */
async function takeTurn(tx: Db, { index, of }: UserShard): Promise<void> {
  await tx.query("select take_turn_to_ask($1::int4, $2::int4)", [of, index]);
}
