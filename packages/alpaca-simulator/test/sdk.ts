import { Alpaca, type AlpacaClientOptions } from "@alpacahq/alpaca-trade-api";
import type { Simulator } from "../src/simulator.ts";

/** The unmodified SDK, its two hosts pointed at the simulator. */
export function sdk(sim: Simulator, options: Partial<AlpacaClientOptions> = {}): Alpaca {
  const [key] = sim.keys;
  if (key === undefined) throw new Error("the simulator has no key");
  return new Alpaca({
    keyId: key.keyId,
    secret: key.secretKey,
    fetchApi: (input, init) => {
      const url = new URL(input);
      return fetch(new URL(url.pathname + url.search, sim.url), init);
    },
    retry: { maxRetries: 2, retryDelayMs: 5 },
    rateLimit: false,
    ...options,
  });
}

/** Waits until `condition` holds; a generous limit, since machines are slow at times. */
export async function until<T>(condition: () => T | undefined | false | Promise<T | undefined | false>, what: string, limitMs = 60_000): Promise<T> {
  const giveUp = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > giveUp) throw new Error(`gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
