import type { trading } from "@alpacahq/alpaca-trade-api";
import { toCents, usd } from "../core/decimal.ts";
import type { AmendmentActivity, BrokerOrder, BrokerPort, FillActivity, OrderTicket, SubmitOutcome } from "../trading/ports.ts";
import { readActivities } from "./activities.ts";
import { isNotFound, isUnprocessable, outcomeOfFailedSubmit, unavailable } from "./call-failure.ts";
import { callAlpaca, type AlpacaConnection } from "./connection.ts";
import { brokerAssetOf, brokerOrderOf, brokerPositionOf, NonsenseError } from "./order-mapping.ts";

/** Alpaca's page sizes: 500 orders, 100 activities. */
const ordersPerPage = 500;
const activitiesPerPage = 100;
/** A reconciliation that would need more pages than this is cut off and says so: so many open orders, so many executions since the last one. */
const maxOrderPages = 50;
const maxActivityPages = 2_000;

/** Alpaca's trading API behind trading's port. No call here is ever repeated by itself, a POST least of all. */
export function createAlpacaBroker(alpaca: AlpacaConnection): BrokerPort {
  return {
    async submit(ticket, signal) {
      let order: trading.Order;
      try {
        order = await callAlpaca(alpaca.trading, ticket.side === "sell" ? "exit" : "order", signal, (init) => alpaca.orders.postOrder({ postOrderRequest: wireOrderOf(ticket) }, init));
      } catch (error) {
        return outcomeOfFailedSubmit(error);
      }
      return outcomeOfAnswer(order, ticket);
    },

    async findByClientOrderId(clientOrderId, signal) {
      try {
        const order = await callAlpaca(alpaca.trading, "read", signal, (init) => alpaca.orders.getOrderByClientOrderId({ clientOrderId }, init));
        return { kind: "found", order: brokerOrderOf(order) };
      } catch (error) {
        if (isNotFound(error)) return { kind: "not_found" };
        return { kind: "unavailable", reason: unavailable("order lookup", error).message };
      }
    },

    async cancel(alpacaOrderId, signal) {
      try {
        await callAlpaca(alpaca.trading, "cancel", signal, (init) => alpaca.orders.deleteOrderByOrderID({ orderId: alpacaOrderId }, init));
        return "requested";
      } catch (error) {
        if (isNotFound(error)) return "not_found";
        if (isUnprocessable(error)) return "not_cancelable";
        throw unavailable("cancel", error);
      }
    },

    async openOrders(signal) {
      const found = new Map<string, BrokerOrder>();
      let after: string | undefined;
      for (let page = 0; page < maxOrderPages; page++) {
        const orders = await reading("open orders", () =>
          callAlpaca(alpaca.trading, "read", signal, (init) =>
            alpaca.orders.getAllOrders({ status: "open", limit: ordersPerPage, direction: "asc", nested: false, ...(after === undefined ? {} : { after }) }, init),
          ),
        );
        for (const order of orders) {
          const read = await reading("open orders", () => Promise.resolve(brokerOrderOf(order)));
          found.set(read.alpacaOrderId, read);
        }
        const last = orders.at(-1)?.submittedAt?.toISOString();
        if (orders.length < ordersPerPage || last === undefined || last === after) return [...found.values()];
        after = last;
      }
      throw unavailable("open orders", new NonsenseError(`more than ${maxOrderPages} pages`));
    },

    async fillActivities(after, signal) {
      const found: (FillActivity | AmendmentActivity)[] = [];
      let pageToken: string | undefined;
      for (let page = 0; page < maxActivityPages; page++) {
        const rows = await reading("fill activities", async () => {
          // The SDK's model takes every activity for a non-trade one and drops the order's id: read the wire instead.
          const response = await callAlpaca(alpaca.trading, "read", signal(), (init) =>
            alpaca.activities.getAccountActivitiesByActivityTypeRaw(
              { activityType: "FILL", after, direction: "asc", pageSize: activitiesPerPage, ...(pageToken === undefined ? {} : { pageToken }) },
              init,
            ),
          );
          return readActivities(await response.raw.json());
        });
        found.push(...rows.map(({ activity }) => activity));
        pageToken = rows.at(-1)?.id;
        if (rows.length < activitiesPerPage || pageToken === undefined) return found;
      }
      throw unavailable("fill activities", new NonsenseError(`more than ${maxActivityPages} pages`));
    },

    async account(signal) {
      return reading("account", async () => {
        const account = await callAlpaca(alpaca.trading, "read", signal, (init) => alpaca.account.getAccount(init));
        const { buyingPower, cash, equity } = account;
        if (buyingPower === undefined || cash === undefined || equity === undefined) throw new NonsenseError("the broker's account lacks its amounts");
        return { buyingPower: usd(buyingPower), cash: usd(cash), equity: usd(equity), tradingBlocked: account.tradingBlocked === true || account.accountBlocked === true };
      });
    },

    async positions(signal) {
      return reading("positions", async () => (await callAlpaca(alpaca.trading, "read", signal, (init) => alpaca.positions.getAllOpenPositions(init))).map(brokerPositionOf));
    },

    async clock(signal) {
      return reading("clock", async () => {
        const clock = await callAlpaca(alpaca.trading, "read", signal, (init) => alpaca.clock.legacyClock(init));
        if (typeof clock.isOpen !== "boolean" || [clock.timestamp, clock.nextOpen, clock.nextClose].some((at) => Number.isNaN(at?.getTime()))) {
          throw new NonsenseError("the broker's clock does not tell the time");
        }
        return { isOpen: clock.isOpen, timestamp: clock.timestamp, nextOpen: clock.nextOpen, nextClose: clock.nextClose };
      });
    },

    async asset(symbol, signal) {
      try {
        return brokerAssetOf(symbol, await callAlpaca(alpaca.trading, "read", signal, (init) => alpaca.assets.getV2AssetsSymbolOrAssetId({ symbolOrAssetId: symbol }, init)));
      } catch (error) {
        if (isNotFound(error)) return null;
        throw unavailable("asset", error);
      }
    },
  };
}

async function reading<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unavailable(what, error);
  }
}

/** Equities trade for the day only, which fractional and notional orders require; crypto knows no day. */
function wireOrderOf(ticket: OrderTicket): trading.PostOrderRequest {
  return {
    clientOrderId: ticket.clientOrderId,
    symbol: ticket.symbol,
    side: ticket.side,
    type: ticket.orderType,
    ...(ticket.limitPrice === null ? {} : { limitPrice: ticket.limitPrice }),
    timeInForce: ticket.assetClass === "crypto" ? "gtc" : "day",
    ...(ticket.size.kind === "notional" ? { notional: toCents(ticket.size.notionalUsd) } : { qty: ticket.size.qty }),
  };
}

function outcomeOfAnswer(order: trading.Order, ticket: OrderTicket): SubmitOutcome {
  try {
    const read = brokerOrderOf(order);
    if (read.clientOrderId !== ticket.clientOrderId) return { kind: "unknown", reason: "the broker answered with another order" };
    return { kind: "accepted", order: read };
  } catch {
    return { kind: "unknown", reason: "the answer could not be understood" };
  }
}
