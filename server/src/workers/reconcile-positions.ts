/** What the account holds beside what everybody's orders come to. Differences are kept and shown; nothing is ever traded by them. */
import type { Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import { comparePositions } from "../trading/portfolio/compare-positions.ts";
import { keepDifferences, readTradedSymbols, type KnownDifferences } from "../trading/portfolio/position-differences-table.ts";
import type { BrokerPort } from "../trading/ports.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";

/** All orders that were ever filled are added up: about two seconds for a million. */
const readingTimeoutMs = 120_000;

/**
 * Our books are read on both sides of the broker's answer, so that nothing is held against a symbol in which an order executed
 * meanwhile.
 * @throws BrokerUnavailableError, and the database's errors
 */
export async function reconcilePositions({ pool, fence, broker }: { pool: Pool; fence: DeskFence; broker: BrokerPort }, signal: AbortSignal): Promise<KnownDifferences> {
  const traded = () => withTransaction(pool, readTradedSymbols, { timeoutMs: readingTimeoutMs });
  const before = await traded();
  const positions = await broker.positions(signal);
  const compared = comparePositions(before, positions, await traded());
  return fencedTransaction(pool, fence, (tx) => keepDifferences(tx, compared));
}
