import type { SkippedPage } from "@nod/contract/skipped";
import { expect, test } from "vitest";
import { measureWords, sumWords, wouldHaveMade, type SkippedMeasure } from "./skipped-words.ts";

const measure = (changes: Partial<SkippedMeasure> = {}): SkippedMeasure => ({
  question_id: "q",
  rule_id: "dip",
  rule_text: "",
  symbol: "AIG",
  side: "buy",
  outcome: "rejected",
  asked_at: "2026-03-02T15:00:00Z",
  closed_at: "2026-03-02T15:01:00Z",
  price: "48.20",
  would_have: { qty: "10", entry_at: "2026-03-02T15:02:00Z", entry_price: "48.2241", exit_at: "2026-03-02T21:00:00Z", exit_price: "47.67615", because: "day_close", fees_usd: "0.02", made_usd: "-5.5" },
  unknown_because: null,
  ...changes,
});
const page = (measured: number, made_usd: string, questions: SkippedMeasure[]): SkippedPage => ({ questions, measured, made_usd, server_time: "2026-03-03T00:00:00Z" });

test("what was skipped is told with how it was measured", () => {
  expect(measureWords(measure())).toEqual({ title: "Approved, it would have made −$5.50", detail: "10 bought at $48.22 in the minute after, sold at $47.68 at the day's close. Fees and slippage are in it." });
  expect(measureWords(measure({ side: "sell" })).detail).toMatch(/^10 sold at \$48\.22 in the minute after, against \$47\.68 at the day's close\./);
  expect(wouldHaveMade(measure())).toBe("−$5.50");
});

test("what cannot be measured says why, and shows no figure", () => {
  const unknown = measure({ would_have: null, unknown_because: "no minutes are stored from then until the close" });
  expect(measureWords(unknown)).toEqual({ title: "What it would have made is not known", detail: "Why: no minutes are stored from then until the close." });
  expect(wouldHaveMade(unknown)).toBeNull();
});

test("together they are a sum, of how many, and how to take it", () => {
  expect(sumWords(page(0, "0", [measure({ would_have: null })]))).toBeNull();
  expect(sumWords(page(1, "-5.5", [measure(), measure({ would_have: null })]))).toMatchObject({ figure: "−$5.50", detail: expect.stringMatching(/^1 of 2 skipped or expired in the last 30 days, as if approved/) });
  expect(sumWords(page(2, "3", [measure(), measure()]))?.detail).toMatch(/^All 2 skipped.*Below zero, skipping was worth it\./);
});
