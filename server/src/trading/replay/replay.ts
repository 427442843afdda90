/**
 * A config, replayed over what happened: the same programs, gates, proposals and guardrails as live, with a simulated clock,
 * account and broker, and with answers that are given at once or as they were. Pure, and deterministic to the last byte.
 *
 *   const result = replay({ config, moments, answers: approveAll, startsWithUsd: usd("10000"), costs: defaultCosts });
 *
 * A rule is looked at after everything of a moment is known, and an order is filled by a minute that began after it was made:
 * nothing that happens later can change what was decided.
 */
import type { Decision } from "@nod/contract/denial";
import type { ProposedOrder } from "@nod/contract/question";
import type { TradingConfig } from "@nod/contract/trading-config";
import { costOf, isGreater, isLess, isPositive, larger, percent, percentFrom, price, quantity, smaller, usd, type Percent, type Price, type Usd } from "../../core/decimal.ts";
import { compileConfig } from "../config/compile.ts";
import { marketKey, type MarketKey } from "../market/fact-book.ts";
import { proposalOf } from "../orders/proposal.ts";
import { decide } from "../risk/decide.ts";
import type { TradeIntent } from "../risk/intent.ts";
import { defaultMaxAges, type RiskSettings } from "../risk/risk-settings.ts";
import type { ConditionFiring } from "../rules/condition-group.ts";
import { createConditionIndex } from "../rules/condition-index.ts";
import { describeRule } from "../rules/describe-rule.ts";
import type { ViewSession } from "../rules/symbol-view.ts";
import { createAccount, type ReplayAccount, type ReplayFill } from "./account.ts";
import { createCardDesk, type CardDesk } from "./cards.ts";
import { createBuyAndHold, type HeldSymbol } from "./buy-and-hold.ts";
import type { Costs } from "./costs.ts";
import { inLongForm } from "./replayed-rule.ts";
import { feedMoment } from "./feed-moment.ts";
import { createPriceLines, type PriceLine } from "./price-lines.ts";
import type { Market, Moment } from "./timeline.ts";

export type ReplayAnswer = { says: "approve" | "skip" | "nothing"; amountUsd?: Usd };

/** What was said to a card. Asked once for each; `nothing` lets it expire. */
export type Answers = (question: ReplayQuestion) => ReplayAnswer;
export const approveAll: Answers = () => ({ says: "approve" });
export const skipAll: Answers = () => ({ says: "skip" });

export type ReplayQuestion = {
  id: string;
  at: string;
  rule_id: string;
  rule_text: string;
  asset_class: Market["assetClass"];
  symbol: string;
  price: Price;
  price_as_of: string;
  facts: Readonly<Record<string, string>>;
  /** Null: a card that only tells something. */
  order: ProposedOrder | null;
};

export type ReplayedQuestion = ReplayQuestion & {
  answer: ReplayAnswer["says"];
  decision: Decision | null;
  order_id: string | null;
  /** With its fees, and what it bought and still holds at the last price. */
  made_usd: Usd;
};

/** At the end of a session. */
export type EquityPoint = { at: string; equity_usd: Usd };

export type Replay = {
  questions: ReplayedQuestion[];
  fills: ReplayFill[];
  equity: EquityPoint[];
  fees_usd: Usd;
  slippage_usd: Usd;
  starts_with_usd: Usd;
  ends_with_usd: Usd;
  /** The deepest fall of the equity from its peak so far, minute by minute, in percent of that peak; zero or less. */
  worst_drawdown_pct: Percent;
  /** Of each symbol that had a minute. */
  held: HeldSymbol[];
  prices: PriceLine[];
};

export type ReplaySettings = {
  config: TradingConfig;
  answers: Answers;
  startsWithUsd: Usd;
  costs: Costs;
  /** The operator's; the default allows what any config may ask for. */
  caps?: RiskSettings["caps"];
};

/** A replay that is fed moment by moment, in the order of time, by whoever must not hold up others. */
export type ReplayRun = { take(moment: Moment): void; result(): Replay };

const noCaps: RiskSettings["caps"] = { maxOrderNotionalUsd: usd("1000000"), maxOrdersPerDay: 1_000, maxNotionalUsdPer4h: usd("10000000") };
const configRevision = "replayed";
const somebody = "replay";

type World = {
  config: TradingConfig;
  answers: Answers;
  settings: RiskSettings;
  account: ReplayAccount;
  cards: CardDesk;
  markets: Map<MarketKey, Market>;
  sessions: Map<Market["assetClass"], ViewSession>;
  questions: ReplayedQuestion[];
};

export function replay({ moments, ...settings }: ReplaySettings & { moments: Iterable<Moment> }): Replay {
  const run = startReplay(settings);
  for (const moment of moments) run.take(moment);
  return run.result();
}

export function startReplay({ config, answers, startsWithUsd, costs, caps = noCaps }: ReplaySettings): ReplayRun {
  const account = createAccount({ cashUsd: startsWithUsd, config, configRevision, costs });
  const settings: RiskSettings = { tradingEnabled: true, venue: { environment: "paper", liveAllowed: false }, caps, ...defaultMaxAges };
  const world: World = { config, answers, settings, account, cards: createCardDesk(), markets: new Map(), sessions: new Map(), questions: [] };
  const conditions = createConditionIndex();
  const fresh = new Set<number>();
  for (const [slot, rule] of inLongForm(compileConfig(config, configRevision)).entries()) {
    const market = marketOf(rule);
    world.markets.set(market.key, market);
    conditions.add(slot, somebody, market.key, rule);
    fresh.add(slot);
  }
  const equity: EquityPoint[] = [];
  const held = createBuyAndHold();
  const prices = createPriceLines();
  let peak = startsWithUsd;
  let drawdown = percent("0");
  const isCooling = (atMs: number) => (slot: number): boolean => world.cards.coolingUntilMs(conditions.ownerOf(slot)?.rule.rule.id ?? "") > atMs;

  return {
    take(moment) {
      held.take(moment);
      prices.take(moment);
      const { changed, dayEnded } = feedMoment(moment, conditions, world);
      const { firings } = conditions.evaluate(moment.atMs, changed, fresh, (_uid, symbol) => account.userView(symbol), isCooling(moment.atMs));
      fresh.clear();
      for (const firing of firings.toSorted((a, b) => a.slot - b.slot)) if (!askAbout(world, firing, moment.atMs)) conditions.takeBack(firing.slot);
      if (account.isInvested() || dayEnded) {
        const worth = account.equity();
        peak = larger(peak, worth);
        if (isPositive(peak)) drawdown = smaller(drawdown, percentFrom(price(peak), price(worth)));
        if (dayEnded) equity.push({ at: new Date(moment.atMs).toISOString(), equity_usd: worth });
      }
    },
    result: () => ({
      questions: world.questions.map((question) => ({ ...question, made_usd: account.madeOf(question.id) })),
      fills: account.fills,
      equity,
      fees_usd: account.feesUsd(),
      slippage_usd: account.slippageUsd(),
      starts_with_usd: startsWithUsd,
      ends_with_usd: account.equity(),
      worst_drawdown_pct: drawdown,
      held: held.result(),
      prices: prices.result(),
    }),
  };
}

const marketOf = ({ feed, assetClass, rule: { symbol } }: ConditionFiring["rule"]): Market => ({ key: marketKey({ feed, assetClass, symbol }), feed, assetClass, symbol });

/** @returns false when it led to no card: the rule may fire again */
function askAbout(world: World, { rule: compiled, reading }: ConditionFiring, atMs: number): boolean {
  const { account, cards } = world;
  const { rule } = compiled;
  const proposal = proposalOf(compiled, reading, { equity: account.equity(), sellable: account.sellable(rule.symbol) });
  if (proposal.kind === "nothing" || account.hasOpenOrder(rule.id) || !cards.ask(compiled, atMs)) return false;
  const question: ReplayQuestion = {
    id: `q${world.questions.length + 1}`,
    at: new Date(atMs).toISOString(),
    rule_id: rule.id,
    rule_text: describeRule(rule),
    asset_class: compiled.assetClass,
    symbol: rule.symbol,
    price: reading.price,
    price_as_of: reading.priceAsOf.toISOString(),
    facts: reading.facts,
    order: proposal.kind === "order" ? proposal.order : null,
  };
  const answer = rule.mode === "auto" ? ({ says: "approve" } as const) : world.answers(question);
  if (answer.says !== "nothing") cards.close(rule.id);
  const result = answer.says === "approve" && question.order !== null ? approve(world, question, question.order, compiled, answer, atMs) : { decision: null, orderId: null };
  world.questions.push({ ...question, answer: answer.says, decision: result.decision, order_id: result.orderId, made_usd: usd("0") });
  return true;
}

function approve(world: World, question: ReplayQuestion, order: ProposedOrder, compiled: ConditionFiring["rule"], answer: ReplayAnswer, atMs: number): { decision: Decision; orderId: string | null } {
  const { account, settings, config } = world;
  const { rule, feed, assetClass } = compiled;
  const market = marketOf(compiled);
  const session = world.sessions.get(assetClass);
  if (session === undefined) throw new Error(`a rule of ${rule.symbol} fired outside of any session`);
  const limitPrice = order.limit_price === undefined ? null : price(order.limit_price);
  const qty = order.qty === undefined ? null : quantity(order.qty);
  const intent: TradeIntent = {
    id: question.id, firebaseUid: somebody, origin: "rule", questionId: question.id, ruleId: rule.id, symbol: rule.symbol, assetClass, side: order.side,
    orderType: order.order_type, limitPrice, qty, mode: config.mode, isAuto: rule.mode === "auto",
    notionalUsd: notionalOf(order, answer, qty === null ? null : costOf(qty, limitPrice ?? question.price)),
    facts: { feed, price: question.price, priceAsOf: new Date(question.price_as_of), maxStalenessSeconds: rule.max_staleness_seconds, maxDriftBps: rule.max_drift_bps },
    background: {}, approvalExpiresAt: new Date(atMs + rule.expires_in_seconds * 1_000),
  };
  const context = account.context({ market, ruleId: rule.id, atMs, tradingDay: session.tradingDay, closesAtMs: session.closesAtMs });
  // A live config is replayed as it would be on paper.
  const { approved, decision } = decide({ ...intent, mode: "paper" }, { ...context, user: context.user === null ? null : { ...context.user, mode: "paper" } }, settings);
  if (approved === null) return { decision, orderId: null };
  // What the live decision says, that an order is on its way, would not be so.
  const passed = { ...decision, message: "The guardrails let it pass." };
  const orderId = account.place({ questionId: question.id, ruleId: rule.id, market, side: order.side, limitPrice, size: approved.size, atMs, tradingDay: session.tradingDay, exits: order.exits ?? null });
  return { decision: passed, orderId };
}

/** An amount that was asked for and not named is the smallest that could have been. */
function notionalOf(order: ProposedOrder, answer: ReplayAnswer, ofQty: Usd | null): Usd {
  if (order.ask !== undefined) {
    const [min, max] = [usd(order.ask.min), usd(order.ask.max)];
    const amount = answer.amountUsd ?? min;
    return isLess(amount, min) ? min : isGreater(amount, max) ? max : amount;
  }
  const notional = order.notional_usd === null ? ofQty : usd(order.notional_usd);
  if (notional === null) throw new Error("an order has neither an amount nor a quantity");
  return notional;
}
