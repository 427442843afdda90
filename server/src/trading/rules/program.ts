/**
 * Conditions of the rule language, ready to be looked at. How to drive one, live or in a replay:
 *
 *   const view = createSymbolView();                        // one for each (feed, asset class, symbol); see symbol-view.ts
 *   const program = compileCondition(rule.when, { maxAgeMs });
 *   for (const need of program.needs.history) …             // the bars to load: view.loadBars(timeframe, bars)
 *   const bound = program.bind(view);                       // once for each symbol; series are shared by all programs of a view
 *   const memory = bound.createMemory();                    // once for all users, or for each when needs.user
 *   …setSession, setFact, closeBar, setTime as things happen…
 *   bound.look(memory, user)                                // yes, no or unknown: one look, once for each change
 *
 * Whether a truth becomes a firing is the firing gate's affair (firing-gate.ts); rule-program.ts joins the two.
 */
import type { Condition } from "@nod/contract/rule-language";
import { bindCondition } from "./bind-condition.ts";
import { needsOf, type ProgramNeeds } from "./needs.ts";
import type { Remembering } from "./remembering-condition.ts";
import type { SymbolView } from "./symbol-view.ts";
import { unknown, type Truth } from "./truth.ts";
import type { UserView } from "./user-view.ts";

/** A program tied to one symbol. Not reentrant: one look after the other. */
export type BoundProgram = {
  /** Memory before the first look. Plain numbers: a copy taken between two looks continues as the original would. */
  createMemory(): Float64Array;
  /** One look as of the view's time: earlier looks are remembered in `memory`, so each is to be made once. */
  look(memory: Float64Array, user: UserView | null): Truth;
  /** The same while the view is open and not suspended, in one step: of programs that neither remember nor read the user's own; null of others. */
  readonly judge: (() => Truth) | null;
  /** Why the look that was made last was unknown; null when it was not. */
  why(memory: Float64Array, user: UserView | null): string | null;
  /** What was looked at: decimal text by name. */
  facts(user: UserView | null): Record<string, string>;
};

export type Program = { readonly condition: Condition; readonly needs: ProgramNeeds; bind(view: SymbolView): BoundProgram };

/** @param maxAgeMs a trade or quote older than this is unknown, and so is a bar that much overdue */
export function compileCondition(condition: Condition, { maxAgeMs }: { maxAgeMs: number }): Program {
  return { condition, needs: needsOf([condition]), bind: (view) => bindProgram(condition, view, maxAgeMs) };
}

const noMemory = new Float64Array(0);

function bindProgram(condition: Condition, view: SymbolView, maxAgeMs: number): BoundProgram {
  const look: Remembering = { view, maxAgeMs, user: null, memory: noMemory, cells: 0 };
  const bound = bindCondition(condition, look);
  const { cells } = look;
  const { judge } = bound;
  return {
    judge: cells === 0 && !needsOf([condition]).user ? judge : null,
    createMemory: () => new Float64Array(cells).fill(Number.NaN),
    look(memory, user) {
      if (view.suspension !== null || view.session === null) return unknown;
      look.memory = memory;
      look.user = user;
      return judge();
    },
    why(memory, user) {
      if (view.suspension !== null) return `suspended: ${view.suspension}`;
      if (view.session === null) return "the market is closed";
      look.memory = memory;
      look.user = user;
      return bound.why();
    },
    facts(user) {
      look.user = user;
      const facts: Record<string, string> = {};
      bound.tell(facts);
      return facts;
    },
  };
}
