import { describe, expect, it } from "vitest";
import { readAmount, stepAmount } from "./amount.ts";

const bounds = { min: "5", max: "50" };

describe("an amount that the card asks for", () => {
  it("is taken as typed, within the bounds", () => {
    expect(readAmount("12.5", bounds)).toBe("12.5");
    expect(readAmount("$20", bounds)).toBe("20");
    expect(readAmount("7,50", bounds)).toBe("7.50");
  });

  it.each(["4.99", "50.01", "", "ten", "1e1", "-20", "9.999", "NaN"])("is not %o", (text) => {
    expect(readAmount(text, bounds)).toBeNull();
  });

  it("steps by dollars and stops at the bounds", () => {
    expect(stepAmount("12.50", 1, bounds)).toBe("13");
    expect(stepAmount("12.50", -1, bounds)).toBe("12");
    expect(stepAmount("50", 1, bounds)).toBe("50");
    expect(stepAmount("5", -1, bounds)).toBe("5");
    expect(stepAmount("nonsense", 1, bounds)).toBe("6");
  });
});
