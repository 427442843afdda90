import type { Exact } from "./fraction.ts";
import type { SymbolView } from "./symbol-view.ts";
import type { Amount, UserView } from "./user-view.ts";

/** What the parts of a bound program read from; `user` and `memory` are of the look that is on. */
export type Look = { readonly view: SymbolView; readonly maxAgeMs: number; user: UserView | null; memory: Float64Array };

/** A bound that is a part of the value and something besides, or one that is worked out. */
export type Slack = { relative: number; absolute: number } | ((value: number) => number);

/** An operand tied to one symbol. */
export type BoundOperand = {
  /** As reports name it: `last`, `rsi(14) 1Min`, `change percent from prev_close`. */
  readonly name: string;
  /** NaN while unknown. */
  read(): number;
  /**
   * The exact value of what is known, for comparisons that doubles cannot decide; it gives null for a division by what is exactly
   * zero. Itself null where a value is a double by nature (indicators).
   */
  readonly exact: Exact;
  /** How far a value, as just read, may be from the exact value. Null: it is the nearest double to it. */
  readonly slack: Slack | null;
  /** Of a leaf: the decimal that it stands for. */
  readonly written?: () => Amount;
  /** The value of what never changes. */
  readonly constant?: number;
  /** Null while known, otherwise why it is not. */
  why(): string | null;
  /** What was looked at, as decimal text by name; unknown parts are left out. */
  tell(into: Record<string, string>): void;
};

/** A bar field or an indicator, with the values that it had before. */
export type BoundSeries = BoundOperand & { back(bars: number): number };

const shownDecimals = 9;

/** A double for people and records: at most nine decimals, no exponent. */
function showNumber(value: number): string {
  const shortest = String(value);
  if (shortest.length <= shownDecimals && !shortest.includes("e")) return shortest;
  const text = value.toFixed(shownDecimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "").replace(/^-0$/, "0") : text;
}

/** Tells a value under its name; NaN is not told. Rules that fire together tell the same values, so the last text is kept. */
export function createTeller(name: string): (into: Record<string, string>, value: number) => void {
  let told = Number.NaN;
  let text = "";
  return (into, value) => {
    if (Number.isNaN(value)) return;
    if (value !== told) [told, text] = [value, showNumber(value)];
    into[name] = text;
  };
}
