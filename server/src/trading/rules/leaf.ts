import { tellNumber, type BoundOperand } from "./bound-operand.ts";
import { fractionOf } from "./fraction.ts";
import type { StoredFact, SymbolView } from "./symbol-view.ts";
import type { Amount } from "./user-view.ts";

/** A value that stands for itself: the nearest double to a decimal that `written` gives. */
export function leaf(name: string, read: () => number, written: () => Amount, why: () => string): BoundOperand {
  return {
    name,
    read,
    exact: () => fractionOf(written()),
    slack: () => 0,
    why: () => (Number.isNaN(read()) ? why() : null),
    tell(into) {
      const value = written();
      if (typeof value === "number") tellNumber(into, name, value);
      else if (!Number.isNaN(read())) into[name] = value;
    },
  };
}

export function storedFact(name: StoredFact, view: SymbolView, maxAgeMs: number): BoundOperand {
  return leaf(name, () => view.readFact(name, maxAgeMs), () => view.writtenFact(name), () => view.whyUnknown(name, maxAgeMs) ?? "");
}
