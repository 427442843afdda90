import type { TradingQuestionMetadata } from "@nod/contract/question";
import { usd } from "../core/decimal.ts";
import type { CompiledRule } from "../trading/rules/compiled-rule.ts";
import type { Reading } from "../trading/market/fact-book.ts";
import { describeRule } from "../trading/rules/describe-rule.ts";
import { renderQuestion, showPrices, type ShownPrices } from "../trading/rules/question-text.ts";
import type { Firing } from "../trading/rules/rule-index.ts";
import type { QuestionShape, Recipient } from "./ask-statement.ts";

export const tradingPipelineKey = "trading";

/** What firings come to as questions; `recipients[i]` is for `firings[i]`. */
export type TradingQuestions = { shapes: QuestionShape[]; recipients: Recipient[] };

/** Pure. Users who share a config share their questions' shapes; a rule and its reading are told apart by identity. */
export function toTradingQuestions(firings: readonly Firing[]): TradingQuestions {
  const shapes: QuestionShape[] = [];
  const shapeOfRule = new Map<CompiledRule, number>();
  const shownPrices = new Map<Reading, ShownPrices>();
  const recipients = firings.map(({ firebaseUid, rule, reading }): Recipient => {
    let shape = shapeOfRule.get(rule);
    if (shape === undefined) {
      const shown = shownPrices.get(reading) ?? showPrices(reading);
      shownPrices.set(reading, shown);
      shape = shapes.push(toShape(rule, reading, shown)) - 1;
      shapeOfRule.set(rule, shape);
    }
    return { firebaseUid, ownRevision: ownRevisionOf(rule.config.revision), maxOpenQuestions: rule.config.maxOpenQuestions, shape };
  });
  return { shapes, recipients };
}

const ownRevisionOf = (revision: string): string => revision.slice(revision.indexOf(".") + 1);

function toShape(compiled: CompiledRule, reading: Reading, shown: ShownPrices): QuestionShape {
  const { rule } = compiled;
  const notional = rule.on_answer_match.notional_usd;
  const isAsked = typeof notional !== "number";
  return {
    pipelineKey: tradingPipelineKey,
    subject: rule.id,
    pipelineStep: `${rule.id}:await_confirm`,
    sourceTag: `trading:rule:${rule.id}`,
    questionText: renderQuestion(rule.question_template, { ...shown, symbol: rule.symbol, notional }),
    kind: isAsked ? "numeric" : "swipe",
    correctAnswer: isAsked ? null : 10,
    metadata: JSON.stringify(toMetadata(compiled, reading)),
    cooldownSeconds: rule.cooldown_seconds,
    expiresInSeconds: rule.expires_in_seconds,
    freshUntil: new Date(reading.priceAsOf.getTime() + compiled.maxStalenessMs),
    reducesRisk: rule.on_answer_match.side === "sell",
    symbol: rule.symbol,
    restraint: compiled.config.restraint,
  };
}

function toMetadata({ rule, feed, assetClass, config }: CompiledRule, reading: Reading): TradingQuestionMetadata {
  const { side, notional_usd: notional } = rule.on_answer_match;
  const size = typeof notional === "number" ? { notional_usd: usd(notional) } : { notional_usd: null, ask: { min: usd(notional.ask.min), max: usd(notional.ask.max) } };
  return {
    rule_id: rule.id,
    rule_type: rule.type,
    rule_text: describeRule(rule),
    symbol: rule.symbol,
    asset_class: assetClass,
    feed,
    price: reading.price,
    price_as_of: reading.priceAsOf.toISOString(),
    ref_metric: rule.ref_metric,
    ref: reading.ref,
    pct: reading.pct,
    threshold_pct: rule.threshold_pct,
    mode: config.mode,
    order: { side, order_type: "market", ...size },
    max_staleness_seconds: rule.max_staleness_seconds,
    max_drift_bps: rule.max_drift_bps,
    config_revision: config.revision,
  };
}
