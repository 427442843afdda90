import type { OrderStatus } from "@nod/contract/order";
import { isGreater, isLess, isPositive, type Price, type Quantity } from "../../core/decimal.ts";
import { isBrokerStatus, isEnded, stageOf, type BrokerStatus } from "./order-status.ts";
import type { Executed } from "./executions-in-force.ts";
import type { BrokerSum } from "./standing.ts";

/** The part of an order that events change. */
export type OrderState = {
  status: OrderStatus;
  statusReason: string | null;
  alpacaOrderId: string | null;
  filledQty: Quantity;
  filledAvgPrice: Price | null;
  /** The broker's own time of its last word. */
  brokerUpdatedAt: Date | null;
  /** The broker's own time of the last bust or correction: what it said of the order before that no longer holds. */
  amendedAt: Date | null;
  brokerSum: BrokerSum | null;
};

export type OrderEvent =
  | { kind: "claimed" }
  | { kind: "denied"; reason: string }
  /** The POST provably never left this process. */
  | { kind: "not_sent"; reason: string }
  /** The same, for the last time. */
  | { kind: "given_up"; reason: string }
  /** By the one who had approved it, before anything was sent. */
  | { kind: "taken_back"; reason: string }
  /** The POST ended without a clear yes or no. */
  | { kind: "outcome_lost"; reason: string }
  /** A clear no to the POST: there is no order at the broker. */
  | { kind: "refused"; reason: string }
  /** The named time has passed and every lookup said that it is not there. */
  | { kind: "not_found_in_time"; reason: string }
  /** The same, and its approval still holds: it may be sent once more, under the same id. */
  | { kind: "send_again"; reason: string }
  /** It waited to be sent once more, and its approval no longer holds. */
  | { kind: "not_sent_again"; reason: string }
  /** The broker's order is not the one that we asked for. */
  | { kind: "mismatched"; reason: string }
  /** The broker's word, from the POST, a lookup, the stream, a poll or the reconciliation. */
  | { kind: "reported"; alpacaOrderId: string; status: string; filledQty: Quantity; filledAvgPrice: Price | null; updatedAt: Date | null; standing?: Standing }
  /**
   * The broker took an execution back or restated it: the one word by which what was filled may fall. `status` is null where
   * the broker said nothing of the order itself, or nothing that is newer than what is known.
   */
  | { kind: "amended"; alpacaOrderId: string; status: string | null; filledQty: Quantity; filledAvgPrice: Price | null; updatedAt: Date | null; at: Date; brokerSum: BrokerSum | null; reason: string };

export type Transition =
  | { kind: "changed"; state: OrderState }
  /** Nothing that we did not know. */
  | { kind: "unchanged" }
  /** It cannot happen to an order in this state; `why` is for the audit log. Nothing changes. */
  | { kind: "ignored"; why: string };

/** What is filled of an order of which executions were taken back or corrected, and the broker's last sum: its quantities are in both, and may fall. */
export type Standing = { filled: Executed; brokerSum: BrokerSum | null };

type Report = Extract<OrderEvent, { kind: "reported" }>;
type Amended = Extract<OrderEvent, { kind: "amended" }>;

/** The only way in which an order's state changes. Pure and total: every event has an answer in every state. */
export function transition(state: OrderState, event: OrderEvent): Transition {
  switch (event.kind) {
    case "claimed":
      return from(state, event, ["pending_submit"], "submitting", null);
    case "denied":
      return from(state, event, ["pending_submit"], "denied", event.reason);
    case "not_sent":
      return from(state, event, ["submitting"], "pending_submit", event.reason);
    case "given_up":
      return from(state, event, ["submitting"], "not_placed", event.reason);
    case "taken_back":
      return from(state, event, ["pending_submit"], "not_placed", event.reason);
    case "outcome_lost":
      return from(state, event, ["submitting"], "unknown", event.reason);
    case "refused":
      // Another process may have given the POST up for lost before its answer arrived: a clear no is still one.
      return from(state, event, ["submitting", "unknown"], "rejected", event.reason);
    case "not_found_in_time":
      return from(state, event, ["unknown"], "not_placed", event.reason);
    case "send_again":
      return from(state, event, ["unknown"], "pending_submit", event.reason);
    case "not_sent_again":
      return from(state, event, ["pending_submit"], "not_placed", event.reason);
    case "mismatched":
      return mismatched(state, event.reason);
    case "reported":
      return hasBrokerStatus(state) ? laterWord(state, event) : firstWord(state, event);
    case "amended":
      return amended(state, event);
  }
}

function from(state: OrderState, event: OrderEvent, expected: readonly OrderStatus[], next: OrderStatus, reason: string | null): Transition {
  if (!expected.includes(state.status)) return { kind: "ignored", why: `${event.kind} while ${state.status}` };
  return { kind: "changed", state: { ...state, status: next, statusReason: reason } };
}

/** Somebody else's order under our id: nothing of it is ours to adopt. It stays in doubt, and its symbol blocked. */
function mismatched(state: OrderState, reason: string): Transition {
  if (state.alpacaOrderId !== null) return { kind: "ignored", why: `mismatched while ${state.status}` };
  if (state.status === "unknown" && state.statusReason === reason) return { kind: "unchanged" };
  return { kind: "changed", state: { ...state, status: "unknown", statusReason: reason } };
}

type AtBroker = OrderState & { status: BrokerStatus };

/** A refusal of the POST left no order behind it; if one turns up all the same, the broker's word on it is its first. */
function hasBrokerStatus(state: OrderState): state is AtBroker {
  return isBrokerStatus(state.status) && state.alpacaOrderId !== null;
}

/**
 * Whatever we believed (not sent, unknown, not placed, even denied or refused): what is at the broker is real, and it is
 * adopted. A late fill of an order that was given up is a fill.
 */
function firstWord(state: OrderState, report: Report): Transition {
  const known = knownStatus(report, "accepted");
  return {
    kind: "changed",
    state: {
      status: known.status,
      statusReason: known.reason,
      alpacaOrderId: report.alpacaOrderId,
      filledQty: report.filledQty,
      filledAvgPrice: report.filledAvgPrice,
      brokerUpdatedAt: report.updatedAt,
      amendedAt: state.amendedAt,
      brokerSum: sumIn(report),
    },
  };
}

/** Words arrive late, twice and out of order. What was filled never falls, and an end is an end. */
function laterWord(state: AtBroker, report: Report): Transition {
  if (report.alpacaOrderId !== state.alpacaOrderId) return { kind: "ignored", why: `a report of another order, ${report.alpacaOrderId}` };
  if (report.standing !== undefined) return restated(state, report, report.standing);
  if (isLess(report.filledQty, state.filledQty)) return { kind: "unchanged" };
  return taken(state, report);
}

function taken(state: AtBroker, report: Report): Transition {
  const filledMore = isGreater(report.filledQty, state.filledQty);
  const known = knownStatus(report, state.status);
  const takesStatus = known.status !== state.status && supersedes(state, report, known.status, filledMore);
  if (!takesStatus && !filledMore) return laterTime(state, report, known);
  const filled = { qty: report.filledQty, avgPrice: report.filledAvgPrice ?? state.filledAvgPrice };
  return moved(state, report, takesStatus ? known : null, { filled, brokerSum: laterOf(state.brokerSum, sumIn(report)) });
}

/** One by which the quantity may fall. A status from before the last bust or correction does not end the order: that may have brought it back. */
function restated(state: AtBroker, report: Report, standing: Standing): Transition {
  const { filled } = standing;
  const filledMore = isGreater(filled.qty, state.filledQty);
  const known = knownStatus({ ...report, filledQty: filled.qty }, state.status);
  const isCurrent = report.updatedAt !== null && (state.amendedAt === null || report.updatedAt >= state.amendedAt);
  const takesStatus = known.status !== state.status && (isCurrent || (filledMore && !isEnded(known.status))) && supersedes(state, report, known.status, filledMore);
  if (!takesStatus && filled.qty === state.filledQty && filled.avgPrice === state.filledAvgPrice) return laterTime(state, report, known);
  return moved(state, report, takesStatus ? known : null, standing);
}

function moved(state: AtBroker, report: Report, taken: { status: BrokerStatus; reason: string | null } | null, { filled, brokerSum }: Standing): Transition {
  return {
    kind: "changed",
    state: {
      status: taken?.status ?? state.status,
      statusReason: taken === null ? state.statusReason : taken.reason,
      alpacaOrderId: state.alpacaOrderId,
      filledQty: filled.qty,
      filledAvgPrice: filled.avgPrice,
      brokerUpdatedAt: latest(state.brokerUpdatedAt, report.updatedAt),
      amendedAt: state.amendedAt,
      brokerSum,
    },
  };
}

/** The exception that is stated: it may lower what was filled, and bring an order back that had ended, if the broker says so. */
function amended(state: OrderState, event: Amended): Transition {
  const isAtBroker = hasBrokerStatus(state);
  if (isAtBroker && event.alpacaOrderId !== state.alpacaOrderId) return { kind: "ignored", why: `an amendment of another order, ${event.alpacaOrderId}` };
  const status = event.status !== null && isBrokerStatus(event.status) ? event.status : isAtBroker ? state.status : "accepted";
  return {
    kind: "changed",
    state: {
      status,
      statusReason: event.reason,
      alpacaOrderId: event.alpacaOrderId,
      filledQty: event.filledQty,
      filledAvgPrice: isPositive(event.filledQty) ? event.filledAvgPrice : null,
      brokerUpdatedAt: latest(state.brokerUpdatedAt, event.updatedAt),
      amendedAt: latest(state.amendedAt, event.at),
      brokerSum: event.brokerSum,
    },
  };
}

function supersedes(state: AtBroker, report: Report, next: BrokerStatus, filledMore: boolean): boolean {
  // A cancel and the last fill cross on the way: the fill has the last word. No other end gives way to another.
  if (isEnded(state.status)) return next === "filled" && filledMore;
  if (isEnded(next) || filledMore) return true;
  const before = state.brokerUpdatedAt?.getTime();
  const after = report.updatedAt?.getTime();
  if (before !== undefined && after !== undefined && before !== after) return after > before;
  return stageOf(next) > stageOf(state.status);
}

/** A word of the future is kept as it was said, and changes nothing else. */
function laterTime(state: AtBroker, report: Report, known: { reason: string | null }): Transition {
  if (known.reason === null || known.reason === state.statusReason || isEnded(state.status)) return { kind: "unchanged" };
  return { kind: "changed", state: { ...state, statusReason: known.reason, brokerUpdatedAt: latest(state.brokerUpdatedAt, report.updatedAt) } };
}

function knownStatus(report: Report, otherwise: BrokerStatus): { status: BrokerStatus; reason: string | null } {
  if (!isBrokerStatus(report.status)) {
    return { status: otherwise, reason: `the broker says ${JSON.stringify(report.status.slice(0, 60))}, which is not known here` };
  }
  if (report.status === "rejected") return { status: report.status, reason: "the broker rejected it" };
  // The words before a fill come along with the quantity of one when messages overtake each other.
  const working = stageOf(report.status) <= stageOf("new");
  return { status: working && isPositive(report.filledQty) ? "partially_filled" : report.status, reason: null };
}

const sumIn = ({ filledQty: qty, filledAvgPrice: avgPrice, updatedAt: at }: Report): BrokerSum | null => (at === null ? null : { qty, avgPrice, at });

/** Of one moment the one with more in it: nothing was taken back between. */
function laterOf(a: BrokerSum | null, b: BrokerSum | null): BrokerSum | null {
  if (a === null || b === null) return a ?? b;
  if (a.at.getTime() !== b.at.getTime()) return a.at > b.at ? a : b;
  return isLess(b.qty, a.qty) ? a : b;
}

function latest(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
