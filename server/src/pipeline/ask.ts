import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import type { UserShard } from "../trading/config/config-table.ts";
import { askQuestions, askSettings, encodeBatch, type AskOutcome, type EncodedBatch, type QuestionShape, type Recipient } from "./ask-statement.ts";
import { toTradingQuestionsInTurns, type AnyFiring, type AskContext } from "./ask-trading.ts";

/** Ten thousand questions take a second; sixty times that is a database in trouble. */
const askTimeoutMs = 60_000;

/**
 * Firings in one transaction. More are asked in as many as it takes: the first hear of it while the last are still being
 * written, the next ones are put into words meanwhile, and no statement is so large that writing it to its connection keeps others from their turn.
 */
const firingsPerTransaction = 10_000;

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

/**
 * `asked` runs in a transaction of questions, with the firings that led to one; `committed` after it, with what became of all
 * its firings, which stays so whatever becomes of the next transaction. `committed` must not throw.
 */
export type Asking = AskContext & { fence: AskFence; asked?: (tx: Db, firings: readonly AnyFiring[]) => Promise<void>; committed?: (part: FiringsAsked) => void };

/** Turns firings into questions. Nobody is asked any more from where the fence lets nobody through. */
export async function askFirings(pool: Pool, firings: readonly AnyFiring[], asking: Asking): Promise<FiringsAsked> {
  const outcome: FiringsAsked = { at: null, asked: [], cooling: [], named: [] };
  let worded = inWords(firings, 0, asking);
  for (let start = 0; start < firings.length; start += firingsPerTransaction) {
    const { batch, places } = await worded;
    worded = inWords(firings, start + firingsPerTransaction, asking);
    // Whoever waits for it hears of it, and if this transaction fails nobody does.
    worded.catch(() => undefined);
    if (places.length === 0) continue;
    const placeOf = (recipient: number): number => start + (places[recipient] ?? 0);
    const answer = await askEncoded(pool, batch, asking.fence, async (tx, { asked }) =>
      asking.asked?.(tx, asked.flatMap((recipient) => firings[placeOf(recipient)] ?? [])),
    );
    if (answer === null) return outcome;
    const part: FiringsAsked = {
      at: answer.at,
      asked: answer.asked.map(placeOf),
      cooling: answer.cooling.map(({ recipient, untilMs }) => ({ recipient: placeOf(recipient), untilMs })),
      named: answer.named.map(({ recipient, questionId }) => ({ recipient: placeOf(recipient), questionId })),
    };
    asking.committed?.(part);
    outcome.at = part.at;
    for (const place of part.asked) outcome.asked.push(place);
    for (const each of part.cooling) outcome.cooling.push(each);
    for (const each of part.named) outcome.named.push(each);
  }
  return outcome;
}

/** The firings of one transaction as it sends them; `places[recipient]` is into them. */
async function inWords(firings: readonly AnyFiring[], start: number, context: AskContext): Promise<{ batch: EncodedBatch; places: number[] }> {
  const { shapes, recipients, firings: places } = await toTradingQuestionsInTurns(firings.slice(start, start + firingsPerTransaction), context);
  return { batch: await encodeBatch(shapes, recipients), places };
}

/** One statement in a transaction of its own. Null: the fence let nobody through. */
export async function askBatch(
  pool: Pool,
  shapes: readonly QuestionShape[],
  recipients: readonly Recipient[],
  fence: AskFence,
): Promise<AskOutcome | null> {
  return askEncoded(pool, await encodeBatch(shapes, recipients), fence);
}

async function askEncoded(pool: Pool, batch: EncodedBatch, fence: AskFence, along?: (tx: Db, outcome: AskOutcome) => Promise<void>): Promise<AskOutcome | null> {
  return withTransaction(
    pool,
    async (tx) => {
      await Promise.all([tx.query(askSettings), takeTurn(tx, fence.shard)]);
      if (!(await fence.enter(tx))) return null;
      const asked = await askQuestions(tx, batch, fence.shard);
      await along?.(tx, asked);
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
