import type { StreamWish } from "./stream-port.ts";

/** The free plan's limit of symbols on one connection. */
export const maxStreamedSymbols = 30;

export type StreamCandidate = StreamWish & { rules: number };

/**
 * Who gets a place on the stream: the symbols with the most rules on them, over all users, and among equals the first by the
 * alphabet. Everything else is polled.
 */
export function pickStreamed(candidates: readonly StreamCandidate[], places = maxStreamedSymbols): StreamWish[] {
  const bySymbol = (a: StreamCandidate, b: StreamCandidate): number => (a.symbol < b.symbol ? -1 : a.symbol > b.symbol ? 1 : 0);
  return candidates
    .toSorted((a, b) => b.rules - a.rules || bySymbol(a, b))
    .slice(0, places)
    .map(({ symbol, quoted }) => ({ symbol, quoted }));
}
