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

/** One condition's own cells of whichever memory the look carries. */
type Cells = { get(cell: number): number; set(cell: number, value: number): void };

function takeCells(look: Remembering): Cells {
  const base = look.cells;
  look.cells += cellsEach;
  return {
    get: (cell) => look.memory[base + cell] ?? Number.NaN,
    set: (cell, value) => {
      look.memory[base + cell] = value;
    },
  };
}

type Parts = { look: Remembering; cells: Cells; why: () => string | null; tell: (into: Record<string, string>) => void };

function remembering({ look, cells, why, tell }: Parts, judge: () => Truth): BoundCondition {
  const last = (): Truth => {
    const truth = cells.get(truthCell);
    return truth === yes ? yes : truth === no ? no : unknown;
  };
  return {
    judge() {
      if (cells.get(epochCell) !== look.view.epoch) {
        cells.set(epochCell, look.view.epoch);
        cells.set(firstCell, Number.NaN);
        cells.set(secondCell, Number.NaN);
      }
      const truth = judge();
      cells.set(truthCell, truth);
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
  const cells = takeCells(look);
  const order = createOrder(left, right);
  const tell = (into: Record<string, string>): void => {
    left.tell(into);
    right.tell(into);
  };
  return remembering({ look, cells, why: () => left.why() ?? right.why() ?? noSample, tell }, () => {
    const side = order();
    if (Number.isNaN(side)) return unknown;
    const before = cells.get(firstCell);
    if (side !== 0 || Number.isNaN(before)) cells.set(firstCell, side);
    if (Number.isNaN(before)) return unknown;
    const crossed = side * before < 0;
    return truthOf(crossed && (op === "crosses" || side > 0 === (op === "crosses_above")));
  });
}

export function bindBandMove(op: "enters" | "leaves", inside: BoundCondition, look: Remembering): BoundCondition {
  const cells = takeCells(look);
  return remembering({ look, cells, why: () => inside.why() ?? noSample, tell: (into) => inside.tell(into) }, () => {
    const now = inside.judge();
    if (now === unknown) return unknown;
    const before = cells.get(firstCell);
    cells.set(firstCell, now);
    if (Number.isNaN(before)) return unknown;
    return truthOf(before !== now && (now === yes) === (op === "enters"));
  });
}

/** A look at which it is not known to hold begins the time anew, and so does the open of a market that was closed. */
export function bindHeldFor(held: BoundCondition, seconds: number, look: Remembering): BoundCondition {
  const cells = takeCells(look);
  return remembering({ look, cells, why: () => held.why(), tell: (into) => held.tell(into) }, () => {
    const truth = held.judge();
    if (truth !== yes) {
      cells.set(firstCell, Number.NaN);
      return truth;
    }
    const { nowMs, openSinceMs } = look.view;
    const since = cells.get(firstCell);
    if (!(since >= openSinceMs)) cells.set(firstCell, nowMs);
    return truthOf(nowMs - cells.get(firstCell) >= seconds * 1_000);
  });
}

/** True at the one look at which `then` turns true; `first` may have been true at that look, or at one before. */
export function bindThenWithin(first: BoundCondition, then: BoundCondition, seconds: number, look: Remembering): BoundCondition {
  const cells = takeCells(look);
  const tell = (into: Record<string, string>): void => {
    first.tell(into);
    then.tell(into);
  };
  return remembering({ look, cells, why: () => then.why() ?? first.why() ?? noSample, tell }, () => {
    const [firstNow, thenNow] = [first.judge(), then.judge()];
    if (firstNow === yes) cells.set(firstCell, look.view.nowMs);
    if (thenNow === unknown) return unknown;
    const before = cells.get(secondCell);
    cells.set(secondCell, thenNow);
    if (thenNow === no) return no;
    if (Number.isNaN(before)) return unknown;
    if (before === yes) return no;
    if (look.view.nowMs - cells.get(firstCell) <= seconds * 1_000) return yes;
    return firstNow === unknown ? unknown : no;
  });
}
