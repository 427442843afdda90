/** What a rule that fired proposes, with every size worked out: what a card shows is what is sent. Pure. */
import type { ProposedOrder } from "@nod/contract/question";
import type { NotionalUsd, ProposeOrder, VolatilitySize } from "@nod/contract/action";
import type { Rule } from "@nod/contract/trading-config";
import { centsOf, costOf, isPositive, price, quantity, quantityAtRisk, shareOf, toApproximateNumber, usd, valueOf, type Price, type Quantity, type Usd } from "../../core/decimal.ts";
import { limitPriceFrom } from "../risk/limit-price.ts";
import type { CompiledCondition, CompiledRule } from "../rules/compiled-rule.ts";

/** Of the user and the account, when it fired; null: unknown. `sellable` is what he holds and is not selling already. */
export type ProposalContext = { equity: Usd | null; sellable: Quantity | null };

/** What the rule saw. `facts` has the average true range of a size by volatility. */
export type ProposalReading = { price: Price; facts?: Readonly<Record<string, string>> };

export type Proposal =
  | { kind: "order"; order: ProposedOrder; /** For the words of the card. */ notional: NotionalUsd }
  | { kind: "notice" }
  /** There is nothing to ask: nothing is held, or a size cannot be worked out. */
  | { kind: "nothing"; why: string };

/** Whether the proposal depends on who is asked: then each user has his own. */
export const isPersonal = (rule: Rule): boolean => rule.on_answer_match.action === "propose_exit";

export function proposalOf({ rule, assetClass }: Pick<CompiledRule | CompiledCondition, "rule" | "assetClass">, reading: ProposalReading, context: ProposalContext): Proposal {
  const { on_answer_match: action } = rule;
  switch (action.action) {
    case "notify":
      return { kind: "notice" };
    case "propose_exit": {
      if (context.sellable === null) return { kind: "nothing", why: "what is held is not known" };
      const qty = shareOf(context.sellable, action.portion_pct ?? wholePct);
      if (!isPositive(qty)) return { kind: "nothing", why: "nothing of it is held" };
      return { kind: "order", order: { side: "sell", order_type: "market", notional_usd: null, qty }, notional: toApproximateNumber(valueOf(qty, reading.price)) };
    }
    case "propose_order":
      return orderOf(action, assetClass, reading, context);
  }
}

const wholePct = 100;

function orderOf(action: ProposeOrder, assetClass: CompiledRule["assetClass"], reading: ProposalReading, context: ProposalContext): Proposal {
  const size = sizeOf(action, reading, context);
  if (typeof size === "string") return { kind: "nothing", why: size };
  const { side, order_type: orderType = "market", limit_offset_bps: offsetBps = 0, exits } = action;
  const limit = orderType === "limit" ? { limit_price: limitPriceFrom({ assetClass, side, from: reading.price, offsetBps }) } : {};
  const { notional, ...amounts } = size;
  return { kind: "order", order: { side, order_type: orderType, ...amounts, ...limit, ...(exits !== undefined && { exits }) }, notional };
}

type Size = Pick<ProposedOrder, "notional_usd" | "qty" | "ask"> & { notional: NotionalUsd };

/** A text: why there is none. */
function sizeOf(action: ProposeOrder, { price: at, facts = {} }: ProposalReading, { equity }: ProposalContext): Size | string {
  if ("notional_usd" in action) {
    const { notional_usd: notional } = action;
    if (typeof notional === "number") return { notional_usd: usd(notional), notional };
    return { notional_usd: null, ask: { min: usd(notional.ask.min), max: usd(notional.ask.max) }, notional };
  }
  if ("equity_pct" in action) {
    if (equity === null) return "the account's equity is not known";
    const amount = centsOf(equity, action.equity_pct);
    return isPositive(amount) ? { notional_usd: amount, notional: toApproximateNumber(amount) } : "it comes to less than a cent";
  }
  const qty = "qty" in action ? quantity(action.qty) : ofVolatility(action.volatility, facts);
  if (qty === null) return "the average true range is not known";
  if (!isPositive(qty)) return "it comes to nothing that could be ordered";
  return { notional_usd: null, qty, notional: toApproximateNumber(costOf(qty, at)) };
}

/** The name under which a program tells the range that its rule's size is worked out from. */
const rangeName = ({ length, timeframe }: VolatilitySize): string => `atr(${length}, ${timeframe})`;

function ofVolatility(size: VolatilitySize, facts: Readonly<Record<string, string>>): Quantity | null {
  const range = facts[rangeName(size)];
  if (range === undefined || !isPositive(price(range))) return null;
  return quantityAtRisk(usd(size.risk_usd), size.atr_multiple, price(range));
}
