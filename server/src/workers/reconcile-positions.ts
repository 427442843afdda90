/** What the account holds beside what everybody's orders come to. Differences are kept and shown; nothing is ever traded by them. */
import type { Pool } from "../db/pool.ts";
import { comparePositions } from "../trading/portfolio/compare-positions.ts";
import { keepDifferences, readTradedSymbols, type KnownDifferences } from "../trading/portfolio/position-differences-table.ts";
import type { BrokerPort } from "../trading/ports.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";

/**
 * Our books are read on both sides of the broker's answer, so that nothing is held against a symbol in which an order executed
 * meanwhile.
 * @throws BrokerUnavailableError, and the database's errors
 */
export async function reconcilePositions({ pool, fence, broker }: { pool: Pool; fence: DeskFence; broker: BrokerPort }, signal: AbortSignal): Promise<KnownDifferences> {
  const before = await readTradedSymbols(pool);
  const positions = await broker.positions(signal);
  const compared = comparePositions(before, positions, await readTradedSymbols(pool));
  return fencedTransaction(pool, fence, (tx) => keepDifferences(tx, compared));
}
