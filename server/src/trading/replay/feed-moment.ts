import { price } from "../../core/decimal.ts";
import type { MarketKey } from "../market/fact-book.ts";
import type { ConditionIndex } from "../rules/condition-index.ts";
import type { FinishedBar } from "../rules/bar-window.ts";
import type { ViewSession } from "../rules/symbol-view.ts";
import { timeframeMs } from "../rules/bar-window.ts";
import type { ReplayAccount } from "./account.ts";
import type { Market, Moment, ReplayBar, ReplayFact } from "./timeline.ts";

type Fed = { account: ReplayAccount; markets: ReadonlyMap<MarketKey, Market>; sessions: Map<Market["assetClass"], ViewSession> };

/** Takes in what became known at one instant. @returns the symbols that are to be looked at, and whether a session was over */
export function feedMoment({ atMs, events }: Moment, conditions: ConditionIndex, { account, markets, sessions }: Fed): { changed: Set<MarketKey>; dayEnded: boolean } {
  const changed = new Set<MarketKey>();
  let dayEnded = false;
  for (const event of events) {
    if (event.kind === "session") {
      const before = sessions.get(event.assetClass);
      dayEnded ||= before !== undefined && before.tradingDay !== event.session?.tradingDay;
      changeSession(event.assetClass, event.session, account, sessions);
      for (const market of markets.values()) {
        if (market.assetClass !== event.assetClass) continue;
        conditions.viewOf(market.key)?.setSession(event.session);
        changed.add(market.key);
      }
      continue;
    }
    const { market } = event;
    const view = conditions.viewOf(market.key);
    if (view === null) continue;
    view.setTime(atMs);
    changed.add(market.key);
    switch (event.kind) {
      case "facts":
        for (const fact of event.facts) {
          view.setFact(fact.name, fact.value, fact.asOfMs, fact.tradingDay);
          tellAccount(account, market, fact);
        }
        break;
      case "bar": {
        view.closeBar(event.timeframe, toNumbers(event.bar));
        const session = sessions.get(market.assetClass);
        if (event.timeframe === "1Min" && session !== undefined) account.takeMinute(market, event.bar, event.bar.startsAtMs + timeframeMs["1Min"], session.tradingDay);
        break;
      }
      case "history":
        view.loadBars(event.timeframe, event.bars.map(toNumbers));
        break;
      case "split":
        account.split(market.symbol, event.ratio);
        break;
      case "suspension":
        view.suspend(event.reason);
        break;
    }
  }
  return { changed, dayEnded };
}

function changeSession(assetClass: Market["assetClass"], session: ViewSession | null, account: ReplayAccount, sessions: Fed["sessions"]): void {
  if (session === null) {
    account.endSession(assetClass);
    sessions.delete(assetClass);
    return;
  }
  if (sessions.get(assetClass)?.tradingDay !== session.tradingDay) account.startDay();
  sessions.set(assetClass, session);
}

function tellAccount(account: ReplayAccount, { symbol }: Market, { name, value, asOfMs }: ReplayFact): void {
  if (name === "last") account.knowPrice(symbol, price(value), asOfMs);
  if (name === "prev_close") account.knowPrevClose(symbol, price(value));
}

const toNumbers = ({ startsAtMs, open, high, low, close, volume }: ReplayBar): FinishedBar => ({ startsAtMs, open: Number(open), high: Number(high), low: Number(low), close: Number(close), volume });
