import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { price, quantity } from "../../core/decimal.ts";
import { executedIn, executionsInForce, type KnownAmendment, type KnownExecution } from "./executions-in-force.ts";

const fill = (executionId: string, qty: string, at = "100"): KnownExecution => ({ executionId, qty: quantity(qty), price: price(at) });
const bust = (executionId: string, about: string | null, atMs = 1): KnownAmendment => ({ executionId, about, restated: null, at: new Date(atMs) });
const correction = (executionId: string, about: string | null, qty: string, at: string, atMs = 1): KnownAmendment => ({ executionId, about, restated: { qty: quantity(qty), price: price(at) }, at: new Date(atMs) });

const adds = (fills: KnownExecution[], amendments: KnownAmendment[]) => executedIn(executionsInForce(fills, amendments));

describe("the executions that count", () => {
  const both = [fill("e1", "1", "10"), fill("e2", "3", "14")];
  const cases: [string, KnownAmendment[], string, string | null][] = [
    ["all of them, where nothing was said afterwards", [], "4", "13"],
    ["without one that was taken back", [bust("b1", "e2")], "1", "10"],
    ["none, where each was taken back", [bust("b1", "e1"), bust("b2", "e2")], "0", null],
    ["one as it was corrected", [correction("c1", "e2", "2", "13")], "3", "12"],
    ["a correction as it was corrected again", [correction("c1", "e2", "2", "13"), correction("c2", "c1", "1", "20", 2)], "2", "15"],
    ["without one that was corrected and then taken back", [correction("c1", "e2", "2", "13"), bust("b1", "c1", 2)], "1", "10"],
    ["by the later of two words on the same execution", [correction("c1", "e2", "2", "13", 1), bust("b1", "e2", 2)], "1", "10"],
    ["a chain by its links and not by its clocks", [correction("c1", "e2", "2", "13", 9), bust("b1", "c1", 2)], "1", "10"],
    ["in the doubt of one moment, taken back", [correction("c1", "e2", "2", "13"), bust("b1", "e2")], "1", "10"],
    ["twice taken back is taken back once", [bust("b1", "e2"), bust("b2", "e2", 2)], "1", "10"],
    ["a bust about none that was named takes nothing", [bust("b1", null)], "4", "13"],
    ["a bust of one that is not known yet takes nothing of the others", [bust("b1", "e9")], "4", "13"],
    ["a correction of one that is not known yet counts at once", [correction("c1", "e9", "4", "15")], "8", "14"],
    ["a bust under the execution's own id", [bust("e2", "e2")], "1", "10"],
    ["corrections that name each other are about nothing", [correction("c1", "c2", "2", "13"), correction("c2", "c1", "2", "13")], "4", "13"],
  ];
  test.each(cases)("%s", (_what, amendments, qty, avgPrice) => {
    expect(adds(both, amendments)).toEqual({ qty, avgPrice });
  });

  test("one that is told after it was taken back never counts", () => {
    expect(adds([fill("e1", "1", "10")], [bust("b1", "e1")])).toEqual({ qty: "0", avgPrice: null });
  });
});

test("in whatever order and how often it is told, the same executions count, and never more than once each", () => {
  const history = fc.array(fc.record({ qty: fc.integer({ min: 1, max: 9 }), words: fc.array(fc.record({ isBust: fc.boolean(), qty: fc.integer({ min: 1, max: 9 }), namesRoot: fc.boolean() }), { maxLength: 3 }) }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat()), (lives, picks) => {
      const fills: KnownExecution[] = [];
      const amendments: KnownAmendment[] = [];
      let expected = 0;
      for (const [n, { qty, words }] of lives.entries()) {
        fills.push(fill(`e${n}`, String(qty)));
        let [counts, previous] = [qty, `e${n}`];
        for (const [m, word] of words.entries()) {
          const id = `a${n}.${m}`;
          const about = word.namesRoot ? `e${n}` : previous;
          amendments.push(word.isBust ? bust(id, about, m) : correction(id, about, String(word.qty), "100", m));
          [counts, previous] = [word.isBust ? 0 : word.qty, id];
        }
        expected += counts;
      }
      const shuffled = <T>(list: T[]): T[] => list.map((each) => ({ each, at: picks.next().value ?? 0 })).toSorted((a, b) => a.at - b.at).map(({ each }) => each);
      expect(adds(shuffled(fills), shuffled(amendments)).qty).toBe(String(expected));
    }),
  );
});
