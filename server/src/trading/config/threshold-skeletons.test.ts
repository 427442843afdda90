import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createThresholdSkeletons } from "./threshold-skeletons.ts";

const document = (symbol: string, ...thresholds: (string | number)[]): string =>
  `{"rules": [${thresholds.map((threshold, n) => `{"id": "dip_${n}", "symbol": "${symbol}", "threshold_pct": ${threshold}}`).join(", ")}]}`;

describe("a document is known by its text", () => {
  const value = { known: true };
  const known = (text: string, thresholds: number[], other: string): number[] | null => {
    const skeletons = createThresholdSkeletons<object>();
    skeletons.keep(text, thresholds, value);
    const found: number[] = [];
    return skeletons.find(other, found) === value ? found : null;
  };

  test("when another one differs in nothing but the size of its thresholds", () => {
    expect(known(document("SPY", -1.5, 2), [-1_500_000_000, 2_000_000_000], document("SPY", "-0.125", "99.000000001"))).toEqual([-125_000_000, 99_000_000_001]);
    expect(known(document("SPY", 0), [0], document("SPY", "0.000"))).toEqual([0]);
    expect(known(`{"mode": "paper"}`, [], `{"mode": "paper"}`)).toEqual([]);
  });

  test("and not when anything else differs, or a sign", () => {
    const [text, thresholds] = [document("SPY", -1.5, -2), [-1_500_000_000, -2_000_000_000]];
    for (const other of [document("IBM", -1.5, -2), document("SPY", -1.5, 2), document("SPY", -1.5, 0), document("SPY", -1.5), document("SPY", -1.5, -2, -3), `${text} `, text.slice(0, -1), "{}", ""]) expect(known(text, thresholds, other)).toBeNull();
  });

  test("and not by a threshold that no document may have", () => {
    for (const threshold of ["-1e-7", "-0.0000000001", "-99999999999999999", "null", `"-1"`, "-", "-.", "[-1]"]) expect(known(document("SPY", -1.5), [-1_500_000_000], document("SPY", threshold))).toBeNull();
  });

  test("unless it is not clear which of its thresholds is whose", () => {
    const text = document("SPY", -1.5, -2);
    for (const thresholds of [[], [-1_500_000_000], [-2_000_000_000, -1_500_000_000], [-1_500_000_000, -2_000_000_000, -2_000_000_000]]) expect(known(text, thresholds, text)).toBeNull();
  });

  test("however many skeletons have pieces in common", () => {
    const symbols = fc.constantFrom("A", "AB", "ABC", "B");
    const thousandths = fc.integer({ min: -99_000, max: 99_000 });
    const anyText = fc.array(fc.record({ symbol: symbols, moved: fc.option(thousandths, { nil: undefined }) }), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 2, maxLength: 30 }), (documents) => {
        const skeletons = createThresholdSkeletons<{ skeleton: string }>();
        const kept = new Set<string>();
        for (const entries of documents) {
          const text = JSON.stringify(entries.map(({ symbol, moved }) => (moved === undefined ? { symbol } : { symbol, threshold_pct: moved / 1_000 }))).replaceAll(":", ": ");
          const thresholds = entries.flatMap(({ moved }) => (moved === undefined ? [] : [moved * 1_000_000]));
          const skeleton = JSON.stringify(entries.map(({ symbol, moved }) => [symbol, moved === undefined ? null : Math.sign(moved)]));
          const found: number[] = [];
          const known = skeletons.find(text, found);
          expect(known?.skeleton ?? null).toBe(kept.has(skeleton) ? skeleton : null);
          if (known !== null) expect(found).toEqual(thresholds);
          skeletons.keep(text, thresholds, { skeleton });
          kept.add(skeleton);
        }
      }),
    );
  });

  test("until there are more of them than are kept", () => {
    const skeletons = createThresholdSkeletons<object>();
    const texts = Array.from({ length: 30_000 }, (_, n) => document(`S${n}`, -1));
    for (const text of texts) skeletons.keep(text, [-1_000_000_000], value);
    expect(skeletons.find(texts[0] ?? "", [])).toBeNull();
    expect(skeletons.find(texts.at(-1) ?? "", [])).toBe(value);
  });
});
