import { randomUUID } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import { add, price, quantityFor, subtract, usd, zeroQuantity, type Price, type Quantity } from "../core/decimal.ts";
import { addDays, newYorkDate, newYorkInstant, type BrokerClock } from "../core/trading-day.ts";
import type { BrokerOrder, BrokerPort, BrokerPosition, Fact, FactMetric, FillActivity, MarketDataPort, MinuteBarsPort, OrderTicket, TradeStreamPort } from "../trading/ports.ts";

type FixtureMetric = Exclude<FactMetric, "day_volume" | "bid" | "ask">;

/** Fixture snapshots: SPY is 1.6 % below its previous close, AAPL stands still, MSFT is 1 % up. */
const fixturePrices: Readonly<Record<string, Record<FixtureMetric, string>>> = {
  SPY: { last_trade: "492.00", prev_close: "500.00", day_open: "499.10", day_high: "499.40", day_low: "491.20", day_close: "492.00" },
  AAPL: { last_trade: "230.00", prev_close: "230.00", day_open: "229.50", day_high: "231.00", day_low: "229.00", day_close: "230.00" },
  MSFT: { last_trade: "505.00", prev_close: "500.00", day_open: "501.00", day_high: "506.00", day_low: "500.50", day_close: "505.00" },
};

const metricsOfADay: readonly FixtureMetric[] = ["prev_close", "day_open", "day_high", "day_low", "day_close"];

/**
 * The ports of `QUESTION_PIPELINE_TEST_MODE`: fixture snapshots, fake order ids, orders that fill at once at the fixture's
 * price. There is no socket in it, so no Alpaca call can be made. The market is always open.
 */
export function createTestModePorts(clock: Clock): { marketData: MarketDataPort; minuteBars: MinuteBarsPort; broker: BrokerPort; tradeStream: TradeStreamPort } {
  const orders = new Map<string, BrokerOrder>();
  const fills: FillActivity[] = [];

  const place = (ticket: OrderTicket, at: Price): BrokerOrder => {
    const now = clock.now();
    const filledQty = ticket.size.kind === "quantity" ? ticket.size.qty : quantityFor(ticket.size.notionalUsd, at);
    const alpacaOrderId = `test-${ticket.clientOrderId}`;
    const order: BrokerOrder = {
      alpacaOrderId,
      clientOrderId: ticket.clientOrderId,
      symbol: ticket.symbol,
      side: ticket.side,
      orderType: ticket.orderType,
      limitPrice: ticket.limitPrice,
      qty: ticket.size.kind === "quantity" ? ticket.size.qty : null,
      notionalUsd: ticket.size.kind === "notional" ? ticket.size.notionalUsd : null,
      status: "filled",
      filledQty,
      filledAvgPrice: at,
      submittedAt: now,
      filledAt: now,
      updatedAt: now,
      raw: { test_mode: true, id: alpacaOrderId, client_order_id: ticket.clientOrderId, status: "filled" },
    };
    orders.set(ticket.clientOrderId, order);
    fills.push({ executionId: `test-${randomUUID()}`, alpacaOrderId, symbol: ticket.symbol, side: ticket.side, qty: filledQty, price: at, executedAt: now });
    return order;
  };

  const positions = (): BrokerPosition[] => {
    const held = new Map<string, Quantity>();
    for (const { symbol, side, qty } of fills) held.set(symbol, (side === "buy" ? add : subtract)(held.get(symbol) ?? zeroQuantity, qty));
    return [...held].map(([symbol, qty]) => ({ symbol, qty }));
  };

  return {
    // A fixture has no day behind it.
    minuteBars: { fetchMinuteBars: () => Promise.resolve([]) },
    marketData: {
      fetchFacts: (request) => {
        const now = clock.now();
        const facts = request.symbols.flatMap((symbol): Fact[] => {
          const prices = fixturePrices[symbol];
          if (!prices) return [];
          const base = { feed: request.feed, assetClass: request.assetClass, symbol, volume: null, asOf: now };
          return [
            { ...base, metric: "last_trade", price: price(prices.last_trade), tradingDay: null },
            ...metricsOfADay.map((metric): Fact => ({ ...base, metric, price: price(prices[metric]), tradingDay: request.tradingDay })),
          ];
        });
        return Promise.resolve(facts);
      },
    },
    broker: {
      submit(ticket) {
        if (orders.has(ticket.clientOrderId)) return Promise.resolve({ kind: "duplicate" });
        const prices = fixturePrices[ticket.symbol];
        if (!prices) return Promise.resolve({ kind: "rejected", httpStatus: 422, code: 42210000, message: `asset "${ticket.symbol}" not found` });
        return Promise.resolve({ kind: "accepted", order: place(ticket, price(prices.last_trade)) });
      },
      findByClientOrderId(clientOrderId) {
        const order = orders.get(clientOrderId);
        return Promise.resolve(order ? { kind: "found", order } : { kind: "not_found" });
      },
      cancel: (alpacaOrderId) => Promise.resolve([...orders.values()].some((order) => order.alpacaOrderId === alpacaOrderId) ? "not_cancelable" : "not_found"),
      openOrders: () => Promise.resolve([]),
      fillActivities: (after) => Promise.resolve(fills.filter((fill) => fill.executedAt >= after)),
      account: () => Promise.resolve({ buyingPower: usd("100000"), cash: usd("100000"), equity: usd("100000"), tradingBlocked: false }),
      positions: () => Promise.resolve(positions()),
      clock: () => Promise.resolve(alwaysOpen(clock.now())),
      asset: (symbol) =>
        Promise.resolve(fixturePrices[symbol] === undefined ? null : { symbol, assetClass: "us_equity", isTradable: true, isFractionable: true, minOrderQty: null }),
    },
    tradeStream: {
      start(handlers) {
        handlers.onConnected();
        return { stop: () => Promise.resolve() };
      },
    },
  };
}

/** Open, whatever the hour: until the end of New York's day, so that the trading day is the one that it is there. */
function alwaysOpen(now: Date): BrokerClock {
  const midnight = newYorkInstant(addDays(newYorkDate(now), 1), "00:00");
  return { isOpen: true, timestamp: now, nextClose: new Date(midnight.getTime() - 1), nextOpen: midnight };
}
