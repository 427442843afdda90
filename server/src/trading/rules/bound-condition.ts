import type { Truth } from "./truth.ts";

/** A condition tied to one symbol. */
export type BoundCondition = {
  /** The truth at this look. What remembers must be asked exactly once a look. */
  judge(): Truth;
  /** The truth of the look that was made last, without making another. */
  last(): Truth;
  readonly remembers: boolean;
  /** Null unless the last look was unknown: then the first reason for it. */
  why(): string | null;
  /** What was looked at, as decimal text by name. */
  tell(into: Record<string, string>): void;
};
