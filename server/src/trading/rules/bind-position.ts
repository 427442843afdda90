import type { PositionField } from "@nod/contract/rule-language";
import type { BoundOperand, Look } from "./bound-operand.ts";
import { createChange } from "./change.ts";
import { leaf, storedFact } from "./leaf.ts";
import type { Amount, PositionView } from "./user-view.ts";

export function bindPosition(field: PositionField, look: Look): BoundOperand {
  switch (field) {
    case "qty":
      return bindAmount("position qty", look, (position) => position.qty);
    case "avg_entry":
      return bindEntry(look);
    case "peak":
      return bindPeak(look);
    case "unrealized_pct":
      return createChange("percent", "position unrealized_pct", storedFact("last", look.view, look.maxAgeMs), bindEntry(look));
    case "age_seconds": {
      const read = (): number => (look.view.nowMs - (look.user?.position?.openedAtMs ?? Number.NaN)) / 1_000;
      return leaf("position age_seconds", read, read, () => whyPosition(look));
    }
  }
}

export const bindEntry = (look: Look): BoundOperand => bindAmount("position avg_entry", look, (position) => position.avgEntry);

/** The last trade belongs to the time since the entry, so it may be the peak before whoever keeps the peak has heard of it. */
export function bindPeak(look: Look): BoundOperand {
  const kept = bindAmount("position peak", look, (position) => position.peak);
  const last = storedFact("last", look.view, look.maxAgeMs);
  const [readLast, readKept] = [last.read, kept.read];
  const higher = (): BoundOperand => (last.read() > kept.read() ? last : kept);
  return {
    ...kept,
    read() {
      const [now, before] = [readLast(), readKept()];
      return now > before ? now : before;
    },
    exact: () => higher().exact?.() ?? null,
    written: () => higher().written?.() ?? Number.NaN,
    tell(into) {
      const own: Record<string, string> = {};
      higher().tell(own);
      for (const value of Object.values(own)) into[kept.name] = value;
    },
  };
}

function bindAmount(name: string, look: Look, of: (position: PositionView) => Amount | null): BoundOperand {
  const written = (): Amount => {
    const position = look.user?.position;
    return position === undefined || position === null ? Number.NaN : (of(position) ?? Number.NaN);
  };
  const read = (): number => {
    const value = written();
    return typeof value === "number" ? value : Number(value);
  };
  return leaf(name, read, written, () => whyPosition(look));
}

function whyPosition({ user }: Look): string {
  return user === null || user.position === null ? "the position is not known" : "there is no position";
}
