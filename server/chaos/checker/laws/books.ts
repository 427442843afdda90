import type { Execution, WireOrder } from "@nod/alpaca-simulator";
import { Decimal } from "decimal.js";
import type { Evidence, FillRow, OrderRow } from "../evidence.ts";
import { violationsOf, type Law } from "../violation.ts";

/** The broker writes averages with fewer decimals than we keep. */
const priceTolerance = "0.000001";

/** Every order of ours is at the broker as we say, with the same fills, one by one. */
export const booksAreEqual: Law = (evidence) => {
  const { found, report } = violationsOf("books are equal");
  const atBroker = new Map(evidence.book.accounts.flatMap((account) => account.orders).map((order) => [order.client_order_id, order]));
  const brokerIds = new Set([...atBroker.values()].map(({ id }) => id));
  for (const order of evidence.orders) {
    const theirs = atBroker.get(order.clientOrderId);
    const complaints = theirs === undefined ? withoutTheirs(order, brokerIds) : compare(evidence, order, theirs);
    for (const complaint of complaints) report(`${order.clientOrderId}: ${complaint}`, order.clientOrderId);
  }
  const known = new Set(evidence.book.accounts.flatMap((account) => account.executions).map(({ executionId }) => executionId));
  for (const fill of evidence.fills) if (!known.has(fill.executionId)) report(`fill ${fill.executionId} is not in the broker's book`, clientIdOf(evidence, fill));
  return found;
};

const clientIdOf = ({ orders }: Evidence, { orderId }: FillRow): string | null => orders.find(({ id }) => id === orderId)?.clientOrderId ?? null;

const neverThere = new Set(["denied", "not_placed", "rejected"]);

function withoutTheirs(order: OrderRow, brokerIds: ReadonlySet<string>): string[] {
  if (order.brokerOrderId !== null) return [brokerIds.has(order.brokerOrderId) ? "its broker's id is another order's" : `the broker does not know ${order.brokerOrderId}`];
  return neverThere.has(order.status) ? [] : [`we say ${order.status}, the broker has no such order`];
}

function compare({ fills, book }: Evidence, ours: OrderRow, theirs: WireOrder): string[] {
  if (ours.isMismatched) return [];
  const complaints: string[] = [];
  const told = book.accounts.flatMap((account) => account.executions).filter(({ orderId }) => orderId === theirs.id);
  const executed = new Decimal(theirs.filled_qty);
  if (ours.brokerOrderId !== theirs.id) complaints.push(`we know it as ${ours.brokerOrderId ?? "nothing"}, the broker as ${theirs.id}`);
  if (ours.status !== theirs.status) complaints.push(`we say ${ours.status}, the broker says ${theirs.status}`);
  if (!executed.equals(ours.filledQty)) complaints.push(`we have ${ours.filledQty} filled, the broker ${executed.toString()}`);
  if (!executed.isZero() && ours.averagePrice === null) complaints.push("it is filled without a price");
  if (!executed.isZero() && ours.averagePrice !== null && new Decimal(theirs.filled_avg_price ?? 0).minus(ours.averagePrice).abs().greaterThan(priceTolerance)) {
    complaints.push(`we have it at $${ours.averagePrice}, the broker at $${theirs.filled_avg_price ?? "-"}`);
  }
  const executions = told.filter(({ kind }) => kind === "fill");
  const own = fills.filter(({ orderId }) => orderId === ours.id);
  return [...complaints, ...compareFills(own, executions, ours)];
}

function compareFills(fills: readonly FillRow[], executions: readonly Execution[], order: OrderRow): string[] {
  const complaints: string[] = [];
  for (const { executionId, qty, price } of executions) {
    const ours = fills.find((fill) => fill.executionId === executionId);
    if (ours === undefined) complaints.push(`execution ${executionId} of ${qty} is not in fills`);
    else if (!new Decimal(ours.qty).equals(qty) || !new Decimal(ours.price).equals(price)) complaints.push(`fill ${executionId} is ${ours.qty} at ${ours.price}, the broker's is ${qty} at ${price}`);
    else if (ours.uid !== order.uid || ours.symbol !== order.symbol || ours.side !== order.side) complaints.push(`fill ${executionId} is not of its order's user, symbol or side`);
  }
  for (const { executionId } of fills) if (!executions.some((execution) => execution.executionId === executionId)) complaints.push(`fill ${executionId} is not one of its executions`);
  return complaints;
}
