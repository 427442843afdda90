import type { FactName, IndicatorOperand, Operand, PositionField } from "@nod/contract/rule-language";
import { arithmeticOf } from "@nod/contract/rule-operands";

/** What a number measures. `number`: a constant, which fits every unit; null: it cannot be told. */
export type Unit = "price" | "percent" | "bps" | "seconds" | "minutes" | "volume" | "quantity" | "amount" | "index" | "deviations" | "ratio" | "count" | "weekday" | "number";

const factUnits: Record<FactName, Unit> = {
  last: "price", bid: "price", ask: "price", mid: "price", spread_bps: "bps", age_seconds: "seconds",
  day_open: "price", day_high: "price", day_low: "price", day_volume: "volume", prev_close: "price",
};
const positionUnits: Record<PositionField, Unit> = { qty: "quantity", avg_entry: "price", unrealized_pct: "percent", peak: "price", age_seconds: "seconds" };

/** The unit of an operand's value; null where multiplying or dividing has made one that has no name here. */
export function unitOf(operand: Operand): Unit | null {
  if (typeof operand === "number") return "number";
  if (typeof operand === "string") return factUnits[operand];
  if ("bar" in operand) return operand.bar === "volume" ? "volume" : "price";
  if ("indicator" in operand) return unitOfIndicator(operand);
  if ("position" in operand) return positionUnits[operand.position];
  if ("account" in operand) return operand.account === "orders_today" ? "count" : operand.account === "day_pl_pct" ? "percent" : "amount";
  if ("clock" in operand) return operand.clock === "weekday" ? "weekday" : "minutes";
  if ("change" in operand) return operand.change === "percent" ? "percent" : "price";
  return unitOfArithmetic(operand);
}

function unitOfIndicator({ indicator, source }: IndicatorOperand): Unit {
  switch (indicator) {
    case "rsi":
      return "index";
    case "zscore":
      return "deviations";
    case "relative_volume":
      return "ratio";
    case "volatility":
      return "percent";
    default:
      return source === "volume" ? "volume" : "price";
  }
}

function unitOfArithmetic(operand: Operand): Unit | null {
  const arithmetic = arithmeticOf(operand);
  if (arithmetic === null) return null;
  const units = arithmetic.operands.map(unitOf);
  const [first = null] = units;
  const named = units.filter((unit) => unit !== "number");
  const [unit = "number"] = named;
  switch (arithmetic.sign) {
    case "+":
    case "-":
      return named.every((each) => each === unit) ? unit : null;
    case "*":
      return named.length <= 1 ? unit : null;
    case "/":
      if (units[1] === "number") return first;
      return first === units[1] ? "ratio" : null;
  }
}

/** Operands that are compared although they measure different things. */
export function unlikeUnits(operands: readonly Operand[]): [Unit, Unit] | null {
  const units = operands.map(unitOf).filter((unit) => unit !== null && unit !== "number");
  const [first] = units;
  const other = units.find((unit) => unit !== first);
  return first === undefined || other === undefined ? null : [first, other];
}
