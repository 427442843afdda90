import { describe, expect, it } from "vitest";
import { createSequence } from "./sequence.ts";

describe("the sequence of what a user is told", () => {
  it("notices a gap and asks for a replay from the last event in order", () => {
    const sequence = createSequence();
    sequence.startSync();
    sequence.finishSync(4);
    expect(sequence.take(5)).toBe("in_order");
    expect(sequence.take(8)).toBe("gap");
    expect(sequence.startSync()).toBe(5);
  });

  it("recognises what it has seen", () => {
    const sequence = createSequence();
    sequence.finishSync(3);
    expect(sequence.take(2)).toBe("seen");
    expect(sequence.last).toBe(3);
  });

  it("takes a replay that starts anywhere, and live events between", () => {
    const sequence = createSequence();
    sequence.startSync();
    expect(sequence.take(57)).toBe("in_order");
    expect(sequence.take(59)).toBe("in_order");
    sequence.finishSync(58);
    expect(sequence.last).toBe(59);
    expect(sequence.take(60)).toBe("in_order");
  });

  it("does not believe that a broken replay arrived", () => {
    const sequence = createSequence();
    sequence.finishSync(3);
    sequence.startSync();
    sequence.take(9);
    sequence.abandonSync();
    expect(sequence.startSync()).toBe(3);
  });
});
