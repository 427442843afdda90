import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../chaos/random.ts";
import type { Broker } from "./broker.ts";
import { awaySymbols, busySymbols, dippedPrice, prevClose } from "./scenario.ts";

const moveEveryMs = 1_000;
/** Hundredths of a percent of yesterday's close; all of it below the thresholds. */
const [lowest, highest] = [9_400, 9_690];

/** Moves what the connected follow every second, and lets what the others follow dip one after the other, evenly over the run. */
export async function movePrices(broker: Broker, of: { random: Random; forMs: number; signal: AbortSignal }): Promise<void> {
  const began = performance.now();
  let dipped = 0;
  while (!of.signal.aborted) {
    for (const symbol of busySymbols) await broker.setPrice(symbol, ((Number(prevClose) * of.random.integer(lowest, highest)) / 10_000).toFixed(2));
    const due = Math.min(awaySymbols.length, Math.ceil(((performance.now() - began) / of.forMs) * awaySymbols.length));
    for (const symbol of awaySymbols.slice(dipped, due)) await broker.setPrice(symbol, dippedPrice);
    dipped = due;
    await sleep(moveEveryMs, undefined, { signal: of.signal }).catch(() => undefined);
  }
}
