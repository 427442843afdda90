/** What a removal is: a piece of code without which something that Nod promises would no longer hold. */
import type { DenialCode } from "@nod/contract/denial";

/** The laws of the design, by their numbers. */
export const laws = {
  1: "One question, at most one answer, one intent, one order",
  2: "The order is on the books before it is sent, and is never sent blindly again",
  3: "Guardrails hold at the answer, under the user's lock, and once more right before the POST",
  4: "Denied is not rejected, and is kept with the limits as they were seen",
  5: "Exits and cancels are never held up",
  6: "What is missing or stale is unknown, and unknown fires and passes nothing",
  7: "Paper, unless the operator, the user and the host all say live",
  8: "Expiry by the database's clock, days of New York, windows that roll",
  9: "No call to the broker inside a transaction",
  10: "Nothing new is sent before the books have been compared",
  11: "The kill switch holds in every process within a second",
  12: "Every user is told everything, in order, at least once",
  13: "Every order can be traced",
  14: "No secret is told, and nobody sees or changes another's rows",
} as const;

export type Law = keyof typeof laws;

/** What the order core promises beyond the laws. */
export const promises = {
  desk: "One process at a time has the order desk, and one that lost it writes and sends nothing",
  bound: "An approval is bound to what was shown",
  undo: "An approval can be taken back before anything is sent",
} as const;

export type Promised = keyof typeof promises;

/** A guardrail at one of the two moments at which it is looked at; `exit` is for those that exits of a kill switch pass by. */
export type GuardrailSubject = { guardrail: DenialCode; stage: "answer" | "submit"; exit?: true };

export type Subject = GuardrailSubject | { law: Law } | { promise: Promised };

/** A test file, and where a part of it is enough, a text that stands in the names of the tests meant, as it is written in the file. */
export type Proof = { file: string; named?: string };

/**
 * `find` stands exactly once in `file`; with `replace` in its place the code still loads and runs, and at least one of `tests`
 * must fail. Paths are from the repository's root.
 */
export type Removal = {
  /** What is removed, as a sentence. */
  name: string;
  of: Subject;
  file: string;
  find: string;
  replace: string;
  tests: readonly [Proof, ...Proof[]];
};

export function describeSubject(of: Subject): string {
  if ("law" in of) return `law ${of.law}`;
  if ("promise" in of) return of.promise;
  return `${of.guardrail} ${of.exit === true ? "of an exit " : ""}at the ${of.stage === "answer" ? "answer" : "POST"}`;
}

/** The text without the guard. @throws when `find` does not stand in it exactly once */
export function withoutGuard(removal: Pick<Removal, "name" | "file" | "find" | "replace">, source: string): string {
  const parts = source.split(removal.find);
  const [before, after] = parts;
  if (parts.length !== 2 || before === undefined || after === undefined) {
    throw new Error(`${removal.file} holds ${JSON.stringify(removal.find)} ${parts.length - 1} times and not once: ${removal.name}`);
  }
  return before + removal.replace + after;
}
