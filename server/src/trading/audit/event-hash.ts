/** The log's hashes, computed here and not by the database's own functions, which whoever rewrites rows might have rewritten too. */
import { createHash } from "node:crypto";

/** Before the first event of each chain, and before the first of an archive's digest. Hashes are hexadecimal. */
export const nothingBefore = "0".repeat(64);

export const sha256 = (...parts: (string | Buffer)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

/** Of an event that says `said` (in the canonical form of migration 0007) and follows another. */
export const eventHash = (hashBefore: string, said: string): string => sha256(Buffer.from(hashBefore, "hex"), Buffer.from(sha256(said), "hex"));
