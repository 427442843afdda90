import type { SkippedPage } from "@nod/contract/skipped";
import { price, quantity, signedUsd } from "../money/decimal-text.ts";

export type SkippedMeasure = SkippedPage["questions"][number];

const exits: Record<NonNullable<SkippedMeasure["would_have"]>["because"], string> = {
  stop_loss: "at its stop",
  take_profit: "at its target",
  trailing_stop: "at its trailing stop",
  day_close: "at the day's close",
};

/** What an approval would have made, in one figure; null when it cannot be told. */
export function wouldHaveMade({ would_have: would }: SkippedMeasure): string | null {
  return would === null ? null : signedUsd(would.made_usd);
}

/** The same with how it was measured, or why it cannot be. */
export function measureWords(measure: SkippedMeasure): { title: string; detail: string } {
  const { would_have: would, side } = measure;
  if (would === null) return { title: "What it would have made is not known", detail: `Why: ${measure.unknown_because ?? "it cannot be measured"}.` };
  const qty = quantity(would.qty, 4);
  const detail =
    side === "buy"
      ? `${qty} bought at $${price(would.entry_price)} in the minute after, sold at $${price(would.exit_price)} ${exits[would.because]}. Fees and slippage are in it.`
      : `${qty} sold at $${price(would.entry_price)} in the minute after, against $${price(would.exit_price)} ${exits[would.because]}. Fees and slippage are in it.`;
  return { title: `Approved, it would have made ${signedUsd(would.made_usd)}`, detail };
}

/** All of the last days together: the figure, of how many, and how to take it. Null while there is none that can be measured. */
export function sumWords({ measured, made_usd: made, questions }: SkippedPage): { figure: string; title: string; detail: string } | null {
  if (measured === 0) return null;
  const of = questions.length === measured ? (measured === 1 ? "The one" : `All ${measured}`) : `${measured} of ${questions.length}`;
  return {
    figure: signedUsd(made),
    title: "had they all been approved",
    detail: `${of} skipped or expired in the last 30 days, as if approved: bought in the next minute, sold by their own exits or at the day's close, with fees and slippage. Below zero, skipping was worth it. A measure of the past, on stored minutes.`,
  };
}
