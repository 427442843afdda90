/** An approval is bound to what was shown. When that is no longer so, nothing is sent, and where it makes sense it is asked anew. */
import type { Decision, DenialCode } from "@nod/contract/denial";
import type { TradingQuestionMetadata } from "@nod/contract/question";
import type { RuleType } from "@nod/contract/trading-config";
import { compare, percent, percentFrom, price, type Percent } from "../core/decimal.ts";
import { derivedUuid } from "../core/ids.ts";
import { decide } from "../trading/risk/decide.ts";
import type { TradeIntent } from "../trading/risk/intent.ts";
import { limitPriceMoved } from "../trading/risk/limit-price.ts";
import type { RiskContext } from "../trading/risk/risk-context.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import { showNotional, showPrice } from "../trading/rules/question-text.ts";
import type { Consequence } from "./branch.ts";
import type { QuestionRecord } from "./questions-table.ts";

/** `revised`: asked anew where that makes sense, and withdrawn where it does not. */
type Ending = Consequence["outcome"] | "revised";

/** Denials that say that the question is not what it was; any other is a no to the order, not to the question. */
const endings: Partial<Record<DenialCode, Ending>> = {
  question_superseded: "superseded",
  price_drift_exceeded: "revised",
  position_changed: "revised",
  market_data_missing: "withdrawn",
  market_data_stale: "withdrawn",
  market_session_unknown: "withdrawn",
  market_closed: "withdrawn",
};

/** How an approved question closes. What was to be sold and is sold already is a changed position too. */
export function endingOf(decision: Decision, context: RiskContext): Ending {
  if ((decision.code === "insufficient_position" || decision.code === "short_sale_blocked") && context.asked.hasSold) return "withdrawn";
  return (decision.code === null ? undefined : endings[decision.code]) ?? "approved";
}

type Revision = {
  question: QuestionRecord;
  metadata: TradingQuestionMetadata;
  intent: TradeIntent;
  context: RiskContext;
  settings: RiskSettings;
  at: Date;
};

/**
 * The same question on what holds now, with as much time as the first one had. Null where it makes no sense: the rule no
 * longer holds, the config is another, or an order would be denied even so. Pure.
 */
export function revise({ question, metadata, intent, context, settings, at }: Revision): QuestionRecord | null {
  const { lastTrade } = context;
  const { ref, threshold_pct: threshold } = metadata;
  if (lastTrade === null || context.asked.configRevision !== metadata.config_revision || ref === undefined || threshold === undefined) return null;
  const pct = percentFrom(price(ref), lastTrade.price);
  if (!stillHolds(metadata.rule_type, threshold, pct)) return null;
  const expiresAt = new Date(at.getTime() + question.expiresAt.getTime() - question.createdAt.getTime());
  const facts = { ...intent.facts, price: lastTrade.price, priceAsOf: lastTrade.asOf };
  // A limit keeps its distance from the price.
  const limitPrice = intent.limitPrice === null ? null : limitPriceMoved({ ...intent, limit: intent.limitPrice, from: intent.facts.price, to: lastTrade.price });
  const { approved } = decide({ ...intent, facts, limitPrice, approvalExpiresAt: expiresAt }, { ...context, asked: { ...context.asked, hasSold: false } }, settings);
  if (approved === null) return null;
  const { follow_up_of: _followUpOf, ...kept } = metadata;
  const order = limitPrice === null ? metadata.order : { ...metadata.order, limit_price: limitPrice };
  return {
    ...question,
    id: derivedUuid("revised", question.id),
    questionText: textOf(question, { ...metadata, order }, lastTrade.price, context.asked.hasSold && intent.side === "sell"),
    metadata: { ...kept, order, price: lastTrade.price, price_as_of: lastTrade.asOf.toISOString(), pct, revises: question.id, price_before: metadata.price },
    followUpOf: question.id,
    createdAt: at,
    expiresAt,
  };
}

function stillHolds(ruleType: RuleType, threshold: number, pct: Percent): boolean {
  const against = compare(pct, percent(threshold));
  return ruleType === "price_below_pct_of_ref" ? against <= 0 : against >= 0;
}

function textOf({ kind, correctAnswer }: QuestionRecord, metadata: TradingQuestionMetadata, now: RevisedPrice, holdsLess: boolean): string {
  const { symbol, order } = metadata;
  const verb = order.side === "buy" ? "Buy" : "Sell";
  const facts = `${symbol} is now $${showPrice(now)}, was $${showPrice(price(metadata.price))}${holdsLess ? ", and you hold less of it" : ""}.`;
  if (kind === "numeric" && order.ask !== undefined) {
    return `${facts} ${verb} all the same? Name an amount of $${showNotional({ ask: { min: Number(order.ask.min), max: Number(order.ask.max) } })}, or 0 to skip.`;
  }
  const approving = correctAnswer ?? 10;
  const size = order.qty !== undefined ? ` ${order.qty}` : order.notional_usd === null ? "" : ` for $${order.notional_usd}`;
  const amount = order.limit_price === undefined ? size : `${size} at $${order.limit_price} or better`;
  return `${facts} ${verb}${amount} all the same? Swipe ${signed(approving)} to approve, ${signed(-approving)} to skip.`;
}

type RevisedPrice = NonNullable<RiskContext["lastTrade"]>["price"];
const signed = (end: number): string => (end > 0 ? `+${end}` : String(end));
