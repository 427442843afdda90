import { describe, expect, test } from "vitest";
import { usd } from "../../core/decimal.ts";
import { haltForDailyLoss, haltForDrawdown, haltForMarketDataGap, haltForReconciliation, haltForRejections, peakAfter, watchAfter, type Watch } from "./halt-rules.ts";

const noon = new Date("2024-05-01T16:00:00Z");
const ago = (seconds: number): Date => new Date(noon.getTime() - seconds * 1_000);

describe("the day's loss", () => {
  test("halts at the limit and not a cent before", () => {
    expect(haltForDailyLoss({ result: usd("-20"), limit: usd("20") })).toMatchObject({ trigger: "daily_loss", reason: "the day has lost $20, and your limit is $20" });
    expect(haltForDailyLoss({ result: usd("-19.99"), limit: usd("20") })).toBeNull();
    expect(haltForDailyLoss({ result: usd("500"), limit: usd("20") })).toBeNull();
  });
  test("that is not known, or not limited, halts nobody", () => {
    expect(haltForDailyLoss({ result: null, limit: usd("20") })).toBeNull();
    expect(haltForDailyLoss({ result: usd("-1000"), limit: null })).toBeNull();
  });
});

describe("the fall from the day's peak", () => {
  test("halts at the limit, from a gain as from the start at zero", () => {
    expect(haltForDrawdown({ result: usd("30"), peak: usd("50"), limit: usd("20") })).toMatchObject({ trigger: "drawdown", reason: expect.stringContaining("fallen $20 from its best of $50") });
    expect(haltForDrawdown({ result: usd("30.01"), peak: usd("50"), limit: usd("20") })).toBeNull();
    expect(haltForDrawdown({ result: usd("-20"), peak: usd("0"), limit: usd("20") })).toMatchObject({ trigger: "drawdown" });
    expect(haltForDrawdown({ result: usd("80"), peak: usd("50"), limit: usd("20") })).toBeNull();
  });
  test("that is not known, or not limited, halts nobody", () => {
    expect(haltForDrawdown({ result: null, peak: usd("50"), limit: usd("20") })).toBeNull();
    expect(haltForDrawdown({ result: usd("-1000"), peak: usd("50"), limit: null })).toBeNull();
  });
  test("the peak is never below zero and never falls", () => {
    expect([peakAfter(usd("0"), usd("-5")), peakAfter(usd("7"), usd("3")), peakAfter(usd("7"), usd("9"))]).toEqual(["0", "7", "9"]);
  });
});

test("five rejections halt, and four do not", () => {
  expect(haltForRejections({ withinWindow: 5 })).toMatchObject({ trigger: "rejections" });
  expect(haltForRejections({ withinWindow: 4 })).toBeNull();
});

test("a feed that fails for five minutes halts while the market is open", () => {
  const feeds = [{ name: "sip/us_equity", failingForSeconds: 0 }, { name: "iex/us_equity", failingForSeconds: 300 }];
  expect(haltForMarketDataGap({ marketIsOpen: true, feeds })).toMatchObject({ trigger: "market_data_gap", reason: expect.stringContaining("iex/us_equity") });
  expect(haltForMarketDataGap({ marketIsOpen: false, feeds })).toBeNull();
  expect(haltForMarketDataGap({ marketIsOpen: true, feeds: [{ name: "iex/us_equity", failingForSeconds: 299 }] })).toBeNull();
  expect(haltForMarketDataGap({ marketIsOpen: true, feeds: [] })).toBeNull();
});

test("books that are not compared for five minutes halt, counted from the start of who watches", () => {
  expect(haltForReconciliation({ at: noon, reconciledAt: ago(300), watchingSince: ago(9_000) })).toMatchObject({ trigger: "reconciliation_failure" });
  expect(haltForReconciliation({ at: noon, reconciledAt: ago(299), watchingSince: ago(9_000) })).toBeNull();
  expect(haltForReconciliation({ at: noon, reconciledAt: ago(90_000), watchingSince: ago(299) })).toBeNull();
  expect(haltForReconciliation({ at: noon, reconciledAt: null, watchingSince: ago(300) })).toMatchObject({ trigger: "reconciliation_failure" });
});

describe("after a machine has slept", () => {
  const at = (seconds: number): Date => new Date(Date.parse("2026-03-02T15:00:00Z") + seconds * 1_000);
  const lookingFor = (seconds: readonly number[]): Watch | null => seconds.reduce<Watch | null>((watch, second) => watchAfter(watch, at(second)), null);

  test("a watch that looks again and again goes on since its first look", () => {
    expect(lookingFor([0, 1, 2, 30])?.since).toEqual(at(0));
  });

  test("a watch that was interrupted begins anew, so that the books get their time before everybody is halted", () => {
    const watch = lookingFor([0, 1, 3_600]);
    expect(watch?.since).toEqual(at(3_600));
    expect(haltForReconciliation({ at: at(3_600), reconciledAt: at(1), watchingSince: watch?.since ?? at(0) })).toBeNull();
  });
});
