import type { Rule } from "@nod/contract/trading-config";

/** `ibm_dip` → `IBM dip`: the id as words, its symbol as it is written. */
export function nameOf({ id, symbol }: Pick<Rule, "id" | "symbol">): string {
  const words = id
    .split("_")
    .map((word) => (word.toUpperCase() === symbol ? symbol : word))
    .join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
