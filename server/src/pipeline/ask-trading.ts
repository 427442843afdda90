import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { NoticeMetadata, TradingQuestionMetadata } from "@nod/contract/question";
import { proposalOf, isPersonal, type Proposal, type ProposalContext } from "../trading/orders/proposal.ts";
import { describeRule } from "../trading/rules/describe-rule.ts";
import { renderQuestion, showPrice, showPrices, type ShownPrices } from "../trading/rules/question-text.ts";
import { sharedRuleOf } from "../trading/rules/compiled-rule.ts";
import type { ConditionFiring } from "../trading/rules/condition-group.ts";
import type { Firing } from "../trading/rules/rule-index.ts";
import type { QuestionShape, Recipient } from "./ask-statement.ts";
import { noticePipelineKey } from "./notice-branch.ts";

export const tradingPipelineKey = "trading";

export type AnyFiring = Firing | ConditionFiring;

/** What firings come to as questions; `recipients[i]` is for the firing at `firings[i]`: one that proposes nothing has none. */
export type TradingQuestions = { shapes: QuestionShape[]; recipients: Recipient[]; firings: number[] };

/**
 * `group` is of all that fire at once: the cards of one moment belong together. `contextOf` says what is known of a user where his
 * proposal depends on it.
 */
export type AskContext = { group: string; contextOf(firing: AnyFiring): ProposalContext };

/** Pure. Users who share a config share their questions' shapes; a rule and its reading are told apart by identity. */
export function toTradingQuestions(firings: readonly AnyFiring[], context: AskContext): TradingQuestions {
  const making = startQuestions(context);
  for (const [index, firing] of firings.entries()) making.add(firing, index);
  return making.questions;
}

/** Firings put into words at a stretch, between which others have their turn: some ten milliseconds. */
const stretch = 500;

/** The same, for tens of thousands. */
export async function toTradingQuestionsInTurns(firings: readonly AnyFiring[], context: AskContext): Promise<TradingQuestions> {
  const making = startQuestions(context);
  for (const [index, firing] of firings.entries()) {
    if (index > 0 && index % stretch === 0) await yieldToOthers();
    making.add(firing, index);
  }
  return making.questions;
}

function startQuestions(context: AskContext): { readonly questions: TradingQuestions; add(firing: AnyFiring, index: number): void } {
  const questions: TradingQuestions = { shapes: [], recipients: [], firings: [] };
  const shapeOfRule = new Map<AnyFiring["rule"], { reading: AnyFiring["reading"]; shape: number | null }>();
  const shownPrices = new Map<AnyFiring["reading"], ShownPrices>();
  const shapeOf = (firing: AnyFiring): number | null => {
    const { rule, reading } = firing;
    const proposal = proposalOf(rule, reading, context.contextOf(firing));
    if (proposal.kind === "nothing") return null;
    const shown = shownPrices.get(reading) ?? showReading(reading);
    shownPrices.set(reading, shown);
    return questions.shapes.push(toShape(firing, proposal, shown, context.group)) - 1;
  };
  return {
    questions,
    add(firing, index) {
      const { rule, reading, firebaseUid } = firing;
      const known = isPersonal(sharedRuleOf(rule)) ? undefined : shapeOfRule.get(rule);
      const shape = known?.reading === reading ? known.shape : shapeOf(firing);
      shapeOfRule.set(rule, { reading, shape });
      if (shape === null) return;
      questions.firings.push(index);
      questions.recipients.push({ firebaseUid, ownRevision: ownRevisionOf(rule.config.revision), maxOpenQuestions: rule.config.maxOpenQuestions, shape });
    },
  };
}

const showReading = (reading: AnyFiring["reading"]): ShownPrices => ("ref" in reading ? showPrices(reading) : { price: showPrice(reading.price), ref: "", pct: "" });

const ownRevisionOf = (revision: string): string => revision.slice(revision.indexOf(".") + 1);

function toShape(firing: AnyFiring, proposal: Exclude<Proposal, { kind: "nothing" }>, shown: ShownPrices, group: string): QuestionShape {
  const { rule: compiled, reading } = firing;
  const { rule } = compiled;
  const isAsked = proposal.kind === "order" && proposal.order.ask !== undefined;
  const facts = factsOf(firing, group);
  const metadata: TradingQuestionMetadata | NoticeMetadata = proposal.kind === "notice" ? facts : { ...facts, order: proposal.order, ...(rule.mode === "auto" && { auto: true }) };
  return {
    pipelineKey: proposal.kind === "notice" ? noticePipelineKey : tradingPipelineKey,
    subject: rule.id,
    pipelineStep: `${rule.id}:await_confirm`,
    sourceTag: `trading:rule:${rule.id}`,
    questionText: renderQuestion(rule.question_template, { ...shown, symbol: rule.symbol, notional: proposal.kind === "notice" ? 0 : proposal.notional }),
    kind: isAsked ? "numeric" : "swipe",
    correctAnswer: isAsked ? null : 10,
    metadata: JSON.stringify(metadata),
    cooldownSeconds: rule.cooldown_seconds,
    expiresInSeconds: rule.expires_in_seconds,
    freshUntil: new Date(reading.priceAsOf.getTime() + compiled.maxStalenessMs),
    reducesRisk: proposal.kind === "order" && proposal.order.side === "sell",
    symbol: rule.symbol,
    restraint: compiled.config.restraint,
  };
}

function factsOf({ rule: { rule, feed, assetClass, config }, reading }: AnyFiring, group: string): NoticeMetadata {
  const compared = "ref" in reading && "ref_metric" in rule ? { ref_metric: rule.ref_metric, ref: reading.ref, pct: reading.pct, threshold_pct: rule.threshold_pct } : {};
  return {
    rule_id: rule.id,
    rule_type: rule.type,
    rule_text: describeRule(rule),
    symbol: rule.symbol,
    asset_class: assetClass,
    feed,
    price: reading.price,
    price_as_of: reading.priceAsOf.toISOString(),
    ...compared,
    ...("facts" in reading && { facts: reading.facts }),
    mode: config.mode,
    max_staleness_seconds: rule.max_staleness_seconds,
    max_drift_bps: rule.max_drift_bps,
    config_revision: config.revision,
    group,
  };
}
