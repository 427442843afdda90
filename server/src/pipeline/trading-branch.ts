import { TradingQuestionMetadata } from "@nod/contract/question";
import { compileValidator } from "@nod/contract/validators";
import { costOf, price, quantity, usd } from "../core/decimal.ts";
import { derivedUuid } from "../core/ids.ts";
import { insertExitPlan } from "../trading/orders/exit-plans-table.ts";
import { insertIntent } from "../trading/orders/intents-table.ts";
import { describeOrder, type OrderRecord } from "../trading/orders/order-record.ts";
import { orderOf, ordersChannel, placeOrder } from "../trading/orders/place-order.ts";
import { decide } from "../trading/risk/decide.ts";
import { insertDecision } from "../trading/risk/decisions-table.ts";
import type { TradeIntent } from "../trading/risk/intent.ts";
import { readAnswerContext, type ConfigSource } from "../trading/risk/risk-context-table.ts";
import type { RiskContext } from "../trading/risk/risk-context.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import type { AuditEvent } from "../trading/audit/events-table.ts";
import { tradingPipelineKey } from "./ask-trading.ts";
import type { Approval, Consequence, QuestionBranch } from "./branch.ts";
import type { QuestionRecord } from "./questions-table.ts";
import { endingOf, revise } from "./revise.ts";

const readMetadata = compileValidator(TradingQuestionMetadata);

export type TradingBranchDeps = {
  configs: ConfigSource;
  settings: RiskSettings;
  /** An order was committed: wakes the submit worker of this process, which need not wait for the notification. */
  orderPlaced: () => void;
};

/** A yes to a question of a trading rule: one intent, one decision, and at most one order. */
export function createTradingBranch(deps: TradingBranchDeps): QuestionBranch {
  return {
    key: tradingPipelineKey,
    prepareAnswer: async (tx, of) => {
      const context = await readAnswerContext(tx, deps.configs, of);
      if (context === null) return null;
      return {
        numericBounds: (question) => {
          const { ask } = metadataOf(question).order;
          return ask === undefined ? null : { min: usd(ask.min), max: usd(ask.max) };
        },
        approve: (approval) => approve(deps, context, approval),
      };
    },
  };
}

function approve(deps: TradingBranchDeps, context: RiskContext, approval: Approval): Consequence {
  const { question, at } = approval;
  const intent = intentOf(approval);
  const { approved, decision } = decide(intent, context, deps.settings);
  const order = approved === null ? null : orderOf(approved, at);
  const { exits } = metadataOf(question).order;
  const ending = endingOf(decision, context);
  const followUp = ending === "revised" ? revise({ question, metadata: metadataOf(question), intent, context, settings: deps.settings, at }) : null;
  const of = { firebaseUid: question.firebaseUid, questionId: question.id, orderId: order?.id ?? null };
  const events: AuditEvent[] = [
    { ...of, kind: "intent_proposed", data: { intent_id: intent.id, symbol: intent.symbol, side: intent.side, order_type: intent.orderType, limit_price: intent.limitPrice, notional_usd: intent.notionalUsd, qty: intent.qty, mode: intent.mode } },
    { ...of, kind: approved === null ? "order_denied" : "order_approved", data: { stage: "answer", code: decision.code, limits: decision.limits } },
  ];
  return {
    outcome: ending !== "revised" ? ending : followUp === null ? "withdrawn" : "superseded",
    followUp,
    decision,
    order: order === null ? null : describeOrder(order),
    phase: order === null ? "done" : "submit_order",
    write: (tx) => [
      insertIntent(tx, intent, at),
      insertDecision(tx, { intentId: intent.id, stage: "answer", decision, at }),
      ...(approved === null ? [] : [placeOrder(tx, approved, at)]),
      ...(order === null || exits === undefined ? [] : [insertExitPlan(tx, { ...planOf(order, intent), exits, at })]),
    ],
    outbox: order === null ? [] : [{ firebaseUid: question.firebaseUid, kind: "trade_update", refId: order.id }],
    events,
    committed: () => {
      if (order !== null) deps.orderPlaced();
    },
    channels: order === null ? [] : [ordersChannel],
  };
}

const planOf = (order: OrderRecord, { facts }: TradeIntent) => ({
  entryOrderId: order.id,
  firebaseUid: order.firebaseUid,
  symbol: order.symbol,
  feed: facts.feed,
  maxStalenessSeconds: facts.maxStalenessSeconds,
});

/** Everything about it follows from the question and, where the size was asked for, from the answer. */
function intentOf({ question, amountUsd }: Approval): TradeIntent {
  const metadata = metadataOf(question);
  const limitPrice = metadata.order.limit_price === undefined ? null : price(metadata.order.limit_price);
  const qty = metadata.order.qty === undefined ? null : quantity(metadata.order.qty);
  const shown = price(metadata.price);
  const notional = amountUsd ?? metadata.order.notional_usd ?? (qty === null ? null : costOf(qty, limitPrice ?? shown));
  if (notional === null) throw new Error(`question ${question.id} names no amount and its answer does not either`);
  return {
    id: derivedUuid("intent", question.id),
    firebaseUid: question.firebaseUid,
    origin: "rule",
    questionId: question.id,
    ruleId: metadata.rule_id,
    symbol: metadata.symbol,
    assetClass: metadata.asset_class,
    side: metadata.order.side,
    orderType: metadata.order.order_type,
    limitPrice,
    notionalUsd: usd(notional),
    qty,
    mode: metadata.mode,
    isAuto: metadata.auto === true,
    facts: {
      feed: metadata.feed,
      price: shown,
      priceAsOf: new Date(metadata.price_as_of),
      maxStalenessSeconds: metadata.max_staleness_seconds,
      maxDriftBps: metadata.max_drift_bps,
    },
    background: {
      rule_text: metadata.rule_text,
      ref_metric: metadata.ref_metric,
      ref: metadata.ref,
      pct: metadata.pct,
      threshold_pct: metadata.threshold_pct,
      config_revision: metadata.config_revision,
    },
    approvalExpiresAt: question.expiresAt,
  };
}

/** @throws when the question was not written by the trading branch's own `ask`. */
function metadataOf(question: QuestionRecord): TradingQuestionMetadata {
  const read = readMetadata(question.metadata);
  if (!read.ok) throw new Error(`question ${question.id} has metadata that is not a trading question's: ${JSON.stringify(read.errors.slice(0, 3))}`);
  return read.value;
}
