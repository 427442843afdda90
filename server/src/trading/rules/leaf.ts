import { createTeller, type BoundOperand } from "./bound-operand.ts";
import { fractionOf } from "./fraction.ts";
import { readFact, whyFact, type StoredFact, type SymbolView } from "./symbol-view.ts";
import type { Amount } from "./user-view.ts";

/** A value that stands for itself: the nearest double to a decimal that `written` gives. */
export function leaf(name: string, read: () => number, written: () => Amount, why: () => string): BoundOperand {
  const tellNumber = createTeller(name);
  return {
    name,
    read,
    exact: () => fractionOf(written()),
    slack: null,
    written,
    why: () => (Number.isNaN(read()) ? why() : null),
    tell(into) {
      const value = written();
      if (Number.isNaN(read())) return;
      if (typeof value === "number") tellNumber(into, value);
      else into[name] = value;
    },
  };
}

export function storedFact(name: StoredFact, view: SymbolView, maxAgeMs: number): BoundOperand {
  const fact = view.fact(name);
  return leaf(name, () => readFact(view, fact, maxAgeMs), () => fact.text ?? fact.value, () => whyFact(view, fact, maxAgeMs) ?? "");
}
