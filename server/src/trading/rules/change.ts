import { createTeller, type BoundOperand } from "./bound-operand.ts";
import { dividedBy, exactly, fractionOf, minus, times } from "./fraction.ts";

const hundred = fractionOf(100);

/** How far a price is from an earlier one, absolutely or in percent of that one. */
export function createChange(kind: "percent" | "absolute", name: string, price: BoundOperand, reference: BoundOperand): BoundOperand {
  const isPercent = kind === "percent";
  const [readPrice, readReference] = [price.read, reference.read];
  const read = (): number => {
    const from = readReference();
    const difference = readPrice() - from;
    return isPercent ? (difference / from) * 100 : difference;
  };
  const tellNumber = createTeller(name);
  return {
    name,
    read,
    exact: exactly(price.exact, reference.exact, (value, from) => {
      const difference = minus(value, from);
      return isPercent ? dividedBy(times(difference, hundred), from) : difference;
    }),
    // Price and reference are off by 2^-53 of themselves, and so is each operation: in percent, of 100 and a little.
    slack: isPercent ? { relative: 1e-15, absolute: 2e-13 } : (value) => (Math.abs(value) + 2 * Math.abs(readReference())) * 1e-15,
    why: () => price.why() ?? reference.why(),
    tell(into) {
      price.tell(into);
      reference.tell(into);
      tellNumber(into, read());
    },
  };
}
