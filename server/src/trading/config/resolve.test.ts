import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReferenceRule, TradingConfig } from "@nod/contract/trading-config";
import { resolveConfig, resolveStoredConfig, resolveTemplate } from "./resolve.ts";

const dip: ReferenceRule = {
  id: "dip_confirm",
  type: "price_below_pct_of_ref",
  symbol: "SPY",
  ref_metric: "prev_close",
  threshold_pct: -1.5,
  question_template: "{{symbol}} is down {{pct}}%. Buy ${{notional}}?",
  on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 },
  cooldown_seconds: 3600,
  expires_in_seconds: 300,
  max_staleness_seconds: 180,
  max_drift_bps: 50,
};

const template: TradingConfig = {
  version: 1,
  enabled: true,
  mode: "paper",
  data_inputs: [
    { id: "primary_watchlist", source: "alpaca", asset_class: "us_equity", symbols: ["AAPL", "SPY"], feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade", "daily_bar", "prev_close"] },
  ],
  rules: [dip],
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
};

const resolved = (own: unknown): TradingConfig => {
  const result = resolveConfig(template, own);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.config;
};
const errorsOf = (own: unknown): { pointer: string; message: string }[] => {
  const result = resolveConfig(template, own);
  return result.ok ? [] : result.errors;
};
/** A complete new rule, with changes. */
const rule = (changes: Record<string, unknown>): Record<string, unknown> => ({ ...dip, id: "mine", ...changes });

describe("a user's document over a template", () => {
  test("an empty one takes the template as it is", () => {
    expect(resolved({})).toEqual(template);
  });

  test("a rule is overridden field by field, by its id, and keeps its place", () => {
    expect(resolved({ rules: [rule({ symbol: "AAPL" }), { id: "dip_confirm", threshold_pct: -2 }] }).rules).toEqual([{ ...dip, threshold_pct: -2 }, rule({ symbol: "AAPL" })]);
  });

  test("objects inside a rule merge too, and a fixed amount gives way to an asked one", () => {
    const ask = { ask: { min: 5, max: 50 } };
    expect(resolved({ rules: [{ id: "dip_confirm", on_answer_match: { notional_usd: ask } }] }).rules[0]?.on_answer_match).toEqual({ action: "propose_order", side: "buy", notional_usd: ask });
  });

  test("a list of symbols is replaced, not joined", () => {
    expect(resolved({ data_inputs: [{ id: "primary_watchlist", symbols: ["SPY"] }] }).data_inputs[0]?.symbols).toEqual(["SPY"]);
  });

  test("switching a rule off keeps it in the document", () => {
    expect(resolved({ rules: [{ id: "dip_confirm", enabled: false }] }).rules[0]).toMatchObject({ id: "dip_confirm", enabled: false });
  });

  test("an input may go once no rule needs it", () => {
    const off = { data_inputs: [{ id: "primary_watchlist", enabled: false }] };
    expect(errorsOf(off)).toEqual([{ pointer: "/data_inputs", message: "SPY of rule dip_confirm is in no enabled data input that brings last_trade and prev_close" }]);
    expect(errorsOf({ ...off, rules: [{ id: "dip_confirm", enabled: false }] })).toEqual([]);
  });

  test("merging an override twice is merging it once, and never changes the template", () => {
    const before = structuredClone(template);
    fc.assert(
      fc.property(fc.integer({ min: -90, max: 0 }), fc.boolean(), fc.integer({ min: 0, max: 100 }), (threshold, enabled, orders) => {
        const own = { enabled, rules: [{ id: "dip_confirm", threshold_pct: threshold }], guardrails: { max_orders_per_day: orders } };
        const once = resolved(own);
        expect(resolveConfig(once, own)).toEqual({ ok: true, config: once });
      }),
    );
    expect(template).toEqual(before);
  });

  test("text that could mislead the eye is made plain", () => {
    const config = resolved({ rules: [{ id: "dip_confirm", question_template: "  Buy\u202e now\u0000\n {{symbol}}?  " }] });
    expect(config.rules[0]?.question_template).toBe("Buy now {{symbol}}?");
  });
});

describe("a bad document is told where it is bad", () => {
  const cases: [string, unknown, string, RegExp][] = [
    ["not an object", [], "", /must be an object/],
    ["nothing", null, "", /must be an object/],
    ["an unknown key", { gaurdrails: {} }, "/gaurdrails", /not a known key/],
    ["an unknown key of a rule", { rules: [{ id: "dip_confirm", tresh: 1 }] }, "/rules/0/tresh", /not a known key/],
    ["a wrong type", { enabled: "yes" }, "/enabled", /must be boolean/],
    ["text for a number", { rules: [{ id: "dip_confirm", threshold_pct: "-2" }] }, "/rules/0/threshold_pct", /must be number/],
    ["NaN", { rules: [{ id: "dip_confirm", threshold_pct: Number.NaN }] }, "/rules/0/threshold_pct", /finite/],
    ["infinity", { guardrails: { max_notional_usd_per_4h: Infinity } }, "/guardrails/max_notional_usd_per_4h", /finite/],
    ["a huge number", { rules: [{ id: "dip_confirm", cooldown_seconds: 1e300 }] }, "/rules/0/cooldown_seconds", /<= 604800/],
    ["an out-of-range number", { guardrails: { max_orders_per_day: -1 } }, "/guardrails/max_orders_per_day", />= 0/],
    ["a bad symbol", { data_inputs: [{ id: "primary_watchlist", symbols: ["SPY", "spy; drop"] }] }, "/data_inputs/0/symbols/1", /pattern/],
    ["an unknown metric", { data_inputs: [{ id: "primary_watchlist", metrics: ["last_trade", "vibes"] }] }, "/data_inputs/0/metrics/1", /must be one of/],
    ["an unknown reference", { rules: [{ id: "dip_confirm", ref_metric: "prev_clsoe" }] }, "/rules/0/ref_metric", /must be one of/],
    ["a repeated id", { rules: [{ id: "dip_confirm" }, { id: "dip_confirm" }] }, "/rules/1/id", /used twice/],
    ["a new rule that is not complete", { rules: [{ id: "mine", type: "price_below_pct_of_ref" }] }, "/rules/0/symbol", /is required/],
    ["a rule on a symbol that nothing brings", { rules: [{ id: "dip_confirm" }, rule({ symbol: "TSLA" })] }, "/rules/1/symbol", /TSLA of rule mine is in no enabled data input/],
    ["an input that lacks the reference", { rules: [rule({})], data_inputs: [{ id: "primary_watchlist", metrics: ["last_trade", "daily_bar"] }] }, "/rules/0/symbol", /brings last_trade and prev_close/],
    ["an unknown placeholder", { rules: [{ id: "dip_confirm", question_template: "{{symbol}} {{balance}}" }] }, "/rules/0/question_template", /\{\{balance\}\} is not a placeholder/],
    ["a broken placeholder", { rules: [{ id: "dip_confirm", question_template: "{{symbol} fell" }] }, "/rules/0/question_template", /belongs to no placeholder/],
    ["a question of nothing visible", { rules: [{ id: "dip_confirm", question_template: "\u200b\u200b" }] }, "/rules/0/question_template", /nothing to read/],
    ["a third decimal of a dollar", { rules: [{ id: "dip_confirm", on_answer_match: { notional_usd: 10.001 } }] }, "/rules/0/on_answer_match/notional_usd", /at most 2 decimals/],
    ["an amount of the wrong kind", { rules: [{ id: "dip_confirm", on_answer_match: { notional_usd: "10" } }] }, "/rules/0/on_answer_match/notional_usd", /must be an amount in USD/],
    ["asking from more to less", { rules: [{ id: "dip_confirm", on_answer_match: { notional_usd: { ask: { min: 50, max: 5 } } } }] }, "/rules/0/on_answer_match/notional_usd/ask", /min 50 must not be above max 5/],
    ["a forgotten minus", { rules: [{ id: "dip_confirm", threshold_pct: 1.5 }] }, "/rules/0/threshold_pct", /did you mean -1.5\?/],
    ["a rise with a minus", { rules: [{ id: "dip_confirm", type: "price_above_pct_of_ref" }] }, "/rules/0", /did you mean 1.5\?/],
    ["a finer threshold than a price", { rules: [{ id: "dip_confirm", threshold_pct: -1e-12 }] }, "/rules/0/threshold_pct", /at most 9 decimals/],
    ["a crypto symbol among stocks", { data_inputs: [{ id: "primary_watchlist", symbols: ["SPY", "BTC/USD"] }] }, "/data_inputs/0/symbols/1", /not a symbol of us_equity/],
    ["a feed that does not carry the asset", { data_inputs: [{ id: "primary_watchlist", feed: "crypto_us" }] }, "/data_inputs/0/feed", /does not carry us_equity/],
    ["limits that contradict each other", { guardrails: { min_notional_usd: 20, max_notional_usd: 10 } }, "/guardrails/min_notional_usd", /must not be above/],
    ["depth", JSON.parse(`{"guardrails":${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}}`), `/guardrails${"/a".repeat(24)}`, /nested deeper/],
  ];
  test.each(cases)("%s", (_name, own, pointer, message) => {
    expect(errorsOf(own)).toContainEqual({ pointer, message: expect.stringMatching(message) });
  });

  test("near the low is below a positive threshold, and that is allowed", () => {
    expect(errorsOf({ rules: [rule({ ref_metric: "day_low", threshold_pct: 0.5 })] })).toEqual([]);
    expect(errorsOf({ rules: [rule({ type: "price_above_pct_of_ref", ref_metric: "day_high", threshold_pct: -0.5 })] })).toEqual([]);
  });

  test("crypto orders begin at ten dollars", () => {
    const crypto = { id: "coins", source: "alpaca", asset_class: "crypto", symbols: ["BTC/USD"], feed: "crypto_us", poll_interval_seconds: 60, metrics: ["last_trade", "prev_close"] };
    const own = (amount: number): unknown => ({ data_inputs: [crypto], rules: [rule({ symbol: "BTC/USD", on_answer_match: { action: "propose_order", side: "buy", notional_usd: amount } })] });
    expect(errorsOf(own(9.99))).toEqual([{ pointer: "/rules/0/on_answer_match/notional_usd", message: "must be at least 10 for crypto" }]);
    expect(errorsOf(own(10))).toEqual([]);
  });

  test("thirty symbols on a feed are allowed over all inputs, and the thirty-first is not", () => {
    const symbols = (from: number, count: number): string[] => Array.from({ length: count }, (_, index) => `S${from + index}`);
    const input = (id: string, names: string[], feed = "iex"): unknown => ({ id, source: "alpaca", asset_class: "us_equity", symbols: names, feed, poll_interval_seconds: 60, metrics: ["last_trade"] });
    expect(errorsOf({ data_inputs: [input("more", [...symbols(0, 28), "SPY"])] })).toEqual([]);
    expect(errorsOf({ data_inputs: [input("more", symbols(0, 28)), input("other_feed", symbols(50, 30), "sip")] })).toEqual([]);
    expect(errorsOf({ data_inputs: [input("more", symbols(0, 20)), input("even_more", symbols(20, 9))] })).toEqual([
      { pointer: "/data_inputs/1/symbols", message: "brings the symbols on feed iex to 31; at most 30 are allowed" },
    ]);
  });

  test("ten thousand rules are refused without looking at them", () => {
    let looks = 0;
    const unread = new Proxy(rule({ symbol: "nonsense!" }), {
      get: (target, key) => {
        looks += 1;
        return Reflect.get(target, key) as unknown;
      },
      ownKeys: (target) => {
        looks += 1;
        return Reflect.ownKeys(target);
      },
      getOwnPropertyDescriptor: (target, key) => {
        looks += 1;
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    const own = { rules: Array.from({ length: 10_000 }, () => unread) };
    expect(errorsOf(own)).toEqual([{ pointer: "/rules", message: "must NOT have more than 200 items, and has 10000" }]);
    expect(looks).toBe(0);
  });

  test.each(["__proto__", "constructor", "prototype"])("%s is refused wherever it stands, and poisons nothing", (key) => {
    const hostile: unknown = JSON.parse(`{"${key}":{"polluted":true},"rules":[{"id":"dip_confirm","on_answer_match":{"${key}":{"polluted":true}}}]}`);
    const pointers = errorsOf(hostile).map((error) => error.pointer);
    expect(pointers.toSorted()).toEqual([`/${key}`, `/rules/0/on_answer_match/${key}`]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("whatever is sent, the answer is a config or errors, never an exception", () => {
    fc.assert(fc.property(fc.anything(), (own) => typeof resolveConfig(template, own).ok === "boolean"));
    fc.assert(fc.property(fc.record({ rules: fc.anything(), data_inputs: fc.anything(), guardrails: fc.anything() }, { requiredKeys: [] }), (own) => typeof resolveConfig(template, own).ok === "boolean"));
  });
});

describe("a rule of the language is looked at together with the rest of the config", () => {
  const condition = (when: unknown, changes: Record<string, unknown> = {}): Record<string, unknown> => {
    const { type: _type, ref_metric: _reference, threshold_pct: _threshold, ...terms } = dip;
    return { ...terms, id: "mine", type: "condition", question_template: "{{symbol}}?", when, ...changes };
  };
  const below = { op: "<", left: "last", right: 400 };
  const auto = { mode: "auto", auto_budget: { max_orders_per_day: 1, max_notional_usd_per_day: 50 } };
  const asksNobody = { require_question_before_order: false };
  const coins = { id: "coins", source: "alpaca", asset_class: "crypto", symbols: ["BTC/USD"], feed: "crypto_us", poll_interval_seconds: 60, metrics: ["last_trade"] };

  const cases: [string, unknown, string, RegExp][] = [
    ["a spread without quotes", { rules: [condition({ op: "<", left: "spread_bps", right: 10 })] }, "/rules/0/symbol", /brings last_trade and quote: add `quote` to the metrics of data input primary_watchlist/],
    ["a slip deep inside a condition", { rules: [condition({ all: [below, { ...below, right: "prev_clsoe" }] })] }, "/rules/0/when/all/1/right", /did you mean `prev_close`\?/],
    ["a template's placeholder on a rule without a reference", { rules: [{ id: "dip_confirm", type: "price_crosses_level", level: 400, direction: "any" }] }, "/rules/0", /\{\{pct\}\} belongs to rules/],
    ["orders that nobody is asked about, where asking is required", { rules: [condition(below, auto)] }, "/rules/0/mode", /require_question_before_order is true/],
    ["orders that nobody is asked about, with real money", { mode: "live", guardrails: asksNobody, rules: [condition(below, auto)] }, "/rules/0/mode", /auto is for paper only/],
    ["a session of what has none", { data_inputs: [coins], rules: [condition(below, { symbol: "BTC/USD", fire: { mode: "once", session: "last_hour" } })] }, "/rules/0/fire/session", /around the clock/],
    ["the close of what does not close", { data_inputs: [coins], rules: [condition({ op: "<", left: { clock: "minutes_until_close" }, right: 5 }, { symbol: "BTC/USD" })] }, "/rules/0/when/left/clock", /never known/],
    ["a time zone that is none", { restraint: { quiet_hours: { from: "22:00", to: "07:00", time_zone: "Europe/Berln" } } }, "/restraint/quiet_hours/time_zone", /did you mean `Europe\/Berlin`\?/],
    ["a time zone that knows no summer", { restraint: { quiet_hours: { from: "22:00", to: "07:00", time_zone: "+02:00" } } }, "/restraint/quiet_hours/time_zone", /not a time zone/],
    ["quiet hours that are none, or all", { restraint: { quiet_hours: { from: "22:00", to: "22:00", time_zone: "UTC" } } }, "/restraint/quiet_hours/to", /must not be the same as from/],
  ];
  test.each(cases)("%s", (_name, own, pointer, message) => {
    expect(errorsOf(own)).toContainEqual({ pointer, message: expect.stringMatching(message) });
  });

  test("quotes that are brought are found, and a budget is enough where nobody has to be asked", () => {
    const quoted = { data_inputs: [{ id: "primary_watchlist", metrics: ["last_trade", "daily_bar", "prev_close", "quote"] }], rules: [condition({ op: "<", left: "spread_bps", right: 10 })] };
    expect(errorsOf(quoted).filter(({ pointer }) => pointer === "/rules/0/symbol")).toEqual([]);
    expect(errorsOf({ guardrails: asksNobody, rules: [condition(below, auto)] }).filter(({ pointer }) => pointer === "/rules/0/mode")).toEqual([]);
  });

  test("a condition as deep as may be is read, and one as deep as a stack is refused without looking at it", () => {
    const nested = (levels: number): unknown => JSON.parse(`${'{"not":'.repeat(levels)}${JSON.stringify(below)}${"}".repeat(levels)}`);
    expect(errorsOf({ rules: [condition(nested(6))] }).filter(({ message }) => message.includes("deeper"))).toEqual([]);
    expect(errorsOf({ rules: [condition(nested(5_000))] })).toEqual([{ pointer: expect.stringMatching(/^\/rules\/0\/when\/not/), message: expect.stringContaining("nested deeper") }]);
  });

  test("two hundred large rules are read, and a document that is larger than any config is not", () => {
    const wide = (operands: number): unknown => ({ any: Array.from({ length: operands }, () => ({ op: ">", left: { "*": ["last", 1.5] }, right: 1 })) });
    const own = (operands: number): unknown => ({ rules: Array.from({ length: 200 }, (_, index) => condition(wide(operands), { id: `r${index}` })) });
    expect(errorsOf(own(16)).filter(({ message }) => message.includes("values"))).toEqual([]);
    expect(errorsOf(own(60))).toEqual([{ pointer: expect.any(String), message: expect.stringContaining("must NOT hold more than 50000 values") }]);
  });
});

describe("a template that changes under its users", () => {
  const own = { rules: [{ id: "dip_confirm", threshold_pct: -3 }, rule({ symbol: "AAPL" })], guardrails: { max_orders_per_day: 1 } };

  test("a rule that is gone takes its override with it, and the rest stays in force", () => {
    const upgraded = resolveStoredConfig({ ...template, rules: [] }, own);
    expect(upgraded).toMatchObject({ ok: true, config: { rules: [{ id: "mine" }], guardrails: { max_orders_per_day: 1 } } });
    expect(upgraded.ok && upgraded.leftOut[0]).toMatchObject({ pointer: "/rules/0/type", message: "is required" });
  });

  test("a symbol that is no longer watched takes its rules with it", () => {
    const upgraded = resolveStoredConfig({ ...template, data_inputs: template.data_inputs.map((input) => ({ ...input, symbols: ["SPY"] })) }, own);
    expect(upgraded).toMatchObject({ ok: true, config: { rules: [{ id: "dip_confirm", threshold_pct: -3 }] }, leftOut: [{ pointer: "/rules/1/symbol" }] });
  });

  test("a contradiction in the guardrails puts all of it out of force", () => {
    const guarded = { ...template, guardrails: { ...template.guardrails, min_notional_usd: 20 } };
    expect(resolveStoredConfig(guarded, { guardrails: { max_notional_usd: 10 } })).toEqual({ ok: false, errors: [{ pointer: "/guardrails/min_notional_usd", message: "20 must not be above max_notional_usd, which is 10" }] });
  });

  test("the same user document could not be saved under the new template", () => {
    expect(resolveConfig({ ...template, rules: [] }, own)).toMatchObject({ ok: false });
  });
});

test.each(["default_paper_watchlist", "test_users"])("the templates of the seed %s are valid", (name) => {
  const sql = readFileSync(new URL(`../../../seeds/${name}.sql`, import.meta.url), "utf8");
  const documents = [...sql.matchAll(/\$json\$([\s\S]*?)\$json\$/g)].map((match): unknown => JSON.parse(match[1] ?? ""));
  expect(documents.length).toBeGreaterThan(0);
  for (const document of documents) expect(resolveTemplate(document)).toMatchObject({ ok: true });
});
