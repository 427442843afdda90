import type { Condition, Firing } from "@nod/contract/rule-language";
import { anyCondition } from "../../../packages/contract/test/support/any-rule.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyMarketDay, anyNearCondition, live, newMarket, type MarketDay } from "../support/any-market-day.ts";
import { newGate, passGate, policyOf } from "../../src/trading/rules/firing-gate.ts";
import { compileCondition } from "../../src/trading/rules/program.ts";
import { compileRuleSource } from "../../src/trading/rules/rule-program.ts";
import { truthWord, unknown, yes } from "../../src/trading/rules/truth.ts";

const maxAgeMs = 180_000;

/** A condition's truth after each minute of a day; with the reason where it is unknown. */
function truthsOf(condition: Condition, day: MarketDay): { truth: string; why: string | null }[] {
  const view = newMarket();
  const bound = compileCondition(condition, { maxAgeMs }).bind(view);
  const memory = bound.createMemory();
  return day.minutes.map((_, index) => {
    const user = live(view, day, index);
    return { truth: truthWord(bound.look(memory, user)), why: bound.why(memory, user) };
  });
}

const words = (condition: Condition, day: MarketDay): string[] => truthsOf(condition, day).map(({ truth }) => truth);

describe("on any day, of any condition", () => {
  test("what is turned round twice is as it was, at every look", () => {
    fc.assert(
      fc.property(anyNearCondition, anyMarketDay, (condition, day) => {
        expect(words({ not: { not: condition } }, day)).toEqual(words(condition, day));
      }),
    );
  });

  test("all are not exactly when any is not (De Morgan), in three values", () => {
    fc.assert(
      fc.property(fc.array(anyNearCondition, { minLength: 1, maxLength: 3 }), anyMarketDay, (parts, day) => {
        expect(words({ not: { all: parts } }, day)).toEqual(words({ any: parts.map((not) => ({ not })) }, day));
      }),
    );
  });

  test("the order of the parts of all and any does not matter, those that remember among them", () => {
    fc.assert(
      fc.property(fc.array(anyNearCondition, { minLength: 2, maxLength: 4 }), anyMarketDay, (parts, day) => {
        expect(words({ all: parts.toReversed() }, day)).toEqual(words({ all: parts }, day));
        expect(words({ any: parts.toReversed() }, day)).toEqual(words({ any: parts }, day));
      }),
    );
  });

  test("exactly the unknown says why, in words", () => {
    fc.assert(
      fc.property(fc.oneof(anyNearCondition, anyCondition), anyMarketDay, (condition, day) => {
        for (const { truth, why } of truthsOf(condition, day)) expect(why).toEqual(truth === "unknown" ? expect.stringMatching(/\w/) : null);
      }),
    );
  });

  test("while the symbol is halted, nothing is known", () => {
    fc.assert(
      fc.property(anyNearCondition, anyMarketDay, (condition, day) => {
        truthsOf(condition, day).forEach(({ truth, why }, index) => {
          if (day.minutes[index]?.isHalted === true) expect([truth, why]).toEqual(["unknown", "suspended: halt"]);
        });
      }),
    );
  });

  test("looking step by step gives what going on from anywhere gives, with the memory copied as text", () => {
    fc.assert(
      fc.property(anyNearCondition, anyMarketDay, fc.nat(), (condition, day, anywhere) => {
        const split = anywhere % day.minutes.length;
        const program = compileCondition(condition, { maxAgeMs });
        const first = newMarket();
        const before = program.bind(first);
        const memory = before.createMemory();
        const kept = day.minutes.slice(0, split).map((_, index) => truthWord(before.look(memory, live(first, day, index))));

        // A new process: it hears of everything again, looks at nothing of it, and has the old memory.
        const second = newMarket();
        const after = program.bind(second);
        for (let index = 0; index < split; index += 1) live(second, day, index);
        const restored = Float64Array.from(JSON.parse(JSON.stringify([...memory])) as (number | null)[], (cell) => cell ?? Number.NaN);
        const went = day.minutes.slice(split).map((_, index) => truthWord(after.look(restored, live(second, day, split + index))));
        expect([...kept, ...went]).toEqual(words(condition, day));
      }),
    );
  });

  test("programs of one view do not disturb one another", () => {
    fc.assert(
      fc.property(fc.array(anyNearCondition, { minLength: 2, maxLength: 5 }), anyMarketDay, (conditions, day) => {
        const view = newMarket();
        const bound = conditions.map((condition) => compileCondition(condition, { maxAgeMs }).bind(view));
        const memories = bound.map((each) => each.createMemory());
        const together: string[][] = conditions.map(() => []);
        for (const [minute] of day.minutes.entries()) {
          const user = live(view, day, minute);
          for (const [index, each] of bound.entries()) together[index]?.push(truthWord(each.look(memories[index] ?? new Float64Array(0), user)));
        }
        expect(together).toEqual(conditions.map((condition) => words(condition, day)));
      }),
    );
  });

  test("a condition that asks for nothing of the user's is the same for everybody", () => {
    fc.assert(
      fc.property(anyNearCondition, anyMarketDay, (condition, day) => {
        const program = compileCondition(condition, { maxAgeMs });
        fc.pre(!program.needs.user);
        const view = newMarket();
        const bound = program.bind(view);
        const memory = bound.createMemory();
        const alone = day.minutes.map((_, index) => {
          live(view, day, index);
          return truthWord(bound.look(memory, null));
        });
        expect(alone).toEqual(words(condition, day));
      }),
    );
  });
});

const anyFire: fc.Arbitrary<Firing> = fc.record(
  {
    mode: fc.constantFrom("once" as const, "once_per_bar" as const, "once_per_day" as const, "every" as const, "on_change" as const),
    timeframe: fc.constant("1Min" as const),
    seconds: fc.constantFrom(60, 300),
    rearm: anyNearCondition,
    at_start: fc.boolean(),
    session: fc.constantFrom("regular" as const, "first_hour" as const, "last_hour" as const),
  },
  { requiredKeys: ["mode", "timeframe"] },
);

test("a rule never fires while it is unknown, nor on a price that is, however it is to fire", () => {
  fc.assert(
    fc.property(anyNearCondition, anyFire, anyMarketDay, (when, fire, day) => {
      const view = newMarket();
      const { policy, bind } = compileRuleSource({ when, fire, maxAgeMs });
      const bound = bind(view);
      const memory = bound.createMemory();
      let gate = newGate(policyOf(fire));
      for (const [minute] of day.minutes.entries()) {
        const truth = bound.look(memory, live(view, day, minute));
        const next = passGate(policy, gate, bound.gateLook());
        if (next.firings > gate.firings) {
          expect(truth).toBe(yes);
          expect(view.suspension).toBeNull();
          expect(view.nowMs - view.fact("last").asOfMs).toBeLessThanOrEqual(maxAgeMs);
        }
        if (truth === unknown) expect([next.firings, next.ready]).toEqual([gate.firings, gate.ready]);
        gate = next;
      }
    }),
  );
});
