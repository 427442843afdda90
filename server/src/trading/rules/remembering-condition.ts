/** The conditions that look back to earlier looks. Their memory is numbers, so that it can be copied, stored and given back. */
import type { BoundCondition } from "./bound-condition.ts";
import type { BoundOperand, Look } from "./bound-operand.ts";
import { createOrder } from "./order.ts";
import { no, truthOf, unknown, yes, type Truth } from "./truth.ts";

/** `cells` is how much memory the conditions bound so far take. */
export type Remembering = Look & { cells: number };

/** Each of them keeps: the truth of the last look, the view's epoch (what was before a suspension counts for nothing), and two numbers of its own. */
const truthCell = 0;
const epochCell = 1;
const firstCell = 2;
const secondCell = 3;
const cellsEach = 4;

function takeCells(look: Remembering): number {
  const base = look.cells;
  look.cells += cellsEach;
  return base;
}

type Parts = { look: Remembering; base: number; why: () => string | null; tell: (into: Record<string, string>) => void };

/** @param judge is given the memory, in which its cells begin at `base` */
function remembering({ look, base, why, tell }: Parts, judge: (memory: Float64Array) => Truth): BoundCondition {
  const { view } = look;
  const last = (): Truth => {
    const truth = look.memory[base + truthCell];
    return truth === yes ? yes : truth === no ? no : unknown;
  };
  return {
    judge() {
      const { memory } = look;
      if (memory[base + epochCell] !== view.epoch) {
        memory[base + epochCell] = view.epoch;
        memory[base + firstCell] = Number.NaN;
        memory[base + secondCell] = Number.NaN;
      }
      const truth = judge(memory);
      memory[base + truthCell] = truth;
      return truth;
    },
    last,
    remembers: true,
    why: () => (last() === unknown ? why() : null),
    tell,
  };
}

const noSample = "there is no earlier look to compare with";

/** From one side to the other; who only touches the line has crossed it when he leaves it on the other side. */
export function bindCrossing(op: "crosses" | "crosses_above" | "crosses_below", left: BoundOperand, right: BoundOperand, look: Remembering): BoundCondition {
  const base = takeCells(look);
  const order = createOrder(left, right);
  const tell = (into: Record<string, string>): void => {
    left.tell(into);
    right.tell(into);
  };
  return remembering({ look, base, why: () => left.why() ?? right.why() ?? noSample, tell }, (memory) => {
    const side = order();
    if (Number.isNaN(side)) return unknown;
    const before = memory[base + firstCell] ?? Number.NaN;
    if (side !== 0 || Number.isNaN(before)) memory[base + firstCell] = side;
    if (Number.isNaN(before)) return unknown;
    const crossed = side * before < 0;
    return truthOf(crossed && (op === "crosses" || side > 0 === (op === "crosses_above")));
  });
}

export function bindBandMove(op: "enters" | "leaves", inside: BoundCondition, look: Remembering): BoundCondition {
  const base = takeCells(look);
  return remembering({ look, base, why: () => inside.why() ?? noSample, tell: (into) => inside.tell(into) }, (memory) => {
    const now = inside.judge();
    if (now === unknown) return unknown;
    const before = memory[base + firstCell] ?? Number.NaN;
    memory[base + firstCell] = now;
    if (Number.isNaN(before)) return unknown;
    return truthOf(before !== now && (now === yes) === (op === "enters"));
  });
}

/** A look at which it is not known to hold begins the time anew, and so does the open of a market that was closed. */
export function bindHeldFor(held: BoundCondition, seconds: number, look: Remembering): BoundCondition {
  const base = takeCells(look);
  const { judge } = held;
  return remembering({ look, base, why: () => held.why(), tell: (into) => held.tell(into) }, (memory) => {
    const truth = judge();
    if (truth !== yes) {
      memory[base + firstCell] = Number.NaN;
      return truth;
    }
    const { nowMs, openSinceMs } = look.view;
    const since = memory[base + firstCell] ?? Number.NaN;
    if (!(since >= openSinceMs)) memory[base + firstCell] = nowMs;
    return truthOf(nowMs - (memory[base + firstCell] ?? Number.NaN) >= seconds * 1_000);
  });
}

/** True at the one look at which `then` turns true; `first` may have been true at that look, or at one before. */
export function bindThenWithin(first: BoundCondition, then: BoundCondition, seconds: number, look: Remembering): BoundCondition {
  const base = takeCells(look);
  const tell = (into: Record<string, string>): void => {
    first.tell(into);
    then.tell(into);
  };
  return remembering({ look, base, why: () => then.why() ?? first.why() ?? noSample, tell }, (memory) => {
    const [firstNow, thenNow] = [first.judge(), then.judge()];
    if (firstNow === yes) memory[base + firstCell] = look.view.nowMs;
    if (thenNow === unknown) return unknown;
    const before = memory[base + secondCell] ?? Number.NaN;
    memory[base + secondCell] = thenNow;
    if (thenNow === no) return no;
    if (Number.isNaN(before)) return unknown;
    if (before === yes) return no;
    if (look.view.nowMs - (memory[base + firstCell] ?? Number.NaN) <= seconds * 1_000) return yes;
    return firstNow === unknown ? unknown : no;
  });
}
