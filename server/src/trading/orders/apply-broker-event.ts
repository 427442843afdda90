import type { Db } from "../../db/pool.ts";
import type { AuditEvent } from "../audit/events-table.ts";
import type { Amendment, AmendmentActivity, BrokerOrder, Execution, FillActivity } from "../ports.ts";
import { haltUser } from "../risk/kill-switch-table.ts";
import { announceOrders, type Announce } from "./announce.ts";
import { executedIn, executionsInForce } from "./executions-in-force.ts";
import { executionBookOf, insertAmendment, insertFill } from "./fills-table.ts";
import { isUntold, judgeAmendment, saidLessAt, sumOf, type JudgedAmendment } from "./judge-amendment.ts";
import type { OrderRecord } from "./order-record.ts";
import { transition, type OrderEvent, type Standing } from "./order-state.ts";
import { isBrokerStatus } from "./order-status.ts";
import { lockOrder, saveOrderState, stateOf, type AlongWithState } from "./orders-table.ts";
import { laterSum, standingOf, type BrokerSum } from "./standing.ts";
import { differenceFrom } from "./ticket.ts";

/** By which way the broker's word came. */
export type BrokerWordSource = "post" | "lookup" | "stream" | "poll" | "reconciliation";

export type BrokerWord =
  | { kind: "order"; source: BrokerWordSource; order: BrokerOrder; execution: Execution | null; amendment?: Amendment; event: string | null }
  /** An execution alone, from the account's activities. */
  | { kind: "fill"; source: "reconciliation"; fill: FillActivity }
  /** A bust or a correction alone, from there too. */
  | { kind: "amendment"; source: "reconciliation"; amendment: AmendmentActivity };

export type AppliedWord =
  /** Not one of ours: shown, never touched. */
  | { kind: "foreign" }
  | { kind: "unchanged"; order: OrderRecord }
  | { kind: "changed"; order: OrderRecord }
  /** The broker's order under our id is another one. Its user was halted. */
  | { kind: "mismatched"; order: OrderRecord; difference: string };

/**
 * The one gate through which everything that the broker says enters the books, whichever way it came. Any word may come
 * late, twice, or out of order. Run in a transaction of its own, which locks this one order.
 * @param announce for a transaction that takes in what was answered to several POSTs, which announces them together
 */
export async function applyBrokerEvent(tx: Db, word: BrokerWord, announce: Announce = announceOrders): Promise<AppliedWord> {
  const order = await lockOrder(tx, orderNamedBy(word));
  if (order === null) return { kind: "foreign" };
  if (word.kind === "fill") return applyFill(tx, order, word.fill);
  if (word.kind === "amendment") return applyAmendment(tx, order, { amendment: word.amendment, report: null, alpacaOrderId: word.amendment.alpacaOrderId, source: word.source });
  const difference = order.alpacaOrderId === null ? differenceFrom(order, word.order) : null;
  if (difference !== null) return refuseMismatch(tx, order, word, difference);
  if (word.amendment === undefined) return applyReport(tx, order, word, announce);
  return applyAmendment(tx, order, { amendment: word.amendment, report: word, alpacaOrderId: word.order.alpacaOrderId, source: word.source });
}

function orderNamedBy(word: BrokerWord): Parameters<typeof lockOrder>[1] {
  switch (word.kind) {
    case "order":
      return { clientOrderId: word.order.clientOrderId };
    case "fill":
      return { alpacaOrderId: word.fill.alpacaOrderId };
    case "amendment":
      return { alpacaOrderId: word.amendment.alpacaOrderId };
  }
}

type OrderWord = Extract<BrokerWord, { kind: "order" }>;

async function applyReport(tx: Db, order: OrderRecord, word: OrderWord, announce: Announce = announceOrders): Promise<AppliedWord> {
  const { order: report, execution } = word;
  const isNewFill = execution !== null && (await insertFill(tx, order, execution));
  const standing = await standingWith(tx, order, report.updatedAt === null ? null : { qty: report.filledQty, avgPrice: report.filledAvgPrice, at: report.updatedAt });
  return advance(tx, order, {
    event: {
      kind: "reported",
      alpacaOrderId: report.alpacaOrderId,
      status: report.status,
      filledQty: report.filledQty,
      filledAvgPrice: report.filledAvgPrice,
      updatedAt: report.updatedAt,
      ...(standing !== null && { standing }),
    },
    source: word.source,
    along: { submittedAt: report.submittedAt, filledAt: report.filledAt, raw: report.raw },
    events: isNewFill ? [fillEvent(order, execution, word.source)] : [],
  }, announce);
}

/**
 * An execution that the stream did not tell of. A word on the order from after it has counted it, and what was taken back or
 * corrected since; only one that is not newer can lack it.
 */
async function applyFill(tx: Db, order: OrderRecord, fill: FillActivity): Promise<AppliedWord> {
  if (!(await insertFill(tx, order, fill))) return { kind: "unchanged", order };
  const standing = await standingWith(tx, order, null);
  if (standing === null && order.brokerUpdatedAt !== null && order.brokerUpdatedAt > fill.executedAt) {
    await announceOrders(tx, [], [fillEvent(order, fill, "reconciliation")]);
    return { kind: "unchanged", order };
  }
  const { fills, amendments } = await executionBookOf(tx, order.id);
  const executed = executedIn(executionsInForce(fills, amendments));
  return advance(tx, order, {
    event: {
      kind: "reported",
      alpacaOrderId: fill.alpacaOrderId,
      // Of what became of the order the activity says no more than that nothing is left to be filled.
      status: fill.completes === true ? "filled" : isBrokerStatus(order.status) && order.status !== "rejected" ? order.status : "partially_filled",
      filledQty: executed.qty,
      filledAvgPrice: executed.avgPrice,
      updatedAt: null,
      ...(standing !== null && { standing }),
    },
    source: "reconciliation",
    along: {},
    events: [fillEvent(order, fill, "reconciliation")],
  });
}

/** Of an order of which nothing was ever taken back or corrected the broker's own sum is enough: null. */
async function standingWith(tx: Db, order: OrderRecord, said: BrokerSum | null): Promise<Standing | null> {
  if (order.amendedAt === null) return null;
  const book = await executionBookOf(tx, order.id);
  const brokerSum = laterSum(sumOf(stateOf(order)), said, book);
  return { filled: standingOf(brokerSum, book), brokerSum };
}

type AmendmentWord = { amendment: Amendment; report: OrderWord | null; alpacaOrderId: string; source: BrokerWordSource };

/** A bust or a correction counts once, by its own execution id; told again, or explained meanwhile, it is no more than the report that came along. */
async function applyAmendment(tx: Db, order: OrderRecord, { amendment, report, alpacaOrderId, source }: AmendmentWord): Promise<AppliedWord> {
  const book = await executionBookOf(tx, order.id);
  const isExplained = isUntold(amendment) && (report === null || saidLessAt(report.order, order) === null);
  if (isExplained || book.amendments.some(({ executionId }) => executionId === amendment.executionId)) return report === null ? { kind: "unchanged", order } : applyReport(tx, order, report);
  const judged = judgeAmendment({ state: stateOf(order), side: order.side, alpacaOrderId, book }, amendment, report?.order ?? null);
  await insertAmendment(tx, order, amendment, judged.about);
  if (judged.event === null) {
    await haltUser(tx, order.firebaseUid, `the broker changed an execution of order ${order.clientOrderId} and did not say which`);
    await announceOrders(tx, [], [amendmentEvent(order, amendment, judged, source)]);
    return { kind: "unchanged", order };
  }
  const next = transition(stateOf(order), judged.event);
  if (next.kind !== "changed") {
    await announceOrders(tx, [], [eventOf(order, "order_report_ignored", { source, why: next.kind === "ignored" ? next.why : "an amendment that changes nothing" })]);
    return { kind: "unchanged", order };
  }
  const saved = await saveOrderState(tx, order.id, next.state, report === null ? {} : { submittedAt: report.order.submittedAt, filledAt: report.order.filledAt, raw: report.order.raw });
  await announceOrders(tx, [saved], [amendmentEvent(saved, amendment, judged, source)]);
  return { kind: "changed", order: saved };
}

type Advance = { event: OrderEvent; source: BrokerWordSource; along: AlongWithState; events: AuditEvent[] };

async function advance(tx: Db, order: OrderRecord, { event, source, along, events }: Advance, announce: Announce = announceOrders): Promise<AppliedWord> {
  const next = transition(stateOf(order), event);
  if (next.kind === "ignored") events.push(eventOf(order, "order_report_ignored", { source, why: next.why }));
  if (next.kind !== "changed") {
    await announce(tx, [], events);
    return { kind: "unchanged", order };
  }
  const saved = await saveOrderState(tx, order.id, next.state, along);
  events.push(
    eventOf(saved, saved.status === "filled" ? "order_filled" : "order_reported", {
      source,
      from: order.status,
      status: saved.status,
      alpaca_order_id: saved.alpacaOrderId,
      filled_qty: saved.filledQty,
      filled_avg_price: saved.filledAvgPrice,
      reason: saved.statusReason,
    }),
  );
  await announce(tx, [saved], events);
  return { kind: "changed", order: saved };
}

/** Halts the user: either the id was used twice, or somebody else trades on the account in our name. */
async function refuseMismatch(tx: Db, order: OrderRecord, word: OrderWord, difference: string): Promise<AppliedWord> {
  const reason = `the broker holds another order under this id: ${difference}`;
  const next = transition(stateOf(order), { kind: "mismatched", reason });
  if (next.kind !== "changed") return { kind: "mismatched", order, difference };
  const saved = await saveOrderState(tx, order.id, next.state, { lookupInMs: null, raw: word.order.raw });
  await haltUser(tx, order.firebaseUid, `order ${order.clientOrderId} at the broker is not the one that was approved`);
  await announceOrders(tx, [saved], [eventOf(saved, "order_mismatched", { source: word.source, difference, alpaca_order_id: word.order.alpacaOrderId })]);
  return { kind: "mismatched", order: saved, difference };
}

export function eventOf(order: OrderRecord, kind: AuditEvent["kind"], data: Record<string, unknown>): AuditEvent {
  return { firebaseUid: order.firebaseUid, kind, questionId: order.questionId, orderId: order.id, data };
}

function fillEvent(order: OrderRecord, execution: Execution, source: BrokerWordSource): AuditEvent {
  return eventOf(order, "fill_recorded", { source, execution_id: execution.executionId, qty: execution.qty, price: execution.price, executed_at: execution.executedAt.toISOString() });
}

/** `order` as it stands after it. */
function amendmentEvent(order: OrderRecord, amendment: Amendment, { about, was, event }: JudgedAmendment, source: BrokerWordSource): AuditEvent {
  return eventOf(order, amendment.kind === "trade_bust" ? "trade_busted" : "trade_corrected", {
    source,
    execution_id: amendment.executionId,
    previous_execution_id: about,
    was_qty: was?.qty ?? null,
    was_price: was?.price ?? null,
    ...(amendment.kind === "trade_correct" ? { qty: amendment.qty, price: amendment.price } : {}),
    status: order.status,
    filled_qty: order.filledQty,
    filled_avg_price: order.filledAvgPrice,
    ...(event === null ? { halted: true } : {}),
  });
}
