/**
 * Which of a symbol's conditions need no look: those that were not true, and of which a few numbers in a row say that they
 * still are not. Thousands of programs do not fit where a processor keeps what is at hand; their levels do.
 */
import type { Condition, Operand } from "@nod/contract/rule-language";
import { errorAt } from "./arithmetic.ts";
import { bindOperand } from "./bind-operand.ts";
import type { BoundOperand, Look } from "./bound-operand.ts";

/** The condition can be true only while the operand is at or below (above) the level. */
type Clause = { operand: Operand; level: number; isBelow: boolean };

/** `every`: it is not so when one of the clauses fails; otherwise when all of them do. */
export type Screen = { every: boolean; clauses: readonly Clause[] };

/** Null: nothing simple can be said of it. Only of conditions that neither remember nor read what is the user's. */
export function screenOf(condition: Condition): Screen | null {
  if ("all" in condition) {
    const parts = condition.all.map(screenOf);
    const clauses = parts.flatMap((part) => (part !== null && (part.every || part.clauses.length === 1) ? part.clauses : []));
    return clauses.length > 0 ? { every: true, clauses } : (parts.find((part) => part !== null) ?? null);
  }
  if ("any" in condition) {
    const parts = condition.any.map(screenOf);
    // Of several clauses that must all hold, one that fails is enough.
    const clauses = parts.flatMap((part) => (part === null ? [] : part.every ? part.clauses.slice(0, 1) : part.clauses));
    return parts.includes(null) ? null : { every: false, clauses };
  }
  if (!("op" in condition)) return null;
  if (condition.op === "between" || condition.op === "outside") {
    const { value, low, high } = condition;
    if (typeof low !== "number" || typeof high !== "number") return null;
    const between = condition.op === "between";
    return { every: between, clauses: [{ operand: value, level: low, isBelow: !between }, { operand: value, level: high, isBelow: between }] };
  }
  if (!("left" in condition) || typeof condition.right !== "number") return null;
  const { op, left, right } = condition;
  if (op === "<" || op === "<=") return { every: true, clauses: [{ operand: left, level: right, isBelow: true }] };
  return op === ">" || op === ">=" ? { every: true, clauses: [{ operand: left, level: right, isBelow: false }] } : null;
}

/** The screens of one symbol's conditions in columns. */
type ScreenTable = {
  /** @returns the place of the condition */
  add(screen: Screen, look: Look): number;
  /** Takes in what is known now. */
  refresh(): void;
  /** Whether the condition is surely not true, whatever else is known. */
  isOut(place: number): boolean;
};

const rounding = 2 ** -50;

function createScreenTable(): ScreenTable {
  const operands = new Map<BoundOperand, number>();
  const [values, errors]: [number[], number[]] = [[], []];
  const starts: number[] = [0];
  const every: boolean[] = [];
  const [operandOf, levels, below]: [number[], number[], boolean[]] = [[], [], []];

  const fails = (clause: number): boolean => {
    const operand = operandOf[clause] ?? 0;
    const level = levels[clause] ?? Number.NaN;
    const beyond = below[clause] === true ? (values[operand] ?? Number.NaN) - level : level - (values[operand] ?? Number.NaN);
    // What is not known fails nothing: NaN is greater than nothing.
    return beyond > (errors[operand] ?? 0) + Math.abs(level) * rounding;
  };
  return {
    add({ every: isEvery, clauses }, look) {
      for (const { operand, level, isBelow } of clauses) {
        const bound = bindOperand(operand, look);
        const place = operands.get(bound) ?? operands.size;
        operands.set(bound, place);
        operandOf.push(place);
        levels.push(level);
        below.push(isBelow);
      }
      starts.push(levels.length);
      return every.push(isEvery) - 1;
    },
    refresh() {
      for (const [operand, place] of operands) {
        const value = operand.read();
        values[place] = value;
        errors[place] = errorAt(operand, value);
      }
    },
    isOut(place) {
      const isEvery = every[place] === true;
      const end = starts[place + 1] ?? 0;
      for (let clause = starts[place] ?? 0; clause < end; clause += 1) if (fails(clause) === isEvery) return isEvery;
      return !isEvery;
    },
  };
}

/** What is looked at together. `rests`: as long as it is not true, looking at it changes nothing. */
export type Screened = { readonly screen: { of: Screen; look: Look } | null; readonly rests: boolean };

/** Visits those of a symbol's conditions that a look could change anything for. Made anew when they come, go or are reset. */
export type LookOrder<Group> = { visitDue(isBlocked: boolean, visit: (group: Group) => void): void };

export function createLookOrder<Group extends Screened>(groups: Iterable<Group>): LookOrder<Group> {
  const table = createScreenTable();
  const always: Group[] = [];
  const screened: Group[] = [];
  for (const group of groups) {
    if (group.screen === null) always.push(group);
    else {
      table.add(group.screen.of, group.screen.look);
      screened.push(group);
    }
  }
  const rests = new Uint8Array(screened.length);
  return {
    visitDue(isBlocked, visit) {
      for (const group of always) visit(group);
      if (!isBlocked) table.refresh();
      for (let place = 0; place < screened.length; place += 1) {
        if (!isBlocked && rests[place] === 1 && table.isOut(place)) continue;
        const group = screened[place];
        if (group === undefined) continue;
        visit(group);
        rests[place] = group.rests ? 1 : 0;
      }
    },
  };
}
