import type { Order, OrderStatus } from "@nod/contract/order";
import { price, quantity, usd } from "../money/decimal-text.ts";
import { sideWords } from "./market.ts";

/** `calm`: nothing to do. `good`: done as asked. `warn`: it did not happen, by a limit or by doubt. `bad`: an error. */
export type Tone = "calm" | "good" | "warn" | "bad";

/** Where an order stands: a word for its badge, and how far along the story asked → approved → sent → filled it is. */
export type OrderStage = { badge: string; tone: Tone; reached: "approved" | "sent" | "filled"; over: boolean };

export const orderStages: Record<OrderStatus, OrderStage> = {
  pending_submit: { badge: "Approved", tone: "calm", reached: "approved", over: false },
  submitting: { badge: "Sending", tone: "calm", reached: "approved", over: false },
  unknown: { badge: "Checking", tone: "warn", reached: "approved", over: false },
  denied: { badge: "Denied", tone: "warn", reached: "approved", over: true },
  not_placed: { badge: "Not placed", tone: "warn", reached: "approved", over: true },
  pending_new: { badge: "Sent", tone: "calm", reached: "sent", over: false },
  accepted: { badge: "Sent", tone: "calm", reached: "sent", over: false },
  accepted_for_bidding: { badge: "Sent", tone: "calm", reached: "sent", over: false },
  new: { badge: "Sent", tone: "calm", reached: "sent", over: false },
  held: { badge: "Held", tone: "calm", reached: "sent", over: false },
  partially_filled: { badge: "Partly filled", tone: "calm", reached: "sent", over: false },
  filled: { badge: "Filled", tone: "good", reached: "filled", over: true },
  done_for_day: { badge: "Done for today", tone: "calm", reached: "sent", over: true },
  pending_cancel: { badge: "Canceling", tone: "calm", reached: "sent", over: false },
  canceled: { badge: "Canceled", tone: "calm", reached: "sent", over: true },
  pending_replace: { badge: "Replacing", tone: "calm", reached: "sent", over: false },
  replaced: { badge: "Replaced", tone: "calm", reached: "sent", over: true },
  stopped: { badge: "Stopped", tone: "calm", reached: "sent", over: false },
  suspended: { badge: "Suspended", tone: "warn", reached: "sent", over: false },
  calculated: { badge: "Settling", tone: "calm", reached: "sent", over: false },
  expired: { badge: "Expired", tone: "calm", reached: "sent", over: true },
  rejected: { badge: "Rejected", tone: "bad", reached: "approved", over: true },
};

/** `$10.00 of SPY`, or `0.0203 shares of SPY` when the order was sized in shares. */
export function orderSize({ notional_usd, qty, symbol }: Pick<Order, "notional_usd" | "qty" | "symbol">): string {
  if (notional_usd !== null) return `${usd(notional_usd)} of ${symbol}`;
  return qty === null ? symbol : `${quantity(qty)} shares of ${symbol}`;
}

/** What became of an order, as a title. Says "No order was sent" whenever none was. */
export function orderTitle(order: Order): string {
  const side = sideWords[order.side];
  switch (order.status) {
    case "filled":
    case "partially_filled": {
      // What the broker took back again is not what was asked for; the reason beside the title says so.
      if (/^0(\.0+)?$/.test(order.filled_qty)) return `${side.order} ${orderSize(order)}: taken back by the broker`;
      const isWhole = order.status === "filled" && order.status_reason === null;
      const size = isWhole && order.notional_usd !== null ? usd(order.notional_usd) : `${quantity(order.filled_qty)} shares`;
      return order.filled_avg_price === null ? `${side.done} ${size}` : `${side.done} ${size} at $${price(order.filled_avg_price)}`;
    }
    case "denied":
    case "not_placed":
      return "No order was sent";
    case "rejected":
      return "Rejected by the broker";
    case "unknown":
      return "Asking the broker whether it has the order";
    case "canceled":
    case "expired":
    case "done_for_day":
    case "replaced":
      return `${side.order} ${orderSize(order)}: ${orderStages[order.status].badge.toLowerCase()}`;
    default:
      return `${side.doing} ${orderSize(order)}`;
  }
}

/** What to know beside the title; null when the title says it all. */
export function orderExplanation(order: Order): string | null {
  switch (order.status) {
    case "unknown":
      return "The reply was lost. The order is being looked up and is never sent twice.";
    case "rejected":
      return `${sentence(order.status_reason ?? "The broker gave no reason")} Nothing was bought or sold.`;
    default:
      return order.status_reason === null ? null : withoutNoOrderSent(order.status_reason);
  }
}

/** The broker's reasons come as fragments. */
function sentence(text: string): string {
  const trimmed = text.trim();
  const ended = /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}

/** The title has said it already. */
export function withoutNoOrderSent(message: string): string {
  return sentence(message.replace(/\s*No order was sent[.:]?\s*/i, " "));
}
