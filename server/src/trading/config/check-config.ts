import { checkRule } from "@nod/contract/check-rule";
import type { DocumentPath } from "@nod/contract/json-pointer";
import { didYouMean } from "@nod/contract/nearest-name";
import { metricsOf, ruleOperands } from "@nod/contract/rule-operands";
import type { DataInput, ReferenceRule, Rule, TradingConfig } from "@nod/contract/trading-config";
import { maxSymbolsPerFeed } from "@nod/contract/trading-config";
import { decimalPlaces, NotADecimalError, quantity, usd } from "../../core/decimal.ts";
import { coverageOf, type Source } from "./coverage.ts";

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
    ...restraintFaults(config),
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
    const faults = checkRule(rule).map(({ path: at, message }): ConfigFault => ({ path: [...path, ...at], message }));
    if ("ref_metric" in rule) faults.push(...signFaults(rule, path));
    if (rule.question_template === "") faults.push({ path: [...path, "question_template"], message: "has nothing to read" });
    faults.push(...autoFaults(rule, config, path));
    // What is switched off watches nothing, so it may name what no input brings.
    if (rule.enabled === false) return faults;
    const source = sourceOf(rule);
    if (source === null) faults.push({ path: [...path, "symbol"], message: uncovered(rule, config), because: "data_inputs" });
    else faults.push(...sourceFaults(rule, source, path));
    return faults;
  });
}

/** Says what is missing, and of which input it could be asked. */
function uncovered(rule: Rule, config: TradingConfig): string {
  const needed = metricsOf(rule);
  const text = `${rule.symbol} of rule ${rule.id} is in no enabled data input that brings ${needed.join(" and ")}`;
  const near = config.data_inputs.find((input) => input.enabled !== false && input.symbols.includes(rule.symbol));
  if (near === undefined) return text;
  const missing = needed.filter((metric) => !near.metrics.includes(metric));
  return `${text}: add ${missing.map((metric) => `\`${metric}\``).join(" and ")} to the metrics of data input ${near.id}`;
}

function sourceFaults(rule: Rule, { assetClass }: Source, path: DocumentPath): ConfigFault[] {
  const smallest = smallestNotionalUsd[assetClass];
  const faults: ConfigFault[] = [];
  if ((smallestAmount(rule) ?? Infinity) < smallest) faults.push({ path: [...path, "on_answer_match", "notional_usd"], message: `must be at least ${smallest} for ${assetClass}` });
  if (assetClass !== "crypto") return faults;
  if (rule.type === "condition" && rule.fire?.session !== undefined) faults.push({ path: [...path, "fire", "session"], message: "crypto has no session: it trades around the clock" });
  for (const { operand, path: at } of ruleOperands(rule)) {
    if (typeof operand === "object" && "clock" in operand && operand.clock !== "weekday") {
      faults.push({ path: [...path, ...at, "clock"], message: `crypto has no session, so ${operand.clock} is never known` });
    }
  }
  return faults;
}

/** Without a question only where the whole config allows it. */
function autoFaults(rule: Rule, { mode, guardrails }: TradingConfig, path: DocumentPath): ConfigFault[] {
  if (rule.mode !== "auto" || rule.enabled === false) return [];
  const faults: ConfigFault[] = [];
  if (mode === "live") faults.push({ path: [...path, "mode"], message: "auto is for paper only, and this config is live" });
  if (guardrails.require_question_before_order) faults.push({ path: [...path, "mode"], message: "auto asks nobody, and guardrails.require_question_before_order is true" });
  return faults;
}

/**
 * Against a close or an open, a sign that contradicts the direction is a forgotten minus: "below +1.5 %" holds nearly always.
 * Against the day's low, "below +0.5 %" means near the low, and against the high "above -0.5 %" near the high.
 */
function signFaults(rule: ReferenceRule, path: DocumentPath): ConfigFault[] {
  const below = rule.type === "price_below_pct_of_ref";
  const signMatters = rule.ref_metric !== (below ? "day_low" : "day_high");
  if (!signMatters || rule.threshold_pct === 0 || rule.threshold_pct < 0 === below) return [];
  return [{ path: [...path, "threshold_pct"], message: `must be ${below ? "zero or negative" : "zero or positive"} with ${rule.type} of ${rule.ref_metric}: did you mean ${-rule.threshold_pct}?` }];
}

function smallestAmount({ on_answer_match: action }: Rule): number | null {
  if (action.action !== "propose_order" || !("notional_usd" in action)) return null;
  return typeof action.notional_usd === "number" ? action.notional_usd : action.notional_usd.ask.min;
}

function restraintFaults({ restraint }: TradingConfig): ConfigFault[] {
  const quiet = restraint?.quiet_hours;
  if (quiet === undefined) return [];
  const faults: ConfigFault[] = [];
  if (!isTimeZone(quiet.time_zone)) {
    const meant = didYouMean(quiet.time_zone, Intl.supportedValuesOf("timeZone"));
    faults.push({ path: ["restraint", "quiet_hours", "time_zone"], message: `is not a time zone that is known here${meant}` });
  }
  if (quiet.from === quiet.to) faults.push({ path: ["restraint", "quiet_hours", "to"], message: "must not be the same as from" });
  return faults;
}

function isTimeZone(name: string): boolean {
  try {
    // Offsets such as +02:00 are time zones too, and know nothing of summer time.
    return !/^[+-]/.test(new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
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

function decimalsFault(amount: number, digits: number, read: typeof usd | typeof quantity): string | null {
  const tooFine = `must have at most ${digits} decimals`;
  try {
    return decimalPlaces(read(amount)) > digits ? tooFine : null;
  } catch (error) {
    if (error instanceof NotADecimalError) return tooFine;
    throw error;
  }
}
