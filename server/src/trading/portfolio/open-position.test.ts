import { describe, expect, test } from "vitest";
import { price, quantity } from "../../core/decimal.ts";
import { openPosition, type Trade } from "./open-position.ts";

const at = (minute: number): Date => new Date(Date.UTC(2026, 6, 14, 14, minute));
const trade = (side: "buy" | "sell", qty: string, paid: string, minute: number): Trade => ({ side, qty: quantity(qty), price: price(paid), at: at(minute) });

describe("what trades add up to", () => {
  test("nothing is no position, and neither is one that was sold", () => {
    expect(openPosition([])).toBeNull();
    expect(openPosition([trade("buy", "1", "100", 0), trade("sell", "1", "110", 1)])).toBeNull();
  });
  test("the entry is the average of what was bought", () => {
    expect(openPosition([trade("buy", "1", "100", 0), trade("buy", "3", "104", 1)])).toEqual({ qty: "4", avgEntry: "103", openedAt: at(0) });
  });
  test("a sale leaves the entry as it was, and what is bought after it is averaged with what was left", () => {
    expect(openPosition([trade("buy", "2", "100", 0), trade("sell", "1", "150", 1)])).toEqual({ qty: "1", avgEntry: "100", openedAt: at(0) });
    expect(openPosition([trade("buy", "2", "100", 0), trade("sell", "1", "150", 1), trade("buy", "1", "110", 2)])).toEqual({ qty: "2", avgEntry: "105", openedAt: at(0) });
  });
  test("begins anew when it was empty", () => {
    expect(openPosition([trade("buy", "2", "100", 0), trade("sell", "2", "150", 1), trade("buy", "0.5", "110", 2)])).toEqual({ qty: "0.5", avgEntry: "110", openedAt: at(2) });
  });
  test("a sale of nothing is nothing", () => {
    expect(openPosition([trade("sell", "2", "100", 0), trade("buy", "1", "100", 1)])).toEqual({ qty: "1", avgEntry: "100", openedAt: at(1) });
  });
});
