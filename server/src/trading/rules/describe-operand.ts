import type { ChangeFrom, FactName, IndicatorName, IndicatorOperand, Operand, Timeframe } from "@nod/contract/rule-language";
import { arithmeticOf, type Arithmetic } from "@nod/contract/rule-operands";
import { percent } from "../../core/decimal.ts";
import { showUsd } from "./question-text.ts";
import type { Unit } from "./operand-units.ts";

/** Names the symbol once and says "it" from then on. */
export type Speaker = {
  /** `SPY`, later `it`. */
  subject(): string;
  /** `SPY's close`, later `its close`. */
  owner(): string;
};

export function createSpeaker(symbol: string): Speaker {
  let named = false;
  const say = (first: string, later: string): string => {
    if (named) return later;
    named = true;
    return first;
  };
  return { subject: () => say(symbol, "it"), owner: () => say(`${symbol}'s`, "its") };
}

const facts: Record<FactName, string> = {
  last: "price",
  bid: "bid",
  ask: "ask",
  mid: "mid price",
  spread_bps: "spread",
  age_seconds: "last trade",
  day_open: "open",
  day_high: "high",
  day_low: "low",
  day_volume: "volume",
  prev_close: "previous close",
};

const account = { equity: "your equity", cash: "your cash", day_pl_pct: "your result today", orders_today: "the number of your orders today" } as const;
const clock = { minutes_since_open: "the time since the open", minutes_until_close: "the time until the close", weekday: "the weekday" } as const;

/** `close` of the value that stands first in a sentence, or is compared with. */
export function describeOperand(operand: Operand, speaker: Speaker): string {
  if (typeof operand === "number") return showNumber(operand, null);
  if (operand === "last") return describePrice(speaker);
  if (typeof operand === "string") return describeFact(operand, speaker);
  if ("bar" in operand) return `${speaker.owner()} ${describeBar(operand.bar, operand.timeframe, operand.offset ?? 0)}`;
  if ("indicator" in operand) return `${speaker.owner()} ${describeIndicator(operand)}`;
  if ("position" in operand) return describePosition(operand.position, speaker);
  if ("account" in operand) return account[operand.account];
  if ("clock" in operand) return clock[operand.clock];
  if ("change" in operand) return `${speaker.owner()} change${operand.change === "percent" ? " in percent" : ""} against ${describeFrom(operand.from)}`;
  const arithmetic = arithmeticOf(operand);
  if (arithmetic === null) throw new Error("an operand of no kind");
  return describeArithmetic(arithmetic, speaker);
}

function describeFact(fact: FactName, speaker: Speaker): string {
  const owner = speaker.owner();
  if (fact === "age_seconds") return `the age of ${owner} ${facts[fact]}`;
  if (!fact.startsWith("day_")) return `${owner} ${facts[fact]}`;
  return owner === "its" ? `today's ${facts[fact]}` : `${owner} ${facts[fact]} today`;
}

/** Standing first, a price is the symbol's own name. */
function describePrice(speaker: Speaker): string {
  const subject = speaker.subject();
  return subject === "it" ? "its price" : subject;
}

function describePosition(field: Extract<Operand, { position: unknown }>["position"], speaker: Speaker): string {
  switch (field) {
    case "qty":
      return `the quantity of ${speaker.subject()} that you hold`;
    case "avg_entry":
      return `your average entry into ${speaker.subject()}`;
    case "unrealized_pct":
      return `your unrealised gain on ${speaker.subject()}`;
    case "peak":
      return `${speaker.owner()} peak since your entry`;
    case "age_seconds":
      return `the age of your position in ${speaker.subject()}`;
  }
}

/** Of a bar: `daily`, `five-minute`. */
export const barWords: Record<Timeframe, string> = { "1Min": "one-minute", "5Min": "five-minute", "15Min": "fifteen-minute", "1Hour": "hourly", "1Day": "daily" };

function describeBar(field: string, timeframe: Timeframe, offset: number): string {
  return offset === 0 ? `last ${barWords[timeframe]} ${field}` : `${barWords[timeframe]} ${field} of ${earlier(offset)}`;
}

const earlier = (offset: number): string => (offset === 1 ? "the bar before the last" : `${offset} bars before the last`);

const indicators: Record<IndicatorName, string> = {
  sma: "average",
  ema: "exponential average",
  rsi: "RSI",
  atr: "average true range",
  vwap: "VWAP",
  bollinger_upper: "upper Bollinger band",
  bollinger_middle: "middle Bollinger band",
  bollinger_lower: "lower Bollinger band",
  zscore: "z-score of",
  highest: "highest",
  lowest: "lowest",
  relative_volume: "relative volume",
  volatility: "volatility",
};

function describeIndicator(operand: IndicatorOperand): string {
  const { indicator, timeframe, length, offset = 0, deviations } = operand;
  const name = `${indicators[indicator]}${sourceWords(operand)}`;
  const before = offset === 0 ? "" : `, as of ${earlier(offset)}`;
  const width = deviations === undefined ? "" : ` (${deviations} deviations)`;
  if (length === undefined) return `${name} of today (${barWords[timeframe]} bars)${before}`;
  if (timeframe === "1Day") return `${length}-day ${name}${width}${before}`;
  return `${name} over ${length} ${barWords[timeframe]} bars${width}${before}`;
}

function sourceWords({ indicator, source }: IndicatorOperand): string {
  if (indicator === "zscore") return source === "volume" ? " volume" : source === undefined || source === "close" ? " returns" : ` returns of the ${source}`;
  if (indicator === "highest") return ` ${source ?? "high"}`;
  if (indicator === "lowest") return ` ${source ?? "low"}`;
  return source === undefined || source === "close" ? "" : ` ${source}`;
}

/** What a change is measured from. */
export function describeFrom(from: ChangeFrom): string {
  if (typeof from !== "string") {
    if ("minutes" in from) return `its price ${from.minutes === 1 ? "a minute" : `${from.minutes} minutes`} ago`;
    if (from.timeframe === "1Day") return `its close ${from.bars === 1 ? "a day" : `${from.bars} days`} ago`;
    return `its close ${from.bars === 1 ? `a ${barWords[from.timeframe]} bar` : `${from.bars} ${barWords[from.timeframe]} bars`} ago`;
  }
  switch (from) {
    case "prev_close":
      return "its previous close";
    case "day_open":
      return "today's open";
    case "entry":
      return "your average entry";
    case "peak":
      return "its peak since your entry";
  }
}

function describeArithmetic({ sign, operands }: Arithmetic, speaker: Speaker): string {
  const nested = (operand: Operand): string => {
    const text = describeOperand(operand, speaker);
    return arithmeticOf(operand) === null ? text : `(${text})`;
  };
  switch (sign) {
    case "+":
      return operands.map(nested).join(" plus ");
    case "-":
      return operands.map(nested).join(" minus ");
    case "/":
      return operands.map(nested).join(" divided by ");
    case "*": {
      // "1.5 times its average" reads well whichever of the two was written first.
      const constants = operands.filter((operand) => typeof operand === "number");
      const others = operands.filter((operand) => typeof operand !== "number");
      return [...constants, ...others].map(nested).join(" times ");
    }
  }
}

const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

/** A constant in the unit of what it is compared with. */
export function showNumber(value: number, unit: Unit | null): string {
  const plain: string = percent(value);
  switch (unit) {
    case "price":
    case "amount":
      return value < 0 ? `-$${showUsd(-value)}` : `$${showUsd(value)}`;
    case "percent":
      return `${plain} %`;
    case "bps":
      return `${plain} basis points`;
    case "seconds":
      return showSeconds(value);
    case "minutes":
      return value === 1 ? "a minute" : `${plain} minutes`;
    case "deviations":
      return `${plain} deviations`;
    case "volume":
      return plain.replaceAll(/\B(?=(\d{3})+$)/g, ",");
    case "weekday":
      return weekdays[value - 1] ?? plain;
    default:
      return plain;
  }
}

/** `90 seconds`, `10 minutes`, `an hour`. */
export function showSeconds(seconds: number): string {
  const units: [number, string, string][] = [[86_400, "a day", "days"], [3_600, "an hour", "hours"], [60, "a minute", "minutes"], [1, "a second", "seconds"]];
  const [size, one, many] = units.find(([each]) => seconds >= each && seconds % each === 0) ?? [1, "a second", "seconds"];
  const count = seconds / size;
  return count === 1 ? one : `${count} ${many}`;
}
