import type { Asset, AssetList } from "../market/assets.ts";
import { type Decimal, readDecimal } from "../money.ts";
import type { OrderType, Side, TimeInForce } from "./records.ts";
import { forbidden, invalid, unprocessable } from "./refusal.ts";

/** A POST to `/v2/orders` that makes sense by itself; money and positions are checked later. */
export type OrderRequest = {
  asset: Asset;
  clientOrderId: string | undefined;
  side: Side;
  type: OrderType;
  timeInForce: TimeInForce;
  notional: Decimal | undefined;
  qty: Decimal | undefined;
  limitPrice: Decimal | undefined;
  stopPrice: Decimal | undefined;
  extendedHours: boolean;
};

const TYPES: readonly OrderType[] = ["market", "limit", "stop", "stop_limit"];
const TIMES_IN_FORCE: readonly TimeInForce[] = ["day", "gtc", "ioc", "fok"];
const MAX_CLIENT_ORDER_ID = 128;

type Body = Readonly<Record<string, unknown>>;

/**
 * Reads an order request in the order in which Alpaca complains.
 * Throws a `Refusal` with its status, code and words.
 */
export function readOrderRequest(body: Body, assets: AssetList): OrderRequest {
  const symbol = body["symbol"];
  if (typeof symbol !== "string" || symbol === "") throw invalid("symbol is required");
  const clientOrderId = readClientOrderId(body);
  const side = oneOf(["buy", "sell"] as const, body["side"], "side");
  const type = oneOf(TYPES, body["type"] ?? body["order_type"], "order type");
  const timeInForce = oneOf(TIMES_IN_FORCE, body["time_in_force"], "time_in_force");
  const orderClass = body["order_class"] ?? "";
  const { qty, notional } = readSize(body);
  const asset = assets.find(symbol);
  if (asset === undefined) throw unprocessable(`asset "${symbol}" not found`);
  if (!asset.tradable || asset.status !== "active") throw unprocessable(`asset "${asset.symbol}" is not tradable`);
  const request: OrderRequest = {
    asset,
    clientOrderId,
    side,
    type,
    timeInForce,
    notional,
    qty,
    limitPrice: readPrice(body, "limit_price", type === "limit" || type === "stop_limit", type),
    stopPrice: readPrice(body, "stop_price", type === "stop" || type === "stop_limit", type),
    extendedHours: body["extended_hours"] === true,
  };
  checkFractional(request, orderClass);
  if (orderClass !== "" && orderClass !== "simple") throw invalid("only simple orders are supported: this simulator has no bracket, oco, oto or mleg orders");
  if (asset.class === "crypto") checkCrypto(request);
  else checkEquity(request);
  return request;
}

/** A client order id, if one was sent; shared with replacements. */
export function readClientOrderId(body: Body): string | undefined {
  const value = body["client_order_id"];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw invalid("client_order_id must be a string");
  if (value.length > MAX_CLIENT_ORDER_ID) throw invalid(`client_order_id must be no more than ${MAX_CLIENT_ORDER_ID} characters`);
  return value;
}

function oneOf<const T extends string>(allowed: readonly T[], value: unknown, name: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw invalid(`invalid ${name}`);
  return found;
}

function readSize(body: Body): { qty: Decimal | undefined; notional: Decimal | undefined } {
  const given = (name: string): boolean => body[name] !== undefined && body[name] !== null && body[name] !== "";
  if (!given("qty") && !given("notional")) throw invalid("qty or notional is required");
  if (given("qty") && given("notional")) throw invalid("only one of qty or notional is accepted");
  const name = given("qty") ? "qty" : "notional";
  const amount = readDecimal(body[name]);
  if (amount === undefined) throw invalid(`invalid ${name}`);
  if (amount.lessThanOrEqualTo(0)) throw invalid(`${name} must be > 0`);
  const decimals = amount.decimalPlaces();
  if (name === "notional" && decimals > 2) throw unprocessable("notional value must be limited to 2 decimal places");
  if (name === "qty" && decimals > 9) throw unprocessable("qty value must be limited to 9 decimal places");
  return name === "qty" ? { qty: amount, notional: undefined } : { qty: undefined, notional: amount };
}

/** A limit or stop price: at most two decimals from $1 on, four below (the sub-penny rule). */
function readPrice(body: Body, name: "limit_price" | "stop_price", required: boolean, type: string): Decimal | undefined {
  const value = body[name];
  if (value === undefined || value === null || value === "") {
    if (required) throw invalid(`${type} orders require a ${name.replace("_", " ")}`);
    return undefined;
  }
  if (!required) throw invalid(`${type} orders must not have a ${name.replace("_", " ")}`);
  const amount = readDecimal(value);
  if (amount === undefined || amount.lessThanOrEqualTo(0)) throw invalid(`${name} must be > 0`);
  if (amount.decimalPlaces() > (amount.lessThan(1) ? 4 : 2)) {
    throw unprocessable(`invalid ${name} ${amount.toString()}. sub-penny increment does not fulfill minimum pricing criteria`);
  }
  return amount;
}

function checkFractional(request: OrderRequest, orderClass: unknown): void {
  const fractional = request.notional !== undefined || request.qty?.isInteger() === false;
  if (!fractional || request.asset.class === "crypto") return;
  if (!request.asset.fractionable) throw forbidden(`asset "${request.asset.symbol}" is not fractionable`);
  if (request.timeInForce !== "day") throw unprocessable("fractional orders must be DAY orders");
  if (orderClass !== "" && orderClass !== "simple") throw unprocessable("fractional orders must be simple orders");
}

function checkEquity(request: OrderRequest): void {
  const dayOrGtc = request.timeInForce === "day" || request.timeInForce === "gtc";
  if (request.extendedHours && (request.type !== "limit" || !dayOrGtc)) {
    throw unprocessable("extended hours order must be DAY or GTC limit orders");
  }
  minimum(request.notional, 1);
}

function checkCrypto(request: OrderRequest): void {
  if (request.timeInForce !== "gtc" && request.timeInForce !== "ioc") throw unprocessable("invalid crypto time_in_force");
  if (request.type === "stop") throw unprocessable("invalid order type for crypto order");
  minimum(request.notional, 10);
}

function minimum(notional: Decimal | undefined, dollars: number): void {
  if (notional?.lessThan(dollars) === true) throw forbidden(`cost basis must be >= minimal amount of order ${dollars}`);
}
