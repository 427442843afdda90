import { describe, expect, test } from "vitest";
import { add, averagePrice, basisPointsBetween, compare, costOf, NotADecimalError, percentFrom, price, quantity, quantityFor, toCents, toSentenceNumber, usd, valueOf } from "./decimal.ts";

describe("decimal text", () => {
  test("adds a tenth and two tenths to exactly three tenths", () => {
    expect(add(usd("0.1"), usd("0.2"))).toBe("0.3");
  });

  test.each(["NaN", "Infinity", "1e3", "", " 1", "01", "1.", "0x10", "1".repeat(16), "0.1234567890"])("refuses %j", (text) => {
    expect(() => usd(text)).toThrow(NotADecimalError);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e-10])("refuses the number %d", (value) => {
    expect(() => usd(value)).toThrow(NotADecimalError);
  });

  test("reads a JSON number as it was typed", () => {
    expect(usd(10.1)).toBe("10.1");
  });

  test("compares by value and not by text", () => {
    expect(compare(usd("10.0"), usd("10"))).toBe(0);
    expect(compare(usd("9"), usd("10"))).toBe(-1);
  });
});

describe("amounts", () => {
  test("a share for 10 and two for 13 cost 12 each", () => {
    expect(averagePrice({ qty: quantity("1"), price: price("10") }, { qty: quantity("2"), price: price("13") })).toBe("12");
  });

  test("a third of a share at 10 is worth 3.33", () => {
    expect(valueOf(quantity("0.333333333"), price("10"))).toBe("3.33");
  });

  test("98.5 is 1.5 % below 100, exactly", () => {
    expect(percentFrom(price("100"), price("98.5"))).toBe("-1.5");
  });

  test("drift counts the same up and down", () => {
    expect(basisPointsBetween(price("200"), price("201"))).toBe("50");
    expect(basisPointsBetween(price("200"), price("199"))).toBe("50");
  });

  test("a cost is rounded up, a quantity down", () => {
    expect(costOf(quantity("0.333333333"), price("3"))).toBe("1");
    expect(costOf(quantity("1"), price("0.001"))).toBe("0.01");
    expect(quantityFor(usd("10"), price("3"))).toBe("3.333333333");
  });

  test("a notional goes out with two decimals", () => {
    expect(toCents(usd("10"))).toBe("10.00");
  });

  test("a sentence shows no trailing zeros", () => {
    expect(toSentenceNumber(percentFrom(price("3"), price("2")), 1)).toBe("-33.3");
  });
});
