import type { KillSwitch, KillSwitchMode, KillSwitchPreview } from "@nod/contract/status";
import { quantity, usd } from "../money/decimal-text.ts";
import { sideWords } from "../words/market.ts";
import { orderSize } from "../words/order.ts";

/** From the mildest to the strictest: each does what the one before it does, and more. */
export const killSwitchModes = ["block_new", "cancel_only", "flatten"] as const satisfies readonly KillSwitchMode[];

export const modeWords: Record<KillSwitchMode, { name: string; does: string; confirm: string; banner: string }> = {
  block_new: {
    name: "Stop new orders",
    does: "Nothing new is bought, whatever is approved. Orders at the broker and positions stay as they are.",
    confirm: "Stop new orders",
    banner: "No new order is sent",
  },
  cancel_only: {
    name: "Stop and cancel",
    does: "Also takes back the orders that are at the broker. Positions stay as they are.",
    confirm: "Stop and cancel",
    banner: "No new order is sent, and orders at the broker are taken back",
  },
  flatten: {
    name: "Stop and sell everything",
    does: "Also takes back the orders that are at the broker, and sells all that Nod has bought for you, at the market.",
    confirm: "Go on to selling",
    banner: "No new order is sent, and what you hold is sold",
  },
};

const orders = (count: number): string => (count === 1 ? "1 order" : `${count} orders`);
const positions = (count: number): string => (count === 1 ? "1 position" : `${count} positions`);

/** What would happen now, a line for each kind; lines about nothing are left out. */
export function previewLines({ mode, counts }: KillSwitchPreview): string[] {
  const lines: string[] = [];
  if (counts.denies > 0) lines.push(`${orders(counts.denies)} approved and not sent yet: will not be sent.`);
  if (mode !== "block_new") lines.push(counts.cancels > 0 ? `${orders(counts.cancels)} at the broker: taken back.` : "No order is at the broker.");
  if (mode === "flatten") lines.push(counts.sells > 0 ? `${positions(counts.sells)}: sold at the market.` : "Nothing is held, so nothing is sold.");
  if (lines.length === 0) lines.push("No approved order is waiting to be sent.");
  return lines;
}

/** Each order and position that a switch would touch, by name. */
export function previewDetails({ denies, cancels, sells, counts }: KillSwitchPreview): { id: string; text: string }[] {
  const details = [
    ...denies.map((order) => ({ id: order.id, text: `Not sent: ${sideWords[order.side].order.toLowerCase()} ${orderSize(order)}` })),
    ...cancels.map((order) => ({ id: order.id, text: `Taken back: ${sideWords[order.side].order.toLowerCase()} ${orderSize(order)}` })),
    ...sells.map(({ symbol, qty, market_value }) => ({ id: `sell ${symbol}`, text: `Sold: ${quantity(qty)} shares of ${symbol}${market_value === null ? "" : `, about ${usd(market_value)}`}` })),
  ];
  const left = counts.denies + counts.cancels + counts.sells - details.length;
  return left > 0 ? [...details, { id: "left", text: `And ${left} more` }] : details;
}

/** `Sell 2 positions now`; with nothing held the switch still holds. */
export function flattenLabel({ counts }: KillSwitchPreview): string {
  return counts.sells === 0 ? "Stop now" : `Sell ${positions(counts.sells)} now`;
}

/** The banner's sentence while a switch holds. */
export function stoppedSentence({ mode, scope, reason }: KillSwitch): string {
  const what = modeWords[mode ?? "block_new"].banner;
  const by = scope === "all" ? ", by the operator's switch for everybody" : "";
  return `${what}${by}.${reason === null || reason === "" ? "" : ` ${/[.!?]$/.test(reason) ? reason : `${reason}.`}`}`;
}
