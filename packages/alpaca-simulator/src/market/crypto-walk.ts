import { seededInteger, seededUnit } from "../seeded.ts";
import type { Bar } from "./bars.ts";
import type { Quote, Trade } from "./market.ts";
import { CENT, type Ticks } from "./ticks.ts";

const BASE: Readonly<Record<string, Ticks>> = { "BTC/USD": 60_000_0000, "ETH/USD": 3_000_0000 };
const DAY_MS = 86_400_000;
/** Samples a bar is made of: enough for a shape, few enough for a year of days. */
const SAMPLES_PER_BAR = 12;

/**
 * A seeded walk for crypto, which trades round the clock and of which nothing is recorded:
 * slow waves of up to 3 % around a base price and noise of some basis points each second.
 * It is made up, and only here so that crypto paths can be tested.
 */
export class CryptoMarket {
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  get symbols(): string[] {
    return Object.keys(BASE);
  }

  has(symbol: string): boolean {
    return Object.hasOwn(BASE, symbol);
  }

  price(symbol: string, epochMs: number): Ticks {
    const base = BASE[symbol] ?? 0;
    const second = Math.floor(epochMs / 1000);
    const wave = (periodSeconds: number, share: number): number =>
      share * Math.sin((2 * Math.PI * (second % periodSeconds)) / periodSeconds + 6.28 * seededUnit(this.#seed, symbol, periodSeconds));
    const noise = (seededUnit(this.#seed, symbol, "noise", second) - 0.5) * 0.0006;
    return Math.round((base * (1 + wave(5 * 86_400, 0.02) + wave(14_400, 0.008) + wave(900, 0.002) + noise)) / CENT) * CENT;
  }

  latestTrade(symbol: string, nowMs: number): Trade {
    return { price: this.price(symbol, nowMs), atMs: Math.floor(nowMs / 1000) * 1000, size: seededInteger(1, 50, this.#seed, symbol, Math.floor(nowMs / 1000)) / 1000 };
  }

  latestQuote(symbol: string, nowMs: number): Quote {
    const trade = this.latestTrade(symbol, nowMs);
    const half = Math.round(trade.price / 10_000 / CENT) * CENT;
    return { bid: trade.price - half, ask: trade.price + half, bidSize: 1.25, askSize: 1.5, atMs: trade.atMs };
  }

  /** Bars of `widthMs` whose start lies in [startMs, endMs], the last one as far as it has come; at most `limit`. */
  bars(symbol: string, widthMs: number, startMs: number, endMs: number, nowMs: number, limit: number): Bar[] {
    const bars: Bar[] = [];
    for (let t = Math.ceil(startMs / widthMs) * widthMs; t <= Math.min(endMs, nowMs) && bars.length < limit; t += widthMs) {
      bars.push(this.bar(symbol, t, widthMs, nowMs));
    }
    return bars;
  }

  bar(symbol: string, t: number, widthMs: number, nowMs: number): Bar {
    const lastMs = Math.min(t + widthMs - 1000, nowMs);
    const samples = Array.from({ length: SAMPLES_PER_BAR }, (_, index) => this.price(symbol, t + ((lastMs - t) * index) / (SAMPLES_PER_BAR - 1)));
    const date = new Date(t).toISOString().slice(0, 10);
    return { t, o: samples[0] ?? 0, h: Math.max(...samples), l: Math.min(...samples), c: samples.at(-1) ?? 0, v: Math.round(widthMs / 60_000), recordedDate: date };
  }

  /** The day's bar (UTC days) and the one before. */
  dailyBars(symbol: string, nowMs: number): { today: Bar; before: Bar } {
    const t = Math.floor(nowMs / DAY_MS) * DAY_MS;
    return { today: this.bar(symbol, t, DAY_MS, nowMs), before: this.bar(symbol, t - DAY_MS, DAY_MS, nowMs) };
  }
}
