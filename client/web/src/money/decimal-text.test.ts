import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aboutShares, compareDecimals, fromBillionths, movedByPercent, percentChange, percentSize, price, quantity, signedUsd, sumOf, toBillionths, usd, usdBrief } from "./decimal-text.ts";

describe("money on screen", () => {
  it("always shows cents, groups thousands, and puts the sign before the currency", () => {
    expect(usd("10")).toBe("$10.00");
    expect(usd("1234567.891")).toBe("$1,234,567.89");
    expect(usd("-0.125")).toBe("−$0.13");
    expect(usd("999.995")).toBe("$1,000.00");
  });

  it("keeps digits that a binary float would lose", () => {
    expect(usd("900719925474099.35")).toBe("$900,719,925,474,099.35");
    expect(usd("1.005")).toBe("$1.01");
  });

  it("adds up exactly, and says with a sign what was made or lost", () => {
    expect(sumOf(["0.1", "0.2", "-0.35"])).toBe("-0.05");
    expect(sumOf([])).toBe("0");
    expect([signedUsd("2.94"), signedUsd("-0.45"), signedUsd("0")]).toEqual(["+$2.94", "−$0.45", "$0.00"]);
    expect([signedUsd("0.004"), signedUsd("-0.004")]).toEqual(["$0.00", "$0.00"]);
  });

  it("leaves the cents away on a button when there are none", () => {
    expect(usdBrief("10.00")).toBe("$10");
    expect(usdBrief("10.5")).toBe("$10.50");
  });

  it("shows a dash for what is not a decimal", () => {
    expect(usd("NaN")).toBe("—");
    expect(price("1e5")).toBe("—");
  });

  it("says about how many shares an amount buys", () => {
    expect(aboutShares("10", "492.00")).toBe("0.0203");
    expect(aboutShares("50", "9.13")).toBe("5.4765");
    expect(aboutShares("1", "60000")).toBe("0.000017");
    expect(aboutShares("10", "0")).toBeNull();
  });

  it("shows changes as sizes and trims quantities", () => {
    expect(percentSize("-1.62")).toBe("1.6");
    expect(percentSize("0.04")).toBe("0.04");
    expect(quantity("0.020325203")).toBe("0.0203");
    expect(quantity("3.000000000")).toBe("3");
  });

  it("finds a rule's level and a price's drift", () => {
    expect(movedByPercent("500.00", "-1.5")).toBe("492.5");
    expect(percentChange("500", "492.5")).toBe("-1.5");
    expect(percentChange("0", "5")).toBeNull();
    expect(compareDecimals("9.9", "10")).toBe(-1);
  });

  it("reads back every decimal that it writes", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 23n), max: 10n ** 23n }), (value) => {
        expect(toBillionths(fromBillionths(value))).toBe(value);
      }),
    );
  });
});
