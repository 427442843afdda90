import type { BarField, Timeframe } from "@nod/contract/rule-language";
import { columnAt, createBarWindow, heldBars, powerOfTwoFrom, push, timeframeMs, widen, widened, type FinishedBar } from "./bar-window.ts";
import { createIndicator, type Indicator } from "./indicator.ts";
import type { IndicatorSpec } from "./indicator-spec.ts";
import type { NewYorkDay } from "./new-york-day.ts";

/** One indicator of a symbol's timeframe; all programs that name it read the same values. */
export type IndicatorSeries = {
  /** As of the last bar, and as of the bar `offset` back; NaN while unknown. */
  readonly latest: number;
  at(offset: number): number;
};

/** How much history a program wants of a timeframe. `wholeDay`: the bars of the trading day so far besides. */
export type HistoryNeed = { timeframe: Timeframe; bars: number; wholeDay: boolean };

/** A symbol's finished bars of one timeframe and what is computed over them. */
export type BarFrame = {
  readonly timeframe: Timeframe;
  /** Bars taken, those that are no longer held among them. */
  readonly count: number;
  /** When the last bar began and ended, and the day in New York that it belongs to; NaN before the first. */
  readonly lastStartsAtMs: number;
  readonly lastEndsAtMs: number;
  readonly lastDayStartsAtMs: number;
  at(field: BarField | "startsAtMs", offset: number): number;
  /** @returns false for a bar that is not newer than the last one: it is left out */
  close(bar: FinishedBar): boolean;
  /** Begins anew from these, oldest first: everything is computed from them and from nothing else. */
  load(bars: readonly FinishedBar[]): void;
  series(spec: IndicatorSpec, maxOffset: number): IndicatorSeries;
  /** Makes room; from then on `lacks` tells what `load` did not bring yet. */
  reserve(bars: number, wholeDay: boolean): void;
  lacks(): HistoryNeed | null;
};

/** `since`: the count of bars before the first that the indicator was given. */
type Slot = IndicatorSeries & { latest: number; spec: IndicatorSpec; indicator: Indicator; since: number; values: Float64Array };

type Mutable<Frame> = { -readonly [Key in keyof Frame]: Frame[Key] };

/** A day has at most so many minutes; what needs the whole day keeps them all. */
const dayMinutesMs = 86_400_000;

export function createBarFrame(timeframe: Timeframe, dayOf: (atMs: number) => NewYorkDay): BarFrame {
  const window = createBarWindow();
  const slots = new Map<string, Slot>();
  let running: Slot[] = [];
  let wanted: HistoryNeed = { timeframe, bars: 0, wholeDay: false };
  let loaded: HistoryNeed = { timeframe, bars: 0, wholeDay: false };

  const take = (bar: FinishedBar, day: number): void => {
    push(window, bar);
    frame.count = window.count;
    frame.lastStartsAtMs = bar.startsAtMs;
    frame.lastEndsAtMs = bar.startsAtMs + timeframeMs[timeframe];
    frame.lastDayStartsAtMs = day;
    for (const slot of running) {
      slot.latest = slot.indicator.update(window, window.count - slot.since, day);
      slot.values[(window.count - 1) & (slot.values.length - 1)] = slot.latest;
    }
  };
  const createSlot = (spec: IndicatorSpec, room: number): Slot => {
    const slot: Slot = {
      spec,
      indicator: createIndicator(spec),
      since: 0,
      values: new Float64Array(room).fill(Number.NaN),
      latest: Number.NaN,
      at: (offset) => (offset < window.count ? (slot.values[(window.count - 1 - offset) & (slot.values.length - 1)] ?? Number.NaN) : Number.NaN),
    };
    return slot;
  };
  /** A series that comes later is computed from the bars that are held, and leaves the others alone. */
  const catchUp = (slot: Slot): void => {
    const past = createBarWindow();
    widen(past, window.mask + 1);
    const held = heldBars(window);
    slot.since = window.count - held.length;
    for (const [index, bar] of held.entries()) {
      push(past, bar);
      slot.latest = slot.indicator.update(past, past.count, dayOf(bar.startsAtMs).startsAtMs);
      slot.values[(window.count - held.length + index) & (slot.values.length - 1)] = slot.latest;
    }
  };

  const frame: Mutable<BarFrame> = {
    timeframe,
    count: 0,
    lastStartsAtMs: Number.NaN,
    lastEndsAtMs: Number.NaN,
    lastDayStartsAtMs: Number.NaN,
    at: (field, offset) => columnAt(window, field, offset),
    close(bar) {
      if (bar.startsAtMs <= frame.lastStartsAtMs) return false;
      take(bar, dayOf(bar.startsAtMs).startsAtMs);
      return true;
    },
    load(bars) {
      window.count = 0;
      frame.count = 0;
      frame.lastStartsAtMs = Number.NaN;
      frame.lastEndsAtMs = Number.NaN;
      for (const slot of running) {
        slot.indicator = createIndicator(slot.spec);
        slot.since = 0;
        slot.latest = Number.NaN;
      }
      for (const bar of bars) frame.close(bar);
      loaded = wanted;
    },
    series(spec, maxOffset) {
      const name = Object.values(spec).join(" ");
      const room = powerOfTwoFrom(maxOffset + 1);
      const known = slots.get(name);
      if (known !== undefined) {
        if (room > known.values.length) known.values = widened(known.values, window.count, room);
        return known;
      }
      const slot = createSlot(spec, room);
      slots.set(name, slot);
      running = [...running, slot];
      catchUp(slot);
      return slot;
    },
    reserve(bars, wholeDay) {
      wanted = { timeframe, bars: Math.max(wanted.bars, bars), wholeDay: wanted.wholeDay || wholeDay };
      widen(window, wanted.wholeDay ? Math.max(wanted.bars, dayMinutesMs / timeframeMs[timeframe]) : wanted.bars);
    },
    lacks: () => (wanted.bars > loaded.bars || (wanted.wholeDay && !loaded.wholeDay) ? wanted : null),
  };
  return frame;
}
