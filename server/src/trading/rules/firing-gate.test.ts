import type { Firing } from "@nod/contract/rule-language";
import { describe, expect, test } from "vitest";
import { newGate, passGate, policyOf } from "./firing-gate.ts";
import { compileRuleSource } from "./rule-program.ts";
import { createSymbolView } from "./symbol-view.ts";
import { no, unknown, yes, type Truth } from "./truth.ts";

const minute = 60_000;
const truths: Record<string, Truth> = { y: yes, n: no, u: unknown };

/** `y` yes, `n` no, `u` unknown, `-` yes but not now: one look a minute; each `F` is a firing. With rearm's truths below. */
function firings(fire: Firing, looks: string, rearm = "", periodOf = (_look: number): number => 0): string {
  const policy = policyOf(fire);
  let gate = newGate(policy);
  return Array.from(looks, (letter, index) => {
    const truth = letter === "-" ? yes : (truths[letter] ?? unknown);
    const next = passGate(policy, gate, { truth, rearm: truths[rearm[index] ?? "u"] ?? unknown, atMs: index * minute, periodMs: periodOf(index), mayFire: letter !== "-" });
    const fired = next.firings > gate.firings;
    gate = next;
    return fired ? "F" : ".";
  }).join("");
}

describe("a gate", () => {
  test.each<[string, Firing, string, string]>([
    ["fires when it turns true, and again only after it was not", { mode: "on_change" }, "nyyynyuyn", ".F...F..."],
    ["lets pass what holds already when it is switched on", { mode: "on_change" }, "yyunyy", "....F."],
    ["fires on what holds already when the rule says so", { mode: "on_change", at_start: true }, "yynyy", "F..F."],
    ["does not take the unknown for a no", { mode: "on_change" }, "uyyuynuy", ".......F"],
    ["waits while it may not fire, and is not spent by it", { mode: "on_change" }, "n--yy", "...F."],
    ["forgets what ended before it might fire", { mode: "on_change" }, "n--nny", ".....F"],
    ["fires once", { mode: "once" }, "nynyny", ".F...."],
    ["fires each three minutes while it stays true", { mode: "every", seconds: 180 }, "nyyyyyyyy", ".F..F..F."],
    ["counts from its last firing, whatever came between", { mode: "every", seconds: 180, at_start: true }, "ynynynyy", "F...F..F"],
  ])("%s", (_, fire, looks, expected) => {
    expect(firings(fire, looks)).toBe(expected);
  });

  test("with hysteresis it fires again only when its re-arming was true meanwhile", () => {
    const rearm = { op: ">", left: "last", right: 1 } as const;
    expect(firings({ mode: "on_change", rearm }, "nynynny", "nnnnnyn")).toBe(".F....F");
    // What armed it before it fired counts for nothing, nor does what comes with the next truth itself.
    expect(firings({ mode: "on_change", rearm }, "nynyny", "yynyny")).toBe(".F...F");
    expect(firings({ mode: "every", seconds: 60, rearm }, "nyyyyy", "nnnnyn")).toBe(".F...F");
  });

  test("once in a bar and once in a day go by the period's start", () => {
    expect(firings({ mode: "once_per_bar", timeframe: "5Min" }, "nyyyyyyyyyny", "", (look) => Math.floor(look / 5))).toBe(".F...F.....F");
    expect(firings({ mode: "once_per_day" }, "nyyyyy", "", (look) => Math.floor(look / 3))).toBe(".F.F..");
  });
});

describe("when a rule may fire at all", () => {
  const opensAtMs = Date.parse("2013-10-08T13:30:00Z");
  const closesAtMs = Date.parse("2013-10-08T20:00:00Z");

  function mayFireAt(fire: Omit<Firing, "mode">, sinceOpenMinutes: number, lastAgeSeconds = 0): boolean {
    const view = createSymbolView();
    const { bind } = compileRuleSource({ when: { op: ">", left: 1, right: 0 }, fire: { mode: "on_change", ...fire }, maxAgeMs: 180_000 });
    const bound = bind(view);
    view.setSession({ tradingDay: "2013-10-08", opensAtMs, closesAtMs });
    view.setTime(opensAtMs + sinceOpenMinutes * minute);
    view.setFact("last", "10", view.nowMs - lastAgeSeconds * 1_000);
    bound.look(bound.createMemory(), null);
    return bound.gateLook().mayFire;
  }

  test.each([
    ["regular", -1, false], ["regular", 0, true], ["regular", 389, true], ["regular", 390, false],
    ["first_hour", 0, true], ["first_hour", 59, true], ["first_hour", 60, false],
    ["last_hour", 329, false], ["last_hour", 330, true], ["last_hour", 390, false],
  ] as const)("in the session %s, %d minutes after the open: %s", (session, minutes, expected) => {
    expect(mayFireAt({ session }, minutes)).toBe(expected);
  });

  test("not from the moment on at which it expires", () => {
    const expires_at = "2013-10-08T10:30:00-04:00";
    expect([59, 60, 61].map((minutes) => mayFireAt({ expires_at }, minutes))).toEqual([true, false, false]);
  });

  test("not on a price that is too old, even when the condition does not ask for the price", () => {
    expect([180, 181].map((seconds) => mayFireAt({}, 60, seconds))).toEqual([true, false]);
  });
});
