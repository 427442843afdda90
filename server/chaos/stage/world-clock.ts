/**
 * The time of a simulated world. It runs on at its natural speed, and jumps when it is told to: for this process (`Date` and
 * `performance.now`), for the broker's simulator, and for PostgreSQL, whose `now()` and `clock_timestamp()` are shadowed in
 * a simulation's databases (stage.ts). So an hour, a weekend or a change to summer time costs no time at all.
 */
import type { SimulatorClock } from "@nod/alpaca-simulator";

const NaturalDate = Date;
const naturalPerformanceNow = performance.now.bind(performance);

export type WorldClock = {
  /** This machine's own time, in milliseconds since the epoch. */
  naturalMs(): number;
  /** The world's time. */
  nowMs(): number;
  /** How far the world is ahead of this machine. */
  aheadMs(): number;
  /** For everything in this process at once; never back. */
  jump(ms: number): void;
  /** The broker's: `skewMs` ahead of the world for good. It never goes back. */
  brokerClock: SimulatorClock;
  brokerNowMs(): number;
  /** Puts this machine's own time back. */
  remove(): void;
};

/** Takes over the clock of this process: one world at a time. */
export function installWorldClock(startsAtMs: number, brokerSkewMs: number): WorldClock {
  let aheadMs = startsAtMs - NaturalDate.now();
  let jumpedMs = 0;
  const nowMs = (): number => NaturalDate.now() + aheadMs;

  class WorldDate extends NaturalDate {
    constructor(...given: [] | ConstructorParameters<typeof NaturalDate>) {
      if (given.length === 0) super(nowMs());
      else super(...given);
    }
    static override now(): number {
      return nowMs();
    }
    /** What was made before the take-over is a date too. */
    static override [Symbol.hasInstance](value: unknown): boolean {
      return Object.prototype.toString.call(value) === "[object Date]";
    }
  }
  Object.defineProperty(globalThis, "Date", { value: WorldDate, configurable: true, writable: true });
  Object.defineProperty(performance, "now", { value: () => naturalPerformanceNow() + jumpedMs, configurable: true, writable: true });

  const brokerNowMs = (): number => nowMs() + brokerSkewMs;
  return {
    naturalMs: () => NaturalDate.now(),
    nowMs,
    aheadMs: () => aheadMs,
    jump: (ms) => {
      aheadMs += ms;
      jumpedMs += ms;
    },
    brokerNowMs,
    brokerClock: {
      now: brokerNowMs,
      after: (delayMs, task) => {
        const timer = setTimeout(task, delayMs);
        timer.unref();
        return () => clearTimeout(timer);
      },
    },
    remove: () => {
      Object.defineProperty(globalThis, "Date", { value: NaturalDate, configurable: true, writable: true });
      Object.defineProperty(performance, "now", { value: naturalPerformanceNow, configurable: true, writable: true });
    },
  };
}
