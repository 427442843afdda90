/** What becomes of an order that was sent, and of which nobody at the broker knew for the whole of the named time. */
import type { Pool } from "../db/pool.ts";
import { applyBrokerEvent } from "../trading/orders/apply-broker-event.ts";
import { knownAlpacaIds, lockOrderInDoubt } from "../trading/orders/claims-table.ts";
import type { OrderRecord } from "../trading/orders/order-record.ts";
import { settleOrder } from "../trading/orders/settle-order.ts";
import type { BrokerOrder, BrokerPort } from "../trading/ports.ts";
import { deniedDecision } from "../trading/risk/decide.ts";
import { insertDecision } from "../trading/risk/decisions-table.ts";
import type { Denial } from "../trading/risk/denial.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import type { BookedObserver } from "./booked-observer.ts";
import { judge } from "./claim-orders.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";

/** The broker's clock and ours need not agree to the second. */
const clockMarginMs = 60_000;

export type NotFoundDeps = { pool: Pool; fence: DeskFence; broker: BrokerPort; settings: RiskSettings; observer: BookedObserver };

export type DoubtEnded = "sent_again" | "given_up" | "found" | "settled_meanwhile";

/**
 * Looks at the account itself once more: its open orders, and executions that belong to no order of ours. Then the order
 * goes back to be sent, once and under the same id, while its approval holds; otherwise it ends as not placed.
 * @throws BrokerUnavailableError: it then stays in doubt
 */
export async function endDoubt(deps: NotFoundDeps, order: OrderRecord, of: { waitedMs: number; callTimeoutMs: number }): Promise<DoubtEnded> {
  const seen = await lookAtAccount(deps, order, of.callTimeoutMs);
  const { order: found } = seen;
  if (found !== null) {
    const applied = await fencedTransaction(deps.pool, deps.fence, (tx) => applyBrokerEvent(tx, { kind: "order", source: "lookup", order: found, execution: null, event: null }));
    deps.observer.booked?.("lookup", applied);
    return "found";
  }
  return fencedTransaction(deps.pool, deps.fence, async (tx): Promise<DoubtEnded> => {
    const due = await lockOrderInDoubt(tx, order.id);
    if (due === null) return "settled_meanwhile";
    const since = `${inWords(of.waitedMs)} later the broker still has no such order`;
    const denial = judge(due, { gateIsOpen: true, settings: deps.settings });
    const reason = whyGivenUp(due.order, since, seen.hasStrangeFill, denial);
    if (reason === null) {
      await settleOrder(tx, order.id, { kind: "send_again", reason: `no answer came; ${since}, and it is being sent once more, under the same id` }, { submitInMs: 0, sentAgain: true });
      return "sent_again";
    }
    if (denial !== null) await insertDecision(tx, { intentId: order.intentId, stage: "submit", decision: deniedDecision(denial), at: due.context.at });
    await settleOrder(tx, order.id, { kind: "not_found_in_time", reason }, { data: { code: denial?.code ?? null } });
    return "given_up";
  });
}

/** In words for the user; null when it may be sent once more. */
function whyGivenUp({ sentAgainAt, symbol }: OrderRecord, since: string, hasStrangeFill: boolean, denial: Denial | null): string | null {
  if (sentAgainAt !== null) return `it was sent twice, under one id, and no answer came; ${since}, so nothing was placed`;
  const sent = `it was sent and no answer came; ${since}`;
  if (hasStrangeFill) return `${sent}, but the account shows an execution of ${symbol} that belongs to no order here, so it was not sent again; if it was this one, it is taken in once the broker says so`;
  return denial === null ? null : `${sent}, so nothing was placed, and it was not sent again: ${denial.because}`;
}

async function lookAtAccount({ pool, broker }: NotFoundDeps, order: OrderRecord, callTimeoutMs: number): Promise<{ order: BrokerOrder | null; hasStrangeFill: boolean }> {
  const open = await broker.openOrders(AbortSignal.timeout(callTimeoutMs));
  const found = open.find(({ clientOrderId }) => clientOrderId === order.clientOrderId);
  if (found !== undefined) return { order: found, hasStrangeFill: false };
  const fills = await broker.fillActivities(new Date(order.createdAt.getTime() - clockMarginMs), () => AbortSignal.timeout(callTimeoutMs));
  const alike = fills.filter((fill) => plain(fill.symbol) === plain(order.symbol) && fill.side === order.side).map(({ alpacaOrderId }) => alpacaOrderId);
  const known = alike.length === 0 ? new Set<string>() : await knownAlpacaIds(pool, alike);
  return { order: null, hasStrangeFill: alike.some((id) => !known.has(id)) };
}

/** Some of the broker's paths leave the slash of a pair out. */
const plain = (symbol: string): string => symbol.replace("/", "");

function inWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
}
