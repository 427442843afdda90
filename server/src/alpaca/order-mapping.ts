import type { trading } from "@alpacahq/alpaca-trade-api";
import { price, quantity, subtract, usd, zeroQuantity, type Price, type Quantity, type Usd } from "../core/decimal.ts";
import type { BrokerAsset, BrokerOrder, BrokerPosition } from "../trading/ports.ts";

/** An answer that says yes without saying to what. */
export class NonsenseError extends Error {
  override readonly name = "NonsenseError";
}

/**
 * Reads an order of the SDK.
 * @throws NonsenseError when it lacks what makes it an order: a 200 with `{}` is accepted by the SDK.
 */
export function brokerOrderOf(order: trading.Order): BrokerOrder {
  const { id, clientOrderId, symbol, side, status } = order;
  if (!id || !clientOrderId || !symbol || !status || (side !== "buy" && side !== "sell")) throw new NonsenseError("the broker's order lacks its id, client id, symbol, side or status");
  return {
    alpacaOrderId: id,
    clientOrderId,
    symbol,
    side,
    orderType: order.type ?? order.orderType ?? "",
    limitPrice: read(price, order.limitPrice),
    qty: read(quantity, order.qty),
    notionalUsd: read(usd, order.notional),
    status,
    filledQty: read(quantity, order.filledQty) ?? quantity("0"),
    filledAvgPrice: read(price, order.filledAvgPrice),
    submittedAt: order.submittedAt ?? null,
    filledAt: order.filledAt ?? null,
    updatedAt: order.updatedAt ?? null,
    raw: wireFieldsOf(order),
  };
}

/**
 * Reads an asset of the SDK. One that is not active cannot be traded, whatever else is said of it.
 * @throws NonsenseError when it lacks what the guardrails go by
 */
export function brokerAssetOf(symbol: string, asset: Partial<trading.Assets>): BrokerAsset {
  const { _class: assetClass, tradable, fractionable, status, minOrderSize } = asset;
  if ((assetClass !== "us_equity" && assetClass !== "crypto") || typeof tradable !== "boolean" || typeof fractionable !== "boolean") {
    throw new NonsenseError("the broker's asset lacks its class or whether it is tradable and fractionable");
  }
  return { symbol, assetClass, isTradable: tradable && status === "active", isFractionable: fractionable, minOrderQty: read(quantity, minOrderSize) };
}

/** Positions in coins are named without the slash that their orders have: `BTCUSD`. */
const coinPair = /^([^/]+)(USDT|USDC|USD|BTC)$/;
/** No order of ours is finer than nine decimals; what somebody else holds may be, and is no reason to read nothing. */
const beyondNineDecimals = /(?<=\.\d{9})\d+$/;

/**
 * Reads a position of the SDK, whose quantity is signed or has its side beside it.
 * @throws NonsenseError when it lacks what makes it a position
 */
export function brokerPositionOf(position: Partial<trading.Position>): BrokerPosition {
  const { symbol, assetClass, side } = position;
  const size = read(quantity, position.qty?.replace(beyondNineDecimals, "").replace(/^-/, ""));
  if (!symbol || size === null || (side !== "long" && side !== "short")) throw new NonsenseError("the broker's position lacks its symbol, quantity or side");
  return { symbol: assetClass === "crypto" ? symbol.replace(coinPair, "$1/$2") : symbol, qty: side === "short" ? subtract(zeroQuantity, size) : size };
}

function read<T extends Usd | Price | Quantity>(parse: (text: string) => T, text: string | null | undefined): T | null {
  if (text === null || text === undefined || text === "") return null;
  try {
    return parse(text);
  } catch (cause) {
    throw new NonsenseError("the broker told of an amount that is not a decimal number", { cause });
  }
}

/** The SDK keeps the wire's snake_case keys beside its own camelCase ones; the former are the evidence. */
const wireFieldsOf = (order: trading.Order): Record<string, unknown> => Object.fromEntries(Object.entries(order).filter(([key]) => !/[A-Z]/.test(key)));
