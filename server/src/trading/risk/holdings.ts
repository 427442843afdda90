/** What a user holds, symbol by symbol, what it is worth, and what the day has made of it. */
import { add, compare, isLess, isPositive, price, quantity, subtract, usd, valueOf, zeroQuantity, zeroUsd, type Price, type Quantity, type Usd } from "../../core/decimal.ts";

export type Holding = {
  symbol: string;
  /** The user's own fills added up. */
  qty: Quantity;
  /** The same as of the end of the trading day before. */
  startQty: Quantity;
  /** What the sells of this trading day brought in, less what its buys cost. May be negative. */
  cashTodayUsd: Usd;
  /** What is reserved for buys that have not been filled yet. */
  openBuysUsd: Usd;
  /** The newest last trade of any feed, unless it is older than a long weekend. */
  price: Price | null;
  /** Of the trading day that the context is of. */
  prevClose: Price | null;
};

export type RawHolding = {
  symbol: string;
  qty: string;
  start_qty: string;
  cash_today: string;
  open_buys: string;
  price: string | null;
  prev_close: string | null;
};

/** A position may be valued by the last trade before a long weekend, and by nothing older. */
const maxValuationAgeDays = 4;

/** A holding's sums over a user's orders `o` of one symbol; those that are neither filled nor open add nothing. */
export const holdingSums = (tradingDay: string): string => `
  sum(case when o.side = 'buy' then o.filled_qty else -o.filled_qty end) as qty,
  coalesce(sum(case when o.side = 'buy' then o.filled_qty else -o.filled_qty end) filter (where o.trading_day < ${tradingDay}), 0) as start_qty,
  round(coalesce(sum(case when o.side = 'buy' then -o.filled_qty else o.filled_qty end * o.filled_avg_price) filter (where o.trading_day >= ${tradingDay}), 0), 6) as cash_today,
  round(coalesce(sum(greatest(o.reserved_notional_usd - o.filled_qty * coalesce(o.filled_avg_price, 0), 0)) filter (where o.is_open and o.side = 'buy'), 0), 6) as open_buys`;

/** Of the sums `h`, those that are something: a JSON array of `RawHolding`. */
export const holdingsAggregate = `
  coalesce(jsonb_agg(jsonb_build_object('symbol', h.symbol, 'qty', h.qty::text, 'start_qty', h.start_qty::text, 'cash_today', h.cash_today::text,
                                        'open_buys', h.open_buys::text, 'price', latest.price::text, 'prev_close', previous.price::text))
           filter (where h.qty <> 0 or h.cash_today <> 0 or h.open_buys > 0), '[]')`;

/** Prices for the sums `h`; for those that are nothing none are looked up. */
export const holdingPrices = (of: { at: string; tradingDay: string }): string => `
  left join lateral (
    select l.price from market_data_latest as l
    where (h.qty <> 0 or h.cash_today <> 0 or h.open_buys > 0)
      and l.symbol = h.symbol and l.metric = 'last_trade' and l.as_of > ${of.at} - interval '${maxValuationAgeDays} days'
    order by l.as_of desc limit 1
  ) as latest on true
  left join lateral (
    select l.price from market_data_latest as l
    where (h.qty <> 0 or h.cash_today <> 0 or h.open_buys > 0)
      and l.symbol = h.symbol and l.metric = 'prev_close' and l.trading_day = ${of.tradingDay}
    order by l.as_of desc limit 1
  ) as previous on true`;

/**
 * A lateral subquery with one column `holdings`, a JSON array of `RawHolding`. Its parameters are SQL expressions of the
 * statement around it, never anything that a user typed.
 */
export const holdingsSql = (of: { uid: string; at: string; tradingDay: string }): string => `
  select ${holdingsAggregate} as holdings
  from (
    select o.symbol, ${holdingSums(of.tradingDay)}
    from trade_orders as o
    where o.firebase_uid = ${of.uid} and (o.filled_qty > 0 or o.is_open)
    group by o.symbol
  ) as h
  ${holdingPrices(of)}`;

export const decodeHolding = (raw: RawHolding): Holding => ({
  symbol: raw.symbol,
  qty: quantity(raw.qty),
  startQty: quantity(raw.start_qty),
  cashTodayUsd: usd(raw.cash_today),
  openBuysUsd: usd(raw.open_buys),
  price: raw.price === null ? null : price(raw.price),
  prevClose: raw.prev_close === null ? null : price(raw.prev_close),
});

/** What is held and being bought of one symbol is worth; null when it is held and there is no price for it. Pure. */
export function exposureOf(holding: Holding): Usd | null {
  if (!isPositive(holding.qty)) return holding.openBuysUsd;
  return holding.price === null ? null : add(valueOf(holding.qty, holding.price), holding.openBuysUsd);
}

/** Of all symbols together; null when one of them cannot be valued. Pure. */
export function grossExposure(holdings: readonly Holding[]): Usd | null {
  return sum(holdings.map(exposureOf));
}

/**
 * What the trading day has brought so far, realised or not: what is held now at its last price, and the cash of the day's
 * trades, against what was held at the start at its previous close. Null when a price for that is missing. Pure.
 */
export function dayResult(holdings: readonly Holding[]): Usd | null {
  return sum(holdings.map(dayResultOf));
}

function dayResultOf({ qty, startQty, cashTodayUsd, price: now, prevClose }: Holding): Usd | null {
  const isHeld = compare(qty, zeroQuantity) !== 0;
  const wasHeld = compare(startQty, zeroQuantity) !== 0;
  if ((isHeld && now === null) || (wasHeld && prevClose === null)) return null;
  const worthNow = isHeld && now !== null ? valueOf(qty, now) : zeroUsd;
  const worthAtStart = wasHeld && prevClose !== null ? valueOf(startQty, prevClose) : zeroUsd;
  return subtract(add(worthNow, cashTodayUsd), worthAtStart);
}

/** How much was lost, as a positive amount; zero after a gain. */
export const lossIn = (result: Usd): Usd => (isLess(result, zeroUsd) ? subtract(zeroUsd, result) : zeroUsd);

function sum(amounts: readonly (Usd | null)[]): Usd | null {
  let total = zeroUsd;
  for (const amount of amounts) {
    if (amount === null) return null;
    total = add(total, amount);
  }
  return total;
}
