import { describe, expect, it } from "vitest";
import { faultsOfRule, placeOfRule, withoutRule, withRule } from "./rule-override.ts";

const own = { enabled: true, rules: [{ id: "dip", threshold_pct: -0.5 }] };

describe("a rule that was edited", () => {
  it("writes only what was changed, over what the person had written before", () => {
    const before = { id: "dip", threshold_pct: -0.5, cooldown_seconds: 60, symbol: "SPY" };
    expect(withRule(own, before, { ...before, cooldown_seconds: 120 })).toEqual({ enabled: true, rules: [{ id: "dip", threshold_pct: -0.5, cooldown_seconds: 120 }] });
  });

  it("of the template begins an entry of the person's own", () => {
    const before = { id: "other", cooldown_seconds: 60 };
    expect(withRule(own, before, { id: "other", cooldown_seconds: 61 })).toMatchObject({ rules: [...own.rules, { id: "other", cooldown_seconds: 61 }] });
  });

  it("that is new is written whole", () => {
    expect(withRule({}, null, { id: "new", symbol: "SPY" })).toEqual({ rules: [{ id: "new", symbol: "SPY" }] });
  });

  it("is taken out again, and nothing empty stays behind", () => {
    expect(withoutRule(own, "dip")).toEqual({ enabled: true });
    expect(withoutRule(own, "other")).toEqual(own);
  });
});

describe("faults", () => {
  it("stand at the field that they name, and what concerns the document at the top", () => {
    expect(placeOfRule(own, "dip")).toBe(0);
    expect(placeOfRule(own, "new")).toBe(1);
    const faults = [
      { pointer: "/rules/1/threshold_pct", message: "must be at most 1000" },
      { pointer: "/rules/1", message: "needs a symbol" },
      { pointer: "/rules/0/symbol", message: "is not watched" },
    ];
    expect(Object.fromEntries(faultsOfRule(faults, 1))).toEqual({ "/threshold_pct": "must be at most 1000", "": "needs a symbol. /rules/0/symbol is not watched" });
  });
});
