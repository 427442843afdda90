import type { Side } from "@nod/contract/primitives";
import { compare, isLess, isPositive, type Price, type Quantity } from "../../core/decimal.ts";
import type { Amendment, BrokerOrder } from "../ports.ts";
import { executedIn, executionsInForce, type KnownExecution } from "./executions-in-force.ts";
import type { OrderEvent, OrderState } from "./order-state.ts";
import { laterSum, standingOf, type BrokerSum, type ExecutionBook, type ToldAmendment } from "./standing.ts";

export type JudgedAmendment = {
  /** Which execution it is about; null: that cannot be told. */
  about: string | null;
  /** What that execution was until now, where it is known. */
  was: { qty: Quantity; price: Price } | null;
  /** Null: neither it nor the broker's order says what is left. */
  event: Extract<OrderEvent, { kind: "amended" }> | null;
};

export type AmendedOrder = { state: OrderState; side: Side; alpacaOrderId: string; book: ExecutionBook };

/**
 * What a bust or a correction makes of an order: the standing of its executions with this one. Where the broker's order came
 * along and is newer than what is known, its status holds too. Pure.
 */
export function judgeAmendment(order: AmendedOrder, amendment: Amendment, report: BrokerOrder | null): JudgedAmendment {
  const { state, book } = order;
  const before = executionsInForce(book.fills, book.amendments);
  const newer = report !== null && isNewer(report, state) ? report : null;
  const about = aboutWhat(amendment, book, before, newer);
  const after = executionsInForce(book.fills, [...book.amendments, knownFrom(amendment, about)]);
  const still = new Set(after.map(({ executionId }) => executionId));
  const was = before.find(({ executionId }) => !still.has(executionId)) ?? (amendment.kind === "trade_bust" ? amendment.was : null);
  if (newer === null && about === null) return { about, was, event: null };
  const said = report === null || report.updatedAt === null ? null : { qty: report.filledQty, avgPrice: report.filledAvgPrice, at: report.updatedAt };
  const told = { fills: book.fills, amendments: [...book.amendments, knownFrom(amendment, about)] };
  const brokerSum = laterSum(sumOf(state), said, told);
  const left = standingOf(brokerSum, told);
  return {
    about,
    was,
    event: {
      kind: "amended",
      alpacaOrderId: order.alpacaOrderId,
      status: newer?.status ?? null,
      filledQty: left.qty,
      filledAvgPrice: left.avgPrice,
      updatedAt: newer?.updatedAt ?? null,
      at: later(amendment.executedAt, newer?.updatedAt ?? null),
      brokerSum,
      reason: inWords(amendment, was, left.qty, order.side),
    },
  };
}

const untoldPrefix = "untold:";

/**
 * What follows from the broker's order alone, when it says that less is filled than before and no message says why. It has no
 * id of the broker's: the order and the time of its last word tell it from others.
 */
export const untoldBust = (alpacaOrderId: string, at: Date): Amendment => ({
  kind: "trade_bust", executionId: `${untoldPrefix}${alpacaOrderId}:${at.getTime()}`, previousExecutionId: null, was: null, executedAt: at,
});

/**
 * When the broker's order says that less is filled than is known, in a word that is newer than every other; null: it does not.
 * An untold bust follows from this alone, so it is asked once more under the order's lock: the message that explains it may
 * have come while the order was being polled.
 */
export const saidLessAt = ({ filledQty, updatedAt }: BrokerOrder, known: Pick<OrderState, "filledQty" | "brokerUpdatedAt">): Date | null =>
  isLess(filledQty, known.filledQty) && updatedAt !== null && (known.brokerUpdatedAt === null || updatedAt > known.brokerUpdatedAt) ? updatedAt : null;

/** Whether it is a conclusion of ours, and no word of the broker's. */
export const isUntold = ({ executionId }: Pick<Amendment, "executionId">): boolean => executionId.startsWith(untoldPrefix);

/** Orders from before sums were kept have what is filled instead. */
export const sumOf = ({ brokerSum, filledQty, filledAvgPrice, brokerUpdatedAt }: OrderState): BrokerSum | null =>
  brokerSum ?? (brokerUpdatedAt === null ? null : { qty: filledQty, avgPrice: filledAvgPrice, at: brokerUpdatedAt });

const later = (a: Date, b: Date | null): Date => (b !== null && b > a ? b : a);

/** As it is kept. */
export const knownFrom = (amendment: Amendment, about: string | null): ToldAmendment => ({
  executionId: amendment.executionId,
  about,
  restated: amendment.kind === "trade_correct" ? { qty: amendment.qty, price: amendment.price } : null,
  at: amendment.executedAt,
  was: amendment.kind === "trade_bust" ? amendment.was : null,
  isConcluded: isUntold(amendment),
});

const isNewer = ({ updatedAt }: BrokerOrder, { brokerUpdatedAt }: OrderState): boolean => updatedAt !== null && (brokerUpdatedAt === null || updatedAt > brokerUpdatedAt);

/** Not every message names what it is about. Of executions that are alike it does not matter which. */
function aboutWhat(amendment: Amendment, { fills }: ExecutionBook, inForce: readonly KnownExecution[], report: BrokerOrder | null): string | null {
  if (amendment.previousExecutionId !== null) return amendment.previousExecutionId;
  if (fills.some(({ executionId }) => executionId === amendment.executionId)) return amendment.executionId;
  const was = amendment.kind === "trade_bust" ? amendment.was : null;
  const alike = was === null ? undefined : inForce.findLast((each) => areAlike(each, was));
  if (alike !== undefined) return alike.executionId;
  if (inForce.length === 1) return inForce[0]?.executionId ?? null;
  if (report === null) return null;
  const instead = amendment.kind === "trade_correct" ? [{ executionId: amendment.executionId, qty: amendment.qty, price: amendment.price }] : [];
  const explaining = inForce.filter((each) => compare(executedIn([...inForce.filter((other) => other !== each), ...instead]).qty, report.filledQty) === 0);
  const last = explaining.at(-1);
  return last !== undefined && explaining.every((each) => areAlike(each, last)) ? last.executionId : null;
}

type Lot = { qty: Quantity; price: Price };

const areAlike = (a: Lot, b: Lot): boolean => compare(a.qty, b.qty) === 0 && compare(a.price, b.price) === 0;

function inWords(amendment: Amendment, was: { qty: Quantity; price: Price } | null, left: Quantity, side: Side): string {
  const traded = was === null ? "an execution" : `${was.qty} at $${was.price}`;
  if (amendment.kind === "trade_correct") return `the broker corrected an execution: ${amendment.qty} at $${amendment.price}${was === null ? "" : ` instead of ${traded}`}`;
  const done = side === "buy" ? "bought" : "sold";
  return isPositive(left) ? `the broker took back ${traded} (a trade bust): ${left} is ${done}` : `the broker took back ${traded} (a trade bust): in the end nothing was ${done}`;
}
