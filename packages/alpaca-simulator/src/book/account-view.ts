import { cents, Decimal, ZERO } from "../money.ts";
import { seededUuid } from "../seeded.ts";
import { newYorkDate } from "../time/new-york.ts";
import type { Account } from "./ledger.ts";
import type { Position } from "./position.ts";
import { isTerminal, type StoredOrder } from "./records.ts";
import type { Venue } from "./venue.ts";

export type Balances = {
  equity: Decimal;
  longValue: Decimal;
  shortValue: Decimal;
  /** Dollars that open buy orders may still spend. */
  reserved: Decimal;
  buyingPower: Decimal;
  /** For what cannot be bought on margin (crypto). */
  cashBuyingPower: Decimal;
};

/** What an account is worth at the last prices, and what it may still spend. */
export function balances(account: Account, venue: Venue, multiplier: number): Balances {
  let longValue = ZERO;
  let shortValue = ZERO;
  for (const [symbol, position] of account.positions) {
    const value = position.qty.times(priceOf(symbol, position, venue));
    if (value.isPositive()) longValue = longValue.plus(value);
    else shortValue = shortValue.plus(value);
  }
  const equity = account.cash.plus(longValue).plus(shortValue);
  const reserved = Decimal.sum(0, ...[...account.open.values()].filter((order) => order.wire.side === "buy").map((order) => openCost(order, venue)));
  const free = equity.times(multiplier).minus(longValue).plus(shortValue).minus(reserved);
  return {
    equity,
    longValue,
    shortValue,
    reserved,
    buyingPower: Decimal.max(0, free),
    cashBuyingPower: Decimal.max(0, account.cash.minus(reserved)),
  };
}

/** What the unfilled rest of an order may cost: its dollars, its limit price, or the last price. */
function openCost(order: StoredOrder, venue: Venue): Decimal {
  const { wire } = order;
  const spent = wire.filled_avg_price === null ? ZERO : new Decimal(wire.filled_qty).times(wire.filled_avg_price);
  if (wire.notional !== null) return Decimal.max(0, new Decimal(wire.notional).minus(spent));
  const price = wire.limit_price ?? wire.stop_price ?? venue.lastPrice(wire.symbol) ?? 0;
  return new Decimal(wire.qty ?? 0).minus(wire.filled_qty).times(price);
}

/** The part of a long position that open sell orders have not claimed. */
export function heldForOrders(account: Account, symbol: string, venue: Venue): Decimal {
  let held = ZERO;
  for (const { wire } of account.open.values()) {
    if (wire.symbol !== symbol || wire.side !== "sell" || isTerminal(wire.status)) continue;
    const qty = wire.qty === null ? new Decimal(wire.notional ?? 0).dividedBy(venue.lastPrice(symbol) ?? 1) : new Decimal(wire.qty);
    held = held.plus(Decimal.max(0, qty.minus(wire.filled_qty)));
  }
  return held;
}

function priceOf(symbol: string, position: Position, venue: Venue): Decimal {
  return venue.lastPrice(symbol) ?? position.costBasis.dividedBy(position.qty.abs());
}

/** `/v2/account`. The pattern-day-trader fields are gone, as they are at Alpaca. */
export function wireAccount(account: Account, venue: Venue, multiplier: number, createdMs: number): Record<string, unknown> {
  const money = balances(account, venue, multiplier);
  const initialMargin = money.longValue.minus(money.shortValue).dividedBy(2);
  const maintenance = money.longValue.minus(money.shortValue).times("0.3");
  return {
    id: seededUuid("account", account.id),
    account_number: `PA${account.id.toUpperCase().replace(/[^A-Z0-9]/g, "").padEnd(10, "0").slice(0, 10)}`,
    status: "ACTIVE",
    crypto_status: "ACTIVE",
    currency: "USD",
    cash: cents(account.cash),
    portfolio_value: cents(money.equity),
    equity: cents(money.equity),
    last_equity: account.lastEquity.toString(),
    buying_power: cents(money.buyingPower),
    regt_buying_power: cents(money.buyingPower),
    non_marginable_buying_power: cents(money.cashBuyingPower),
    options_buying_power: cents(money.cashBuyingPower),
    options_approved_level: 0,
    options_trading_level: 0,
    multiplier: String(multiplier),
    long_market_value: cents(money.longValue),
    short_market_value: cents(money.shortValue),
    initial_margin: cents(initialMargin),
    maintenance_margin: cents(maintenance),
    last_maintenance_margin: "0",
    sma: cents(money.equity),
    accrued_fees: "0",
    balance_asof: newYorkDate(venue.now()),
    created_at: new Date(createdMs).toISOString(),
    shorting_enabled: multiplier > 1,
    account_blocked: false,
    trading_blocked: false,
    transfers_blocked: false,
    trade_suspended_by_user: false,
  };
}

/** One entry of `/v2/positions`. */
export function wirePosition(account: Account, symbol: string, position: Position, venue: Venue): Record<string, unknown> {
  const asset = venue.assets.find(symbol);
  const price = priceOf(symbol, position, venue);
  const before = venue.previousClose(symbol) ?? price;
  const value = position.qty.times(price);
  const cost = position.qty.isNegative() ? position.costBasis.negated() : position.costBasis;
  const gain = value.minus(cost);
  const boughtToday = account.executions.some((execution) => execution.symbol === symbol && execution.atMs >= venue.tradingDayStartMs());
  const gainToday = boughtToday ? gain : value.minus(position.qty.times(before));
  const ratio = (part: Decimal, whole: Decimal): string => (whole.isZero() ? "0" : part.dividedBy(whole.abs()).toDecimalPlaces(10).toString());
  const held = heldForOrders(account, symbol, venue);
  return {
    asset_id: asset?.id ?? "",
    symbol: symbol.replace("/", ""),
    exchange: asset?.exchange ?? "",
    asset_class: asset?.class ?? "us_equity",
    asset_marginable: asset?.marginable ?? false,
    qty: position.qty.toString(),
    qty_available: position.qty.isNegative() ? position.qty.toString() : Decimal.max(0, position.qty.minus(held)).toString(),
    avg_entry_price: position.costBasis.dividedBy(position.qty.abs()).toDecimalPlaces(9).toString(),
    side: position.qty.isNegative() ? "short" : "long",
    market_value: value.toDecimalPlaces(6).toString(),
    cost_basis: cost.toDecimalPlaces(6).toString(),
    unrealized_pl: gain.toDecimalPlaces(6).toString(),
    unrealized_plpc: ratio(gain, cost),
    unrealized_intraday_pl: gainToday.toDecimalPlaces(6).toString(),
    unrealized_intraday_plpc: ratio(gainToday, value.minus(gainToday)),
    current_price: price.toString(),
    lastday_price: before.toString(),
    change_today: before.isZero() ? "0" : price.dividedBy(before).minus(1).toDecimalPlaces(10).toString(),
  };
}
