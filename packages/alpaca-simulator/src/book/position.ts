import { Decimal, ZERO } from "../money.ts";
import type { Execution } from "./records.ts";

/** Signed quantity (negative: short) and the positive dollars it cost. */
export type Position = { qty: Decimal; costBasis: Decimal };

/** What moves a position, in the order in which it happened. */
export type PositionEntry = { kind: "execution"; execution: Execution } | { kind: "split"; symbol: string; ratio: number };

export const FLAT: Position = { qty: ZERO, costBasis: ZERO };

/** The position after buying (positive) or selling (negative) `change` at `price`: average cost. */
export function traded(position: Position, change: Decimal, price: Decimal): Position {
  const after = position.qty.plus(change);
  if (position.qty.isZero() || position.qty.isPositive() === change.isPositive()) {
    return { qty: after, costBasis: position.costBasis.plus(change.abs().times(price)) };
  }
  if (after.isZero()) return FLAT;
  const flipped = after.isPositive() !== position.qty.isPositive();
  const costBasis = flipped ? after.abs().times(price) : position.costBasis.times(after.abs()).dividedBy(position.qty.abs());
  return { qty: after, costBasis };
}

/** Folds all entries of one symbol; busted executions count for nothing, corrected ones as corrected. */
export function foldPosition(entries: readonly PositionEntry[], symbol: string): Position {
  const amended = new Map<string, Execution>();
  for (const entry of entries) {
    if (entry.kind === "execution" && entry.execution.previousExecutionId !== null) {
      amended.set(entry.execution.previousExecutionId, entry.execution);
    }
  }
  let position = FLAT;
  for (const entry of entries) {
    if (entry.kind === "split") {
      if (entry.symbol === symbol) position = { ...position, qty: position.qty.times(entry.ratio) };
      continue;
    }
    if (entry.execution.symbol !== symbol || entry.execution.kind !== "fill") continue;
    const effective = latestAmendment(entry.execution, amended);
    if (effective.kind === "trade_bust") continue;
    position = traded(position, signedQty(effective), new Decimal(effective.price));
  }
  return position;
}

/** The last word on an execution: itself, its correction, the correction's bust, … */
function latestAmendment(execution: Execution, amended: ReadonlyMap<string, Execution>): Execution {
  let latest = execution;
  for (let next = amended.get(latest.executionId); next !== undefined; next = amended.get(latest.executionId)) latest = next;
  return latest;
}

export function signedQty(execution: Pick<Execution, "side" | "qty">): Decimal {
  return execution.side === "buy" ? new Decimal(execution.qty) : new Decimal(execution.qty).negated();
}

/** The fills of an order that still count, each as last corrected. */
export function effectiveFills(executions: readonly Execution[], orderId: string): Execution[] {
  const own = executions.filter((execution) => execution.orderId === orderId);
  const amended = new Map<string, Execution>();
  for (const execution of own) if (execution.previousExecutionId !== null) amended.set(execution.previousExecutionId, execution);
  return own
    .filter((execution) => execution.kind === "fill")
    .map((execution) => latestAmendment(execution, amended))
    .filter((execution) => execution.kind !== "trade_bust");
}
