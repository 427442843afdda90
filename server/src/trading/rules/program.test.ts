import type { Condition } from "@nod/contract/rule-language";
import { describe, expect, test } from "vitest";
import { compileCondition } from "./program.ts";
import { createSymbolView, type SymbolView } from "./symbol-view.ts";
import { truthWord } from "./truth.ts";
import { noPosition, type UserView } from "./user-view.ts";

const minute = 60_000;
const day = "2013-10-08";
const opensAtMs = Date.parse("2013-10-08T13:30:00Z");
const closesAtMs = Date.parse("2013-10-08T20:00:00Z");
const previousDay = { opensAtMs: opensAtMs - 24 * 60 * minute, closesAtMs: closesAtMs - 24 * 60 * minute, tradingDay: "2013-10-07" };

/** Open since an hour; last 165.5 of ten seconds ago, 167.42 the day before. */
function openView(last: string | number | null = "165.5"): SymbolView {
  const view = createSymbolView();
  view.setSession({ tradingDay: day, opensAtMs, closesAtMs });
  view.setTime(opensAtMs + 60 * minute);
  if (last !== null) view.setFact("last", last, view.nowMs - 10_000);
  view.setFact("prev_close", "167.42", previousDay.closesAtMs, day);
  view.setFact("day_open", "167.41", opensAtMs, day);
  return view;
}

type Step = { last: string | number | null; afterSeconds?: number };

/** The truths of one look after the other. */
function looks(condition: Condition, steps: readonly Step[], view = openView(null), user: UserView | null = null): string[] {
  const bound = compileCondition(condition, { maxAgeMs: 180_000 }).bind(view);
  const memory = bound.createMemory();
  return steps.map(({ last, afterSeconds = 60 }) => {
    view.setTime(view.nowMs + afterSeconds * 1_000);
    if (last !== null) view.setFact("last", last, view.nowMs);
    return truthWord(bound.look(memory, user));
  });
}

const prices = (...lasts: (string | number | null)[]): Step[] => lasts.map((last) => ({ last }));
const truthNow = (condition: Condition, view = openView(), user: UserView | null = null): string => looks(condition, [{ last: null, afterSeconds: 0 }], view, user)[0] ?? "";
function whyNow(condition: Condition, view = openView(), user: UserView | null = null): string | null {
  const bound = compileCondition(condition, { maxAgeMs: 180_000 }).bind(view);
  const memory = bound.createMemory();
  bound.look(memory, user);
  return bound.why(memory, user);
}

describe("comparisons", () => {
  test.each([
    ["<", "no", "no", "yes"],
    ["<=", "no", "yes", "yes"],
    ["=", "no", "yes", "no"],
    ["!=", "yes", "no", "yes"],
    [">=", "yes", "yes", "no"],
    [">", "yes", "no", "no"],
  ] as const)("last %s a level: above it %s, on it %s, below it %s", (op, above, on, below) => {
    const when: Condition = { op, left: "last", right: 165.5 };
    expect(["165.51", "165.50", "165.49"].map((last) => truthNow(when, openView(last)))).toEqual([above, on, below]);
  });

  test("a band has both its ends", () => {
    const between: Condition = { op: "between", value: "last", low: 165, high: 166 };
    expect(["164.99", "165", "165.5", "166", "166.01"].map((last) => truthNow(between, openView(last)))).toEqual(["no", "yes", "yes", "yes", "no"]);
    expect(["164.99", "165", "166.01"].map((last) => truthNow({ ...between, op: "outside" }, openView(last)))).toEqual(["yes", "no", "yes"]);
  });

  test("beyond one end it is outside, even when the other end is unknown", () => {
    expect(truthNow({ op: "outside", value: "last", low: "bid", high: 165 })).toBe("yes");
    expect(truthNow({ op: "outside", value: "last", low: "bid", high: 166 })).toBe("unknown");
  });

  test("491.10 is not below 491.1, and a tenth and two tenths are three tenths", () => {
    expect(truthNow({ op: "<", left: "last", right: 491.1 }, openView("491.10"))).toBe("no");
    expect(truthNow({ op: "=", left: { "+": [0.1, 0.2] }, right: 0.3 })).toBe("yes");
    expect(truthNow({ op: "<", left: "last", right: { "-": ["day_open", 1.91] } }, openView("165.50"))).toBe("no");
  });

  test("exactly 1.5 % down is 1.5 % down, for any price that has such a neighbour", () => {
    for (let cents = 200; cents <= 200_000; cents += 200) {
      const view = openView((cents * 0.985 / 100).toFixed(4));
      view.setFact("prev_close", (cents / 100).toFixed(2), previousDay.closesAtMs, day);
      expect(truthNow({ op: "<=", left: { change: "percent", from: "prev_close" }, right: -1.5 }, view)).toBe("yes");
      expect(truthNow({ op: "<", left: { change: "percent", from: "prev_close" }, right: -1.5 }, view)).toBe("no");
    }
  });

  test("what is divided by zero is unknown, also by a zero that doubles miss", () => {
    expect(truthNow({ op: ">", left: { "/": ["last", { "-": [1, 1] }] }, right: 0 })).toBe("unknown");
    expect(truthNow({ op: ">", left: { "/": ["last", { "-": [{ "+": [0.1, 0.2] }, 0.3] }] }, right: 0 })).toBe("unknown");
  });
});

describe("three values", () => {
  const known: Condition = { op: ">", left: "last", right: 1 };
  const not: Condition = { not: known };
  const open: Condition = { op: ">", left: "bid", right: 1 };

  test.each([
    ["all", [known, known], "yes"],
    ["all", [known, open], "unknown"],
    ["all", [open, not], "no"],
    ["any", [not, not], "no"],
    ["any", [not, open], "unknown"],
    ["any", [open, known], "yes"],
  ] as const)("%s of %j is %s", (operator, parts, truth) => {
    expect(truthNow(operator === "all" ? { all: [...parts] } : { any: [...parts] })).toBe(truth);
  });

  test("what is not known is not known when turned round", () => {
    expect(truthNow({ not: open })).toBe("unknown");
    expect(truthNow({ not: { not: open } })).toBe("unknown");
  });

  test.each([
    ["missing", openView(null), "last is missing"],
    ["stale", ((): SymbolView => {
      const view = openView();
      view.setTime(view.nowMs + 171_000);
      return view;
    })(), "last is stale"],
    ["of yesterday", ((): SymbolView => {
      const view = openView();
      view.setFact("last", "165.5", previousDay.closesAtMs);
      return view;
    })(), "last is of another day"],
    ["of a closed market", ((): SymbolView => {
      const view = openView();
      view.setSession(null);
      return view;
    })(), "the market is closed"],
    ["of a symbol on its split day", ((): SymbolView => {
      const view = openView();
      view.suspend("split day");
      return view;
    })(), "suspended: split day"],
  ])("a price that is %s is unknown, and says so", (_, view, reason) => {
    expect(truthNow(known, view)).toBe("unknown");
    expect(whyNow(known, view)).toBe(reason);
  });

  test("the reference of another trading day is unknown", () => {
    const view = openView();
    view.setFact("prev_close", "166.1", previousDay.opensAtMs, previousDay.tradingDay);
    expect(whyNow({ op: "<", left: { change: "percent", from: "prev_close" }, right: 0 }, view)).toBe("prev_close is of another day");
  });
});

describe("from one look to the next", () => {
  test("a crossing needs a look before it", () => {
    const when: Condition = { op: "crosses_above", left: "last", right: 100 };
    expect(looks(when, prices(101, 99, 101, 102, 99, 101))).toEqual(["unknown", "no", "yes", "no", "no", "yes"]);
  });

  test("who only touches the line has not crossed it; who passes through it has", () => {
    expect(looks({ op: "crosses", left: "last", right: 100 }, prices(101, 100, 101, 100, 99))).toEqual(["unknown", "no", "no", "no", "yes"]);
    expect(looks({ op: "crosses_below", left: "last", right: 100 }, prices(100, 99, 101, 99))).toEqual(["unknown", "no", "no", "yes"]);
  });

  test("a look that is unknown is passed over, a suspension is not", () => {
    const when: Condition = { op: "crosses_above", left: "last", right: 100 };
    expect(looks(when, [{ last: 99 }, { last: null, afterSeconds: 600 }, { last: 101 }])).toEqual(["unknown", "unknown", "yes"]);
    const view = openView(null);
    const bound = compileCondition(when, { maxAgeMs: 180_000 }).bind(view);
    const memory = bound.createMemory();
    view.setFact("last", 99, view.nowMs);
    bound.look(memory, null);
    view.suspend("split day");
    view.suspend(null);
    view.setFact("last", 101, view.nowMs);
    expect(truthWord(bound.look(memory, null))).toBe("unknown");
  });

  test("a band is entered and left", () => {
    const band = { value: "last", low: 99, high: 101 } as const;
    expect(looks({ op: "enters", ...band }, prices(100, 98, 99, 100, 102, 101))).toEqual(["unknown", "no", "yes", "no", "no", "yes"]);
    expect(looks({ op: "leaves", ...band }, prices(100, 98, 99, 100, 102, 101))).toEqual(["unknown", "yes", "no", "no", "yes", "no"]);
  });

  test("held for two minutes: at every look, and a look that is unknown begins it anew", () => {
    const when: Condition = { held_for: { seconds: 120, condition: { op: ">", left: "last", right: 100 } } };
    expect(looks(when, prices(101, 101, 101, 99, 101, 101, 101))).toEqual(["no", "no", "yes", "no", "no", "no", "yes"]);
    expect(looks(when, [{ last: 101 }, { last: 101 }, { last: null, afterSeconds: 200 }, { last: 101 }, { last: 101 }, { last: 101 }])).toEqual(["no", "no", "unknown", "no", "no", "yes"]);
  });

  test("the night does not count: what held at the close begins anew at the open", () => {
    const when: Condition = { held_for: { seconds: 120, condition: { op: ">", left: "last", right: 100 } } };
    const view = createSymbolView();
    const bound = compileCondition(when, { maxAgeMs: 180_000 }).bind(view);
    const memory = bound.createMemory();
    const lookAt = (atMs: number): string => {
      view.setTime(atMs);
      view.setFact("last", 101, atMs);
      return truthWord(bound.look(memory, null));
    };
    view.setSession(previousDay);
    expect([3, 2, 1].map((minutes) => lookAt(previousDay.closesAtMs - minutes * minute))).toEqual(["no", "no", "yes"]);
    view.setSession({ tradingDay: day, opensAtMs, closesAtMs });
    expect([1, 2, 3].map((minutes) => lookAt(opensAtMs + minutes * minute))).toEqual(["no", "no", "yes"]);
  });

  test("a rebound within two minutes of the low, and not after", () => {
    // oxlint-disable-next-line unicorn/no-thenable -- a key of the language; it never holds a function
    const when: Condition = { then_within: { seconds: 120, first: { op: "<", left: "last", right: 95 }, then: { op: ">", left: "last", right: 100 } } };
    expect(looks(when, prices(98, 94, 98, 101, 102))).toEqual(["no", "no", "no", "yes", "no"]);
    expect(looks(when, prices(98, 94, 98, 98, 101))).toEqual(["no", "no", "no", "no", "no"]);
    expect(looks(when, prices(101, 94, 101))).toEqual(["unknown", "no", "yes"]);
  });
});

describe("a user's own facts", () => {
  const user: UserView = {
    position: { qty: "3", avgEntry: "160", peak: "170", openedAtMs: opensAtMs },
    account: { equity: "10000", cash: "2500.50", dayPlPct: "-1.25", ordersToday: 2 },
  };

  test.each([
    [{ position: "qty" }, 3],
    [{ position: "avg_entry" }, 160],
    [{ position: "unrealized_pct" }, 3.4375],
    [{ position: "peak" }, 170],
    [{ position: "age_seconds" }, 3600],
    [{ account: "equity" }, 10_000],
    [{ account: "cash" }, 2500.5],
    [{ account: "day_pl_pct" }, -1.25],
    [{ account: "orders_today" }, 2],
    [{ change: "absolute", from: "entry" }, 5.5],
    [{ change: "absolute", from: "peak" }, -4.5],
  ] as const)("%j is %d", (left, right) => {
    expect(truthNow({ op: "=", left, right }, openView(), user)).toBe("yes");
  });

  test("the peak is never below the price that just was", () => {
    expect(truthNow({ op: "=", left: { change: "percent", from: "peak" }, right: 0 }, openView("171"), user)).toBe("yes");
  });

  test("without a position only its quantity is known", () => {
    const flat: UserView = { ...user, position: noPosition };
    expect(truthNow({ op: "=", left: { position: "qty" }, right: 0 }, openView(), flat)).toBe("yes");
    expect(whyNow({ op: ">", left: { position: "unrealized_pct" }, right: 0 }, openView(), flat)).toBe("there is no position");
    expect(whyNow({ op: ">", left: { position: "qty" }, right: 0 }, openView(), null)).toBe("the position is not known");
  });
});

describe("quotes and the clock", () => {
  test("mid and spread are of both sides, exactly", () => {
    const view = openView();
    view.setFact("bid", "165.40", view.nowMs);
    view.setFact("ask", "165.60", view.nowMs);
    expect(truthNow({ op: "=", left: "mid", right: 165.5 }, view)).toBe("yes");
    expect(truthNow({ op: "between", value: "spread_bps", low: 12.0845, high: 12.0846 }, view)).toBe("yes");
    expect(truthNow({ op: "=", left: { "*": ["spread_bps", "mid"] }, right: 2_000 }, view)).toBe("yes");
    expect(whyNow({ op: ">", left: "mid", right: 0 })).toBe("bid is missing");
  });

  test("the age of the last trade, the minutes of the session and New York's weekday", () => {
    expect(truthNow({ op: "=", left: "age_seconds", right: 10 })).toBe("yes");
    expect(truthNow({ op: "=", left: { clock: "minutes_since_open" }, right: 60 })).toBe("yes");
    expect(truthNow({ op: "=", left: { clock: "minutes_until_close" }, right: 330 })).toBe("yes");
    expect(truthNow({ op: "=", left: { clock: "weekday" }, right: 2 })).toBe("yes");
  });
});
