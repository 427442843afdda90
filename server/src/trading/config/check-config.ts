import type { DataInput, NotionalUsd, ReferenceRule, Rule, TradingConfig } from "@nod/contract/trading-config";
import { maxSymbolsPerFeed } from "@nod/contract/trading-config";
import { decimalPlaces, NotADecimalError, percent, quantity, usd } from "../../core/decimal.ts";
import { templateFaults } from "../rules/question-text.ts";
import { isEvaluated } from "../rules/compiled-rule.ts";
import { coverageOf, metricsOf } from "./coverage.ts";
import type { DocumentPath } from "./json-pointer.ts";

/**
 * What the schema cannot say. `path` is in the merged document; `because` names the part of it that the fault comes from when
 * that may be another one than where it shows: a template's rule can lose its symbol to a user's data input.
 */
export type ConfigFault = { path: DocumentPath; message: string; because?: "data_inputs" };

/** The broker's smallest orders, in USD. */
const smallestNotionalUsd = { us_equity: 1, crypto: 10 } as const;

/** All faults of a merged document that its schema accepts. */
export function checkConfig(config: TradingConfig): ConfigFault[] {
  return [
    ...duplicateIds("data_inputs", config.data_inputs),
    ...duplicateIds("rules", config.rules),
    ...config.data_inputs.flatMap((input, index) => inputFaults(input, ["data_inputs", index])),
    ...symbolsPerFeed(config),
    ...ruleFaults(config),
    ...guardrailFaults(config),
  ];
}

function duplicateIds(list: "data_inputs" | "rules", entries: readonly { id: string }[]): ConfigFault[] {
  const seen = new Set<string>();
  return entries.flatMap(({ id }, index): ConfigFault[] => {
    if (seen.has(id)) return [{ path: [list, index, "id"], message: `is used twice: ${id}` }];
    seen.add(id);
    return [];
  });
}

function inputFaults(input: DataInput, path: DocumentPath): ConfigFault[] {
  const isCrypto = input.asset_class === "crypto";
  const faults: ConfigFault[] = [];
  if (isCrypto !== (input.feed === "crypto_us")) faults.push({ path: [...path, "feed"], message: `${input.feed} does not carry ${input.asset_class}` });
  for (const [index, symbol] of input.symbols.entries()) {
    if (symbol.includes("/") !== isCrypto) faults.push({ path: [...path, "symbols", index], message: `${symbol} is not a symbol of ${input.asset_class}` });
  }
  return faults;
}

/** The free plan's limit counts what a user watches on a feed, over all inputs that are on. */
function symbolsPerFeed(config: TradingConfig): ConfigFault[] {
  const watched = new Map<string, Set<string>>();
  return config.data_inputs.flatMap((input, index): ConfigFault[] => {
    if (input.enabled === false) return [];
    const symbols = watched.get(input.feed) ?? new Set();
    watched.set(input.feed, symbols);
    const before = symbols.size;
    for (const symbol of input.symbols) symbols.add(symbol);
    if (before > maxSymbolsPerFeed || symbols.size <= maxSymbolsPerFeed) return [];
    return [{ path: ["data_inputs", index, "symbols"], message: `brings the symbols on feed ${input.feed} to ${symbols.size}; at most ${maxSymbolsPerFeed} are allowed`, because: "data_inputs" }];
  });
}

function ruleFaults(config: TradingConfig): ConfigFault[] {
  const sourceOf = coverageOf(config);
  return config.rules.flatMap((rule, index): ConfigFault[] => {
    const path = ["rules", index];
    const faults = [...refuseUntilEvaluated(rule, path), ...("ref_metric" in rule ? thresholdFaults(rule, path) : []), ...notionalFaults(rule, path)];
    for (const message of templateFaults(rule.question_template)) faults.push({ path: [...path, "question_template"], message });
    if (rule.question_template === "") faults.push({ path: [...path, "question_template"], message: "has nothing to read" });
    // What is switched off watches nothing, so it may name what no input brings.
    if (rule.enabled === false) return faults;
    const source = sourceOf(rule);
    if (source === null) {
      const needed = metricsOf(rule).join(" and ");
      faults.push({ path: [...path, "symbol"], message: `${rule.symbol} of rule ${rule.id} is in no enabled data input that brings ${needed}`, because: "data_inputs" });
    } else if ((smallestAmount(rule) ?? Infinity) < smallestNotionalUsd[source.assetClass]) {
      faults.push({ path: [...path, "on_answer_match", "notional_usd"], message: `must be at least ${smallestNotionalUsd[source.assetClass]} for ${source.assetClass}` });
    }
    return faults;
  });
}

/**
 * Against a close or an open, a sign that contradicts the direction is a forgotten minus: "below +1.5 %" holds nearly always.
 * Against the day's low, "below +0.5 %" means near the low, and against the high "above -0.5 %" near the high.
 */
function thresholdFaults(rule: ReferenceRule, path: DocumentPath): ConfigFault[] {
  const at = [...path, "threshold_pct"];
  const unreadable = decimalsFault(rule.threshold_pct, 9, percent);
  if (unreadable !== null) return [{ path: at, message: unreadable }];
  const below = rule.type === "price_below_pct_of_ref";
  const signMatters = rule.ref_metric !== (below ? "day_low" : "day_high");
  if (!signMatters || rule.threshold_pct === 0 || rule.threshold_pct < 0 === below) return [];
  return [{ path: at, message: `must be ${below ? "zero or negative" : "zero or positive"} with ${rule.type} of ${rule.ref_metric}: did you mean ${-rule.threshold_pct}?` }];
}

function notionalFaults(rule: Rule, path: DocumentPath): ConfigFault[] {
  const at = [...path, "on_answer_match", "notional_usd"];
  const notional = notionalOf(rule);
  if (notional === null) return [];
  if (typeof notional === "number") return centsFault(at, notional);
  const { min, max } = notional.ask;
  const faults = [...centsFault([...at, "ask", "min"], min), ...centsFault([...at, "ask", "max"], max)];
  if (min > max) faults.push({ path: [...at, "ask"], message: `min ${min} must not be above max ${max}` });
  return faults;
}

const notionalOf = ({ on_answer_match: action }: Rule): NotionalUsd | null => (action.action === "propose_order" && "notional_usd" in action ? action.notional_usd : null);

function smallestAmount(rule: Rule): number | null {
  const notional = notionalOf(rule);
  return notional === null || typeof notional === "number" ? notional : notional.ask.min;
}

/** A rule that nothing looks at would be a promise that is not kept, so it is refused. */
function refuseUntilEvaluated(rule: Rule, path: DocumentPath): ConfigFault[] {
  return isEvaluated(rule) ? [] : [{ path, message: "is a rule that this server does not evaluate yet" }];
}

function guardrailFaults({ guardrails }: TradingConfig): ConfigFault[] {
  const amounts = [
    "max_notional_usd_per_4h", "min_notional_usd", "max_notional_usd", "max_position_usd", "max_gross_exposure_usd", "max_daily_loss_usd", "max_drawdown_usd",
  ] as const;
  const faults = amounts.flatMap((name) => {
    const amount = guardrails[name];
    return amount === undefined ? [] : centsFault(["guardrails", name], amount);
  });
  const { min_notional_usd: min, max_notional_usd: max, max_order_qty: maxQty } = guardrails;
  const qtyFault = maxQty === undefined ? null : decimalsFault(maxQty, 9, quantity);
  if (qtyFault !== null) faults.push({ path: ["guardrails", "max_order_qty"], message: qtyFault });
  if (min !== undefined && max !== undefined && min > max) {
    faults.push({ path: ["guardrails", "min_notional_usd"], message: `${min} must not be above max_notional_usd, which is ${max}` });
  }
  return faults;
}

function centsFault(path: DocumentPath, amount: number): ConfigFault[] {
  const message = decimalsFault(amount, 2, usd);
  return message === null ? [] : [{ path, message }];
}

function decimalsFault(amount: number, digits: number, read: typeof usd | typeof percent | typeof quantity): string | null {
  const tooFine = `must have at most ${digits} decimals`;
  try {
    return decimalPlaces(read(amount)) > digits ? tooFine : null;
  } catch (error) {
    if (error instanceof NotADecimalError) return tooFine;
    throw error;
  }
}
