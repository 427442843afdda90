import { findOldestMonth } from "../../db/partitions-table.ts";
import type { Pool } from "../../db/pool.ts";
import { withTransaction } from "../../db/transaction.ts";
import { writeArchive } from "./archive-file.ts";
import { dropArchivedMonth, eventsOfMonth } from "./archives-table.ts";

/** Reading a month takes as long as it takes; the log goes on meanwhile. */
const readingTimeoutMs = 6 * 3_600_000;

/**
 * Writes the oldest month that is over longer than `keepMonths` months to a file and drops it; gives its name, or null when
 * there is none. What was written is on the disk before anything is dropped; killed in between, the next call writes it again.
 */
export async function archiveOldestMonth(pool: Pool, { folder, keepMonths }: { folder: string; keepMonths: number }): Promise<string | null> {
  const month = await findOldestMonth(pool, keepMonths);
  if (month === null) return null;
  const written = await withTransaction(pool, (tx) => writeArchive(folder, month.name, eventsOfMonth(tx, month)), { isolation: "repeatable read", timeoutMs: readingTimeoutMs });
  await dropArchivedMonth(pool, month.name, written);
  return month.name;
}
