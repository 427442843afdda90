import type { Asset, AssetList } from "../market/assets.ts";
import type { CryptoMarket } from "../market/crypto-walk.ts";
import type { StockMarket } from "../market/market.ts";
import { ticksToDecimal } from "../market/ticks.ts";
import { Decimal } from "../money.ts";
import type { SimulatorClock } from "../time/clock.ts";
import { addDays, newYorkDate, newYorkInstant } from "../time/new-york.ts";
import { nextCloseMs, nextOpenMs, openSession, type Timeline } from "../time/timeline.ts";

const HOUR_MS = 3_600_000;

/** What a test may force: the market open or shut, whatever the recording says. */
export type ForcedMarket = "open" | "closed" | undefined;

/** The exchange's view of now: time with its offset, whether one can trade, and at which price. */
export class Venue {
  readonly timeline: Timeline;
  readonly stocks: StockMarket;
  readonly crypto: CryptoMarket;
  readonly assets: AssetList;
  readonly #clock: SimulatorClock;
  offsetMs = 0;
  #forced: ForcedMarket;

  constructor(parts: { timeline: Timeline; stocks: StockMarket; crypto: CryptoMarket; assets: AssetList; clock: SimulatorClock }) {
    this.timeline = parts.timeline;
    this.stocks = parts.stocks;
    this.crypto = parts.crypto;
    this.assets = parts.assets;
    this.#clock = parts.clock;
  }

  /** The simulator's now, in milliseconds since the epoch. */
  now(): number {
    return this.#clock.now() + this.offsetMs;
  }

  /** Overrides the recorded hours, or (undefined) follows them again. */
  force(state: ForcedMarket): void {
    this.#forced = state;
    this.stocks.alwaysPrinting = state === "open";
  }

  isOpen(): boolean {
    if (this.#forced !== undefined) return this.#forced === "open";
    return openSession(this.timeline, this.now()) !== undefined;
  }

  nextOpenMs(): number {
    return nextOpenMs(this.timeline, this.now());
  }

  nextCloseMs(): number {
    const now = this.now();
    if (this.#forced === "open" && openSession(this.timeline, now) === undefined) {
      return Math.min(now + HOUR_MS, newYorkInstant(addDays(newYorkDate(now), 1), "00:00") - 1000);
    }
    return nextCloseMs(this.timeline, now);
  }

  /** The trading date as a client derives it from `/v2/clock`. */
  tradingDate(): string {
    return newYorkDate(this.isOpen() ? this.nextCloseMs() : this.now());
  }

  /** When the current trading day began: with its pre-market, or at New York's midnight when nothing is traded. */
  tradingDayStartMs(): number {
    const date = this.tradingDate();
    return this.timeline.sessions.find((session) => session.date === date)?.preOpenMs ?? newYorkInstant(date, "00:00");
  }

  canTrade(asset: Pick<Asset, "class" | "symbol">, extendedHours: boolean): boolean {
    if (asset.class === "crypto") return true;
    if (this.stocks.isFrozen(asset.symbol)) return false;
    if (this.isOpen()) return true;
    const now = this.now();
    return extendedHours && this.timeline.sessions.some((session) => session.preOpenMs <= now && now < session.postCloseMs);
  }

  /** The last price in dollars; undefined when the symbol never traded. */
  lastPrice(symbol: string): Decimal | undefined {
    const trade = this.crypto.has(symbol) ? this.crypto.latestTrade(symbol, this.now()) : this.stocks.latestTrade(symbol, this.now());
    return trade === undefined ? undefined : new Decimal(ticksToDecimal(trade.price));
  }

  /** The close before the current trading day. */
  previousClose(symbol: string): Decimal | undefined {
    const now = this.now();
    if (this.crypto.has(symbol)) return new Decimal(ticksToDecimal(this.crypto.dailyBars(symbol, now).before.c));
    const bars = this.stocks.dailyBars(symbol, now);
    const started = this.timeline.sessions.some((session) => session.date === this.tradingDate() && session.openMs <= now);
    const bar = bars.at(started ? -2 : -1);
    return bar === undefined ? undefined : new Decimal(ticksToDecimal(bar.c));
  }

  /** When a day order placed now expires: at the close of the session it can trade in. */
  dayOrderExpiryMs(extendedHours: boolean): number {
    const now = this.now();
    const session = this.timeline.sessions.find((candidate) => (extendedHours ? candidate.postCloseMs : candidate.closeMs) > now);
    if (session === undefined || this.#forced === "open") return this.nextCloseMs();
    return extendedHours ? session.postCloseMs : session.closeMs;
  }
}
