/**
 * The three values of Kleene's strong logic, in the order that makes "all" the least, "any" the greatest and "not" a mirror.
 * They are numbers because a look at a rule is a hot path.
 */
export const no = 0;
export const unknown = 1;
export const yes = 2;
export type Truth = typeof no | typeof unknown | typeof yes;

export const negate = (truth: Truth): Truth => (truth === yes ? no : truth === no ? yes : unknown);
export const truthOf = (holds: boolean): Truth => (holds ? yes : no);

/** For reports and tests: `yes`, `no`, `unknown`. */
export const truthWord = (truth: Truth): "yes" | "no" | "unknown" => (truth === yes ? "yes" : truth === no ? "no" : "unknown");
