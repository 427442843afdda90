/** Alpaca's codes that another attempt in a second cannot change: a connection that is one too many, keys, the plan. */
const connectionLimitExceeded = 406;
const refusedForGood: ReadonlySet<number> = new Set([402, 409]);

const firstDelayMs = 1_000;
const longestDelayMs = 30_000;
/** Another process may hold the one connection until its lease has run out. */
const afterConnectionLimitMs = 8_000;
/** The part of a delay that chance takes away, so that processes that fell together do not come back together. */
const jitter = 0.2;

/**
 * How long to wait before the attempt that follows `failures` in a row: 1, 2, 4 … 30 s, less up to a fifth of it.
 * @param code of the error that the stream named; null for none
 * @param random in [0, 1)
 */
export function reconnectDelayMs(failures: number, code: number | null, random: number): number {
  const doubled = Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - 1));
  const least = code === null ? 0 : refusedForGood.has(code) ? longestDelayMs : code === connectionLimitExceeded ? afterConnectionLimitMs : 0;
  return Math.max(doubled, least) * (1 - jitter * random);
}
