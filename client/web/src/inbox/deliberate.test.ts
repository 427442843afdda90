import { expect, test } from "vitest";
import { needsHold } from "./deliberate.ts";

test("real money always takes a hold", () => {
  expect(needsHold("live", "1", null)).toBe(true);
  expect(needsHold("live", "1", "500")).toBe(true);
});

test("on paper only more than the person's own threshold does, and the threshold itself does not", () => {
  expect(needsHold("paper", "100", "100")).toBe(false);
  expect(needsHold("paper", "100.01", "100")).toBe(true);
  expect(needsHold("paper", "1000000", null)).toBe(false);
});

test("an amount that nobody can tell counts as a large one", () => {
  expect(needsHold("paper", null, "100")).toBe(true);
});
