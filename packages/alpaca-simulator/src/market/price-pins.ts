import type { Bar } from "./bars.ts";
import type { Ticks } from "./ticks.ts";

/** A stretch of time in which a test, not the recording, says what a symbol costs. */
type Pin = { fromMs: number; untilMs: number; price: Ticks };

/** Prices set through the control API, over the recording. */
export class PricePins {
  readonly #bySymbol = new Map<string, Pin[]>();

  /** From `nowMs` on the symbol costs `price`, until it is set again or released. */
  set(symbol: string, price: Ticks, nowMs: number): void {
    this.release(symbol, nowMs);
    const pins = this.#bySymbol.get(symbol) ?? [];
    pins.push({ fromMs: nowMs, untilMs: Infinity, price });
    this.#bySymbol.set(symbol, pins);
  }

  /** From `nowMs` on the symbol follows the recording again. */
  release(symbol: string, nowMs: number): void {
    const last = this.#bySymbol.get(symbol)?.at(-1);
    if (last?.untilMs === Infinity) last.untilMs = nowMs;
  }

  at(symbol: string, nowMs: number): { price: Ticks; fromMs: number } | undefined {
    return this.#bySymbol.get(symbol)?.findLast((pin) => pin.fromMs <= nowMs && nowMs < pin.untilMs);
  }

  /** Laid over a bar that spans [t, t + spanMs) and is seen at `nowMs`. */
  over(symbol: string, bar: Bar, spanMs: number, nowMs: number): Bar {
    const pins = this.#bySymbol.get(symbol);
    if (pins === undefined) return bar;
    const endMs = Math.min(bar.t + spanMs, nowMs + 1);
    let result = bar;
    for (const pin of pins) {
      if (pin.fromMs >= endMs || pin.untilMs <= bar.t || pin.untilMs === pin.fromMs) continue;
      const covers = pin.fromMs <= bar.t;
      const base = covers && pin.untilMs >= endMs ? { h: pin.price, l: pin.price, o: pin.price } : result;
      result = {
        ...result,
        o: covers ? pin.price : base.o,
        h: Math.max(base.h, pin.price),
        l: Math.min(base.l, pin.price),
        c: pin.untilMs >= endMs ? pin.price : result.c,
      };
    }
    return result;
  }
}
