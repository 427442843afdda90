/** What one question would have made, had it been approved when it closed. Pure. */
import type { Exits } from "@nod/contract/action";
import type { ProposedOrder } from "@nod/contract/question";
import type { AssetClass } from "@nod/contract/primitives";
import { add, isGreater, isLess, isPositive, larger, price, quantity, quantityFor, subtract, usd, valueOf, zeroUsd, type Price, type Quantity, type Usd } from "../../core/decimal.ts";
import { feeOf, slipped, type Costs } from "./costs.ts";
import { exitReachedIn, type ExitReason } from "./exits.ts";
import type { ReplayBar } from "./timeline.ts";

export type WhatIf = { qty: Quantity; entryAtMs: number; entryPrice: Price; exitAtMs: number; exitPrice: Price; because: ExitReason | "day_close"; feesUsd: Usd; madeUsd: Usd };

/** Null: it would not have been filled. */
type Entry = { index: number; at: Price } | null;

const minuteMs = 60_000;

/** @param minutes what is left of the session, from the first minute that began when the question was closed or later; it is over */
export function whatIf(order: ProposedOrder, assetClass: AssetClass, minutes: readonly ReplayBar[], costs: Costs): WhatIf | null {
  const entry = entryOf(order, minutes, costs);
  const entered = entry === null ? undefined : minutes[entry.index];
  if (entry === null || entered === undefined) return null;
  const qty = order.qty === undefined ? quantityFor(usd(order.notional_usd ?? order.ask?.min ?? zeroUsd), entry.at) : quantity(order.qty);
  if (!isPositive(qty)) return null;
  const exit = exitOf(order, entry, minutes, costs);
  const [bought, sold] = [valueOf(qty, entry.at), valueOf(qty, exit.at)];
  const entryFee = feeOf(bought, assetClass, order.side, costs);
  // A sale is measured against holding on: that sells nothing, and costs nothing.
  const feesUsd = order.side === "buy" ? add(entryFee, feeOf(sold, assetClass, "sell", costs)) : entryFee;
  const gross = order.side === "buy" ? subtract(sold, bought) : subtract(bought, sold);
  return { qty, entryAtMs: entered.startsAtMs, entryPrice: entry.at, exitAtMs: exit.atMs, exitPrice: exit.at, because: exit.because, feesUsd, madeUsd: subtract(gross, feesUsd) };
}

function entryOf({ side, limit_price: limit }: ProposedOrder, minutes: readonly ReplayBar[], costs: Costs): Entry {
  const [first] = minutes;
  if (first === undefined) return null;
  if (limit === undefined) return { index: 0, at: slipped(first.open, side, costs) };
  const at = price(limit);
  const index = minutes.findIndex((bar) => (side === "buy" ? isLess(bar.low, at) : isGreater(bar.high, at)));
  const bar = minutes[index];
  if (bar === undefined) return null;
  const opensBetter = side === "buy" ? isLess(bar.open, at) : isGreater(bar.open, at);
  return { index, at: opensBetter ? bar.open : at };
}

type Exit = { at: Price; atMs: number; because: WhatIf["because"] };

function exitOf({ side, exits }: ProposedOrder, entry: NonNullable<Entry>, minutes: readonly ReplayBar[], costs: Costs): Exit {
  const exit = side === "buy" && exits !== undefined ? exitBy(exits, entry, minutes, costs) : null;
  if (exit !== null) return exit;
  const last = minutes.at(-1);
  if (last === undefined) throw new Error("a session that was entered has a last minute");
  return { at: side === "buy" ? slipped(last.close, "sell", costs) : last.close, atMs: last.startsAtMs + minuteMs, because: "day_close" };
}

/** At the open of the minute after the one that set it off. */
function exitBy(exits: Exits, entry: NonNullable<Entry>, minutes: readonly ReplayBar[], costs: Costs): Exit | null {
  let peak = entry.at;
  for (const [n, bar] of minutes.slice(entry.index).entries()) {
    const next = minutes[entry.index + n + 1];
    if (next === undefined) return null;
    peak = larger(peak, bar.high);
    const because = exitReachedIn({ exits, entry: entry.at, peak }, bar);
    if (because !== null) return { at: slipped(next.open, "sell", costs), atMs: next.startsAtMs, because };
  }
  return null;
}
