import { describe, expect, it } from "vitest";
import { secondsToUndo } from "./undo.ts";

const until = "2026-03-02T15:00:03Z";
const at = (second: number): number => Date.parse("2026-03-02T15:00:00Z") + second * 1_000;

describe("the time to take an approval back", () => {
  it("counts down in whole seconds and ends with the window", () => {
    const left = [0, 0.1, 2, 2.9, 3, 4].map((second) => secondsToUndo({ status: "pending_submit", undo_until: until }, at(second)));
    expect(left).toEqual([3, 3, 1, 1, 0, 0]);
  });

  it("is over once the order is on its way, and never was where none is given", () => {
    expect(secondsToUndo({ status: "submitting", undo_until: until }, at(0))).toBe(0);
    expect(secondsToUndo({ status: "pending_submit", undo_until: null }, at(0))).toBe(0);
  });
});
