/** The same rules in our language and in json-rules-engine's: thresholds, and conditions over prices, quotes and indicators. */
import type { Condition } from "@nod/contract/rule-language";
import type { Rule } from "@nod/contract/trading-config";
import type { NestedCondition } from "json-rules-engine";

export const symbols = Array.from({ length: 20 }, (_, index) => `SYM${String.fromCodePoint(65 + index)}`);
export const references = ["prev_close", "day_open"] as const;

export type MixedRule = { ours: Rule; theirs: NestedCondition };

/** The name of a value of a symbol, as json-rules-engine is given it: worked out already. */
export const factOf = (symbol: string, name: string): string => `${symbol}_${name}`;

const goesOn = {
  question_template: "{{symbol}}?",
  on_answer_match: { action: "propose_order" as const, side: "buy" as const, notional_usd: 10 },
  cooldown_seconds: 0,
  expires_in_seconds: 300,
  max_staleness_seconds: 180,
  max_drift_bps: 50,
};

/** Three rules in four are thresholds, both directions and two references, spread evenly from 0.02 % to 10 %; the fourth is a condition. */
export function mixedRule(index: number): MixedRule {
  const isCondition = index % 4 === 3;
  const turn = isCondition ? Math.floor(index / 4) : index - Math.floor((index + 1) / 4);
  const symbol = symbols[turn % symbols.length] ?? "";
  const base = { id: `r${index}`, symbol, ...goesOn };
  return isCondition ? conditionRule(turn, base) : thresholdRule(turn, base);
}

type Base = { id: string; symbol: string } & typeof goesOn;

function thresholdRule(turn: number, base: Base): MixedRule {
  const below = turn % 2 === 0;
  const distance = (((turn * 7_919) % 500) + 1) / 50;
  const reference = references[Math.floor(turn / 2) % 2] ?? "prev_close";
  const threshold = below ? -distance : distance;
  return {
    ours: { ...base, type: below ? "price_below_pct_of_ref" : "price_above_pct_of_ref", ref_metric: reference, threshold_pct: threshold },
    theirs: { fact: factOf(base.symbol, `${reference}_pct`), operator: below ? "lessThanInclusive" : "greaterThanInclusive", value: threshold },
  };
}

const rsi = { indicator: "rsi", timeframe: "1Min", length: 14 } as const;
const sma = { indicator: "sma", timeframe: "1Min", length: 20 } as const;

/** Four shapes in turn, each with levels of its own: no two rules are the same. */
function conditionRule(turn: number, base: Base): MixedRule {
  const level = ((turn * 104_729) % 9_973) / 100;
  const value = (name: string, operator: string, limit: number): NestedCondition => ({ fact: factOf(base.symbol, name), operator, value: limit });
  const shapes: [Condition, NestedCondition][] = [
    [
      { all: [{ op: "<=", left: { change: "percent", from: "prev_close" }, right: -level / 20 }, { op: "<", left: rsi, right: 30 + level / 2 }] },
      { all: [value("prev_close_pct", "lessThanInclusive", -level / 20), value("rsi", "lessThan", 30 + level / 2)] },
    ],
    [
      { any: [{ op: ">", left: "spread_bps", right: 5 + level }, { op: ">=", left: { "-": ["last", sma] }, right: 1 + level / 10 }] },
      { any: [value("spread_bps", "greaterThan", 5 + level), value("over_sma", "greaterThanInclusive", 1 + level / 10)] },
    ],
    [
      { all: [{ op: "outside", value: "last", low: 100 - level / 10, high: 100 + level / 10 }, { not: { op: ">", left: rsi, right: 100 - level / 2 } }] },
      { all: [{ any: [value("last", "lessThan", 100 - level / 10), value("last", "greaterThan", 100 + level / 10)] }, { not: value("rsi", "greaterThan", 100 - level / 2) }] },
    ],
    [
      { all: [{ op: "between", value: { change: "percent", from: "day_open" }, low: -level / 8, high: level / 8 }, { op: ">", left: "last", right: { "*": ["day_open", 1 + level / 2_000] } }] },
      { all: [value("day_open_pct", "greaterThanInclusive", -level / 8), value("day_open_pct", "lessThanInclusive", level / 8), value("over_open", "greaterThan", 1 + level / 2_000)] },
    ],
  ];
  const [when, theirs] = shapes[turn % shapes.length] ?? shapes[0] ?? [];
  if (when === undefined || theirs === undefined) throw new Error("there are no shapes");
  return { ours: { ...base, type: "condition", when, fire: { mode: "every", seconds: 1, at_start: true } }, theirs: "fact" in theirs ? { all: [theirs] } : theirs };
}
