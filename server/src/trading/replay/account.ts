/**
 * The simulated broker and account of a replay, for one user. Orders are filled by minutes that begin after they were made:
 * at the market at the next minute's open, made worse by the slippage; at a limit when a minute trades through it. What is
 * still open when the session ends is over. Exits that were approved with a buy are set off by a minute's low or high,
 * the worse one first, and sold at the open of the next.
 */
import type { AssetClass, Side } from "@nod/contract/primitives";
import type { Exits } from "@nod/contract/action";
import type { TradingConfig } from "@nod/contract/trading-config";
import { add, compare, costOf, isGreater, isLess, isPositive, larger, percentFrom, price, quantityFor, smaller, splitPrice, splitQuantity, subtract, valueOf, zeroQuantity, zeroUsd, type Price, type Quantity, type Usd } from "../../core/decimal.ts";
import type { NewYorkDate } from "../../core/trading-day.ts";
import type { Holding } from "../risk/holdings.ts";
import { settingsOf, type RecentOrder, type RiskContext } from "../risk/risk-context.ts";
import type { OrderSize } from "../risk/size.ts";
import type { PositionView, AccountView, UserView } from "../rules/user-view.ts";
import { noPosition } from "../rules/user-view.ts";
import { openPosition, type Trade } from "../portfolio/open-position.ts";
import { feeOf, slipped, type Costs } from "./costs.ts";
import { exitReachedIn, type ExitReason } from "./exits.ts";
import { createLots, gainOf, sumUsd } from "./lots.ts";
import type { Market, ReplayBar } from "./timeline.ts";

export type ReplayFill = { order_id: string; question_id: string; symbol: string; side: Side; qty: Quantity; price: Price; fee_usd: Usd; at: string; because: "answer" | ExitReason };

type Order = {
  id: string; questionId: string; ruleId: string; market: Market; side: Side; limitPrice: Price | null; size: OrderSize; placedAtMs: number; tradingDay: NewYorkDate;
  exits: Exits | null; because: ReplayFill["because"];
};
type Plan = { orderId: string; questionId: string; ruleId: string; market: Market; exits: Exits; entry: Price; qty: Quantity; peak: Price; isSelling: boolean };
type Placed = { side: Side; symbol: string; ruleId: string; reservedUsd: Usd; atMs: number; tradingDay: NewYorkDate };
type Known = { price: Price; asOfMs: number; prevClose: Price | null };

export type ReplayAccount = ReturnType<typeof createAccount>;

export function createAccount(of: { cashUsd: Usd; config: TradingConfig; configRevision: string; costs: Costs }) {
  const { config, costs } = of;
  const user = settingsOf(config);
  const lots = createLots();
  const fills: ReplayFill[] = [];
  const made = new Map<string, Usd>();
  const trades = new Map<string, Trade[]>();
  const peaks = new Map<string, Price>();
  const known = new Map<string, Known>();
  const placed: Placed[] = [];
  const startQty = new Map<string, Quantity>();
  const cashToday = new Map<string, Usd>();
  let cash = of.cashUsd;
  let open: Order[] = [];
  let plans: Plan[] = [];
  let dayStartEquity = of.cashUsd;
  let ids = 0;
  let slippage = zeroUsd;

  const equity = (): Usd => lots.all().reduce((total, { symbol, qty, price: paid }) => add(total, valueOf(qty, known.get(symbol)?.price ?? paid)), cash);
  const bookGain = (questionId: string, amount: Usd): void => void made.set(questionId, add(made.get(questionId) ?? zeroUsd, amount));

  const fill = (order: Order, at: Price, from: Price, atMs: number): void => {
    const { market: { symbol, assetClass }, side, size } = order;
    const qty = size.kind === "quantity" ? (side === "sell" ? smaller(size.qty, lots.held(symbol)) : size.qty) : quantityFor(size.notionalUsd, at);
    if (!isPositive(qty)) return;
    const worth = valueOf(qty, at);
    const fee = feeOf(worth, assetClass, side, costs);
    if (order.limitPrice === null) slippage = add(slippage, side === "buy" ? subtract(worth, valueOf(qty, from)) : subtract(valueOf(qty, from), worth));
    bookGain(order.questionId, subtract(zeroUsd, fee));
    if (side === "buy") {
      lots.buy({ questionId: order.questionId, symbol, qty, price: at });
      cash = subtract(subtract(cash, worth), fee);
      if (order.exits !== null) plans.push({ orderId: order.id, questionId: order.questionId, ruleId: order.ruleId, market: order.market, exits: order.exits, entry: at, qty, peak: at, isSelling: false });
    } else {
      for (const sold of lots.sell(symbol, qty, at)) bookGain(sold.questionId, sold.madeUsd);
      cash = subtract(add(cash, worth), fee);
    }
    const flow = subtract(side === "buy" ? subtract(zeroUsd, worth) : worth, fee);
    cashToday.set(symbol, add(cashToday.get(symbol) ?? zeroUsd, flow));
    trades.set(symbol, [...(trades.get(symbol) ?? []), { side, qty, price: at, at: new Date(atMs) }]);
    fills.push({ order_id: order.id, question_id: order.questionId, symbol, side, qty, price: at, fee_usd: fee, at: new Date(atMs).toISOString(), because: order.because });
  };

  const fillPriceIn = (order: Order, bar: ReplayBar): Price | null => {
    const { side, limitPrice } = order;
    if (limitPrice === null) return slipped(bar.open, side, costs);
    // Through the limit, not only up to it: who was there first is served first.
    if (side === "buy") return isLess(bar.open, limitPrice) ? bar.open : isLess(bar.low, limitPrice) ? limitPrice : null;
    return isGreater(bar.open, limitPrice) ? bar.open : isGreater(bar.high, limitPrice) ? limitPrice : null;
  };

  const follow = (plan: Plan, bar: ReplayBar, endMs: number, tradingDay: NewYorkDate): void => {
    plan.peak = larger(plan.peak, bar.high);
    const by = plan.isSelling ? null : exitReachedIn(plan, bar);
    if (by === null) return;
    plan.isSelling = true;
    const qty = smaller(plan.qty, lots.held(plan.market.symbol));
    if (!isPositive(qty)) return;
    const size: OrderSize = { kind: "quantity", qty, reservedUsd: costOf(qty, bar.close) };
    open.push({ id: `exit-${plan.orderId}`, questionId: plan.questionId, ruleId: plan.ruleId, market: plan.market, side: "sell", limitPrice: null, size, placedAtMs: endMs, tradingDay, exits: null, because: by });
  };

  const holdings = (symbols: Iterable<string>): Holding[] =>
    [...symbols].map((symbol) => ({
      symbol,
      qty: lots.held(symbol),
      startQty: startQty.get(symbol) ?? zeroQuantity,
      cashTodayUsd: cashToday.get(symbol) ?? zeroUsd,
      openBuysUsd: sumUsd(open.filter((order) => order.side === "buy" && order.market.symbol === symbol).map((order) => order.size.reservedUsd)),
      price: known.get(symbol)?.price ?? null,
      prevClose: known.get(symbol)?.prevClose ?? null,
    }));

  return {
    fills,
    equity,
    cash: (): Usd => cash,
    /** What each question has made so far, fees and what is still held at its last price included. */
    madeOf(questionId: string): Usd {
      const unsold = lots.all().filter((lot) => lot.questionId === questionId);
      return add(made.get(questionId) ?? zeroUsd, sumUsd(unsold.map((lot) => gainOf(lot, known.get(lot.symbol)?.price ?? lot.price))));
    },
    knowPrice(symbol: string, at: Price, asOfMs: number): void {
      known.set(symbol, { prevClose: known.get(symbol)?.prevClose ?? null, price: at, asOfMs });
      const peak = peaks.get(symbol);
      if (peak !== undefined) peaks.set(symbol, larger(peak, at));
    },
    knowPrevClose(symbol: string, prevClose: Price): void {
      const before = known.get(symbol);
      known.set(symbol, { price: before?.price ?? prevClose, asOfMs: before?.asOfMs ?? 0, prevClose });
    },
    /** What is held becomes `ratio` times as many shares, each worth as much less. */
    split(symbol: string, ratio: string): void {
      const divided = (value: Price): Price => splitPrice(value, ratio);
      lots.split(symbol, ratio);
      trades.set(symbol, (trades.get(symbol) ?? []).map((trade) => ({ ...trade, qty: splitQuantity(trade.qty, ratio), price: divided(trade.price) })));
      for (const plan of plans) {
        if (plan.market.symbol === symbol) Object.assign(plan, { entry: divided(plan.entry), peak: divided(plan.peak), qty: splitQuantity(plan.qty, ratio) });
      }
      const [last, peak] = [known.get(symbol), peaks.get(symbol)];
      if (last !== undefined) known.set(symbol, { ...last, price: divided(last.price), prevClose: last.prevClose === null ? null : divided(last.prevClose) });
      if (peak !== undefined) peaks.set(symbol, divided(peak));
      const atStart = startQty.get(symbol);
      if (atStart !== undefined) startQty.set(symbol, splitQuantity(atStart, ratio));
    },
    startDay(): void {
      startQty.clear();
      cashToday.clear();
      for (const { symbol } of lots.all()) startQty.set(symbol, lots.held(symbol));
      dayStartEquity = equity();
    },
    /** @returns the orders that came to nothing */
    endSession(assetClass: AssetClass): string[] {
      const over = open.filter((order) => order.market.assetClass === assetClass);
      open = open.filter((order) => order.market.assetClass !== assetClass);
      // An exit that found no minute any more is tried again tomorrow.
      for (const order of over) for (const plan of plans) if (order.id === `exit-${plan.orderId}`) plan.isSelling = false;
      return over.map((order) => order.id);
    },
    /** A minute that is over: what was open before it began is filled in it, and plans are followed through it. */
    takeMinute(market: Market, bar: ReplayBar, endMs: number, tradingDay: NewYorkDate): void {
      const { symbol } = market;
      const due = open.filter((order) => order.market.key === market.key && order.placedAtMs <= bar.startsAtMs);
      for (const order of due) {
        const at = fillPriceIn(order, bar);
        if (at === null) continue;
        open = open.filter((each) => each !== order);
        fill(order, at, bar.open, bar.startsAtMs);
      }
      const held = lots.held(symbol);
      if (!isPositive(held)) peaks.delete(symbol);
      else peaks.set(symbol, larger(peaks.get(symbol) ?? bar.open, bar.high));
      for (const plan of plans) if (plan.market.key === market.key) follow(plan, bar, endMs, tradingDay);
      plans = plans.filter((plan) => !plan.isSelling || open.some((order) => order.id === `exit-${plan.orderId}`));
    },
    place(order: { questionId: string; ruleId: string; market: Market; side: Side; limitPrice: Price | null; size: OrderSize; atMs: number; tradingDay: NewYorkDate; exits: Exits | null }): string {
      ids += 1;
      const id = `o${ids}`;
      const { atMs, ...rest } = order;
      open.push({ ...rest, id, placedAtMs: atMs, because: "answer" });
      placed.push({ side: order.side, symbol: order.market.symbol, ruleId: order.ruleId, reservedUsd: order.size.reservedUsd, atMs, tradingDay: order.tradingDay });
      return id;
    },
    sellable(symbol: string): Quantity {
      const selling = open.filter((order) => order.side === "sell" && order.market.symbol === symbol).map((order) => (order.size.kind === "quantity" ? order.size.qty : zeroQuantity));
      const left = selling.reduce((rest, qty) => subtract(rest, qty), lots.held(symbol));
      return isPositive(left) ? left : zeroQuantity;
    },
    hasOpenOrder: (ruleId: string): boolean => open.some((order) => order.ruleId === ruleId),
    userView(symbol: string): UserView {
      const position = openPosition(trades.get(symbol) ?? []);
      const view: PositionView = position === null ? noPosition : { qty: position.qty, avgEntry: position.avgEntry, peak: peaks.get(symbol) ?? position.avgEntry, openedAtMs: position.openedAt.getTime() };
      const worth = equity();
      const account: AccountView = {
        equity: worth,
        cash,
        dayPlPct: compare(dayStartEquity, zeroUsd) === 0 ? null : percentFrom(price(dayStartEquity), price(worth)),
        ordersToday: placed.filter((each) => each.tradingDay === placed.at(-1)?.tradingDay).length,
      };
      return { position: view, account };
    },
    /** What the guardrails see: the books are always compared, and nothing is known of the broker but what is here. */
    context({ market, ruleId, atMs, tradingDay, closesAtMs }: { market: Market; ruleId: string; atMs: number; tradingDay: NewYorkDate; closesAtMs: number }): RiskContext {
      const at = new Date(atMs);
      const { symbol } = market;
      const last = known.get(symbol);
      const ofDay = placed.filter((each) => each.tradingDay === tradingDay);
      const since = (ms: number): Placed[] => placed.filter((each) => each.atMs > atMs - ms);
      const ofRule = ofDay.filter((each) => each.ruleId === ruleId);
      return {
        at, user, killSwitch: null, reconciledAt: at,
        session: { isOpen: true, tradingDay, nextOpen: null, nextClose: new Date(closesAtMs), asOf: at },
        lastTrade: last === undefined ? null : { price: last.price, asOf: new Date(last.asOfMs) },
        asked: { configRevision: of.configRevision, newerQuestionId: null, hasSold: false },
        account: { buyingPower: cash, asOf: at, inFlightUsd: sumUsd(open.filter(({ side }) => side === "buy").map(({ size }) => size.reservedUsd)) },
        asset: { isTradable: true, isFractionable: true, minOrderQty: null, asOf: at },
        ordersToday: ofDay.length,
        notionalUsd4h: sumUsd(since(fourHoursMs).map(({ reservedUsd }) => reservedUsd)),
        ofRuleToday: { orders: ofRule.length, reservedUsd: sumUsd(ofRule.map(({ reservedUsd }) => reservedUsd)) },
        openOrdersOfSymbol: open.filter((order) => order.market.symbol === symbol).length,
        openOrders: open.length,
        ordersLastMinute: since(minuteMs).length,
        recentOfSymbol: since(weekMs).filter((each) => each.symbol === symbol).toReversed().map((each): RecentOrder => ({ side: each.side, reservedUsd: each.reservedUsd, createdAt: new Date(each.atMs) })),
        holdings: holdings(new Set([...trades.keys(), ...open.map((order) => order.market.symbol)])),
        position: lots.held(symbol),
        openSellQty: subtract(lots.held(symbol), this.sellable(symbol)),
      };
    },
    isInvested: (): boolean => lots.all().length > 0,
    /** How much worse than the open everything at the market was filled. */
    slippageUsd: (): Usd => slippage,
    feesUsd: (): Usd => sumUsd(fills.map(({ fee_usd: fee }) => fee)),
  };
}

const minuteMs = 60_000;
const fourHoursMs = 4 * 3_600_000;
const weekMs = 7 * 86_400_000;
