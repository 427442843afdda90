import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { percentFrom, price } from "../../core/decimal.ts";
import { renderQuestion, sanitiseText, showPrices } from "./question-text.ts";

const prices = { price: price("410.5"), ref: price("417.2"), pct: percentFrom(price("417.2"), price("410.5")) };
const values = { symbol: "SPY", notional: 10, ...showPrices(prices) };

describe("the question as it is read", () => {
  test("every placeholder is filled in: cents for prices, the distance without its sign", () => {
    expect(renderQuestion("{{symbol}} at {{price}}, {{pct}}% below {{ref}}: ${{notional}}?", values)).toBe("SPY at 410.50, 1.61% below 417.20: $10?");
  });

  test("odd cents of an amount are shown, and an asked amount shows its bounds", () => {
    expect(renderQuestion("{{notional}}", { ...values, notional: 10.5 })).toBe("10.50");
    expect(renderQuestion("{{notional}}", { ...values, notional: { ask: { min: 5, max: 50 } } })).toBe("5 to 50");
  });

  test("a price under a dollar keeps its decimals", () => {
    expect(renderQuestion("{{price}}", { ...values, ...showPrices({ ...prices, price: price("0.00012345") }) })).toBe("0.000123");
  });

  test("nothing but placeholders is replaced, and dollar signs mean nothing", () => {
    expect(renderQuestion("$& $1 {symbol} {{symbol}} $$", values)).toBe("$& $1 {symbol} SPY $$");
  });

  test("any template without braces comes out as it went in", () => {
    fc.assert(fc.property(fc.string().filter((text) => !/[{}]/.test(text)), (text) => renderQuestion(text, values) === text));
  });
});

test("sanitised text has nothing invisible in it, and sanitising again changes nothing", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const plain = sanitiseText(text);
      return !/[\p{Cc}\p{Cf}]/u.test(plain) && sanitiseText(plain) === plain;
    }),
  );
});
