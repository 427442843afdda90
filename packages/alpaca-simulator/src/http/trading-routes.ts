import { balances, wireAccount, wirePosition } from "../book/account-view.ts";
import type { Exchange } from "../book/exchange.ts";
import type { Account } from "../book/ledger.ts";
import { isTerminal, type Execution, type WireOrder } from "../book/records.ts";
import { invalid, notFound, Refusal } from "../book/refusal.ts";
import type { Venue } from "../book/venue.ts";
import { newYorkDate, newYorkIso } from "../time/new-york.ts";
import { calendarDays } from "./calendar.ts";
import type { Call, Reply } from "./dispatch.ts";

export type TradingRoutesParts = { exchange: Exchange; venue: Venue; multiplier: number; startedMs: number; halfDayBehind: (date: string) => boolean };
export type Route = readonly [method: "get" | "post" | "patch" | "delete", path: string, answer: (call: Call) => Reply];

const ok = (body: unknown): Reply => ({ status: 200, body });

/** Alpaca's trading API, on the paths of `https://paper-api.alpaca.markets`. */
export function tradingRoutes(parts: TradingRoutesParts): Route[] {
  const { exchange, venue, multiplier } = parts;
  return [
    ["get", "/v2/account", ({ account }) => ok(wireAccount(account, venue, multiplier, parts.startedMs))],
    ["get", "/v2/account/activities", (call) => ok(activities(call, call.query.get("activity_types")))],
    ["get", "/v2/account/activities/:type", (call) => ok(activities(call, call.params["type"] ?? ""))],
    ["get", "/v2/account/portfolio/history", ({ account }) => ok(portfolioHistory(account, venue, multiplier))],
    ["get", "/v2/clock", () => ok(wireClock(venue))],
    ["get", "/v2/calendar", ({ query }) => ok(calendarDays(venue.timeline, query.get("start"), query.get("end"), newYorkDate(venue.now()), parts.halfDayBehind))],
    ["get", "/v2/assets", ({ query }) => ok(venue.assets.all().filter((asset) => isWanted(asset.status, query.get("status")) && isWanted(asset.class, query.get("asset_class"))))],
    ["get", "/v2/assets/*symbol", ({ params }) => ok(venue.assets.find(params["symbol"] ?? "") ?? unknownAsset(params["symbol"] ?? ""))],
    ["get", "/v2/positions", ({ account }) => ok([...account.positions].map(([symbol, position]) => wirePosition(account, symbol, position, venue)))],
    ["delete", "/v2/positions", (call) => closeAll(call, exchange)],
    ["get", "/v2/positions/*symbol", ({ account, params }) => ok(positionOf(account, params["symbol"] ?? "", venue))],
    [
      "delete",
      "/v2/positions/*symbol",
      ({ account, params, query }) => {
        const [qty, percentage] = [query.get("qty"), query.get("percentage")];
        return ok(exchange.closePosition(account, params["symbol"] ?? "", { ...(qty === null ? {} : { qty }), ...(percentage === null ? {} : { percentage }) }));
      },
    ],
    ["post", "/v2/orders", ({ account, body, rawBody }) => ok(exchange.submit(account, body, rawBody))],
    ["get", "/v2/orders", (call) => ok(listOrders(call))],
    ["delete", "/v2/orders", ({ account }) => ({ status: 207, body: exchange.cancelAll(account) })],
    ["get", "/v2/orders\\:by_client_order_id", ({ account, query }) => ok(byClientOrderId(account, query.get("client_order_id") ?? ""))],
    ["get", "/v2/orders/:id", ({ account, params }) => ok(exchange.find(account, params["id"] ?? "").wire)],
    ["patch", "/v2/orders/:id", ({ account, params, body, rawBody }) => ok(exchange.replace(account, params["id"] ?? "", body, rawBody))],
    [
      "delete",
      "/v2/orders/:id",
      ({ account, params }) => {
        exchange.cancel(account, params["id"] ?? "");
        return { status: 204 };
      },
    ],
  ];
}

function isWanted(value: string, filter: string | null): boolean {
  return filter === null || filter === "" || filter === value;
}

function unknownAsset(symbol: string): never {
  throw notFound(`asset not found for ${symbol}`);
}

function byClientOrderId(account: Account, clientOrderId: string): WireOrder {
  const order = account.orders.get(account.clientOrderIds.get(clientOrderId) ?? "");
  if (order === undefined) throw notFound(`order not found for ${clientOrderId}`);
  return order.wire;
}

function positionOf(account: Account, symbolOrId: string, venue: Venue): Record<string, unknown> {
  const symbol = venue.assets.find(symbolOrId)?.symbol ?? symbolOrId;
  const position = account.positions.get(symbol);
  if (position === undefined) throw notFound("position does not exist");
  return wirePosition(account, symbol, position, venue);
}

function closeAll({ account, query }: Call, exchange: Exchange): Reply {
  if (query.get("cancel_orders") === "true") exchange.cancelAll(account);
  const body = [...account.positions.keys()].map((symbol) => {
    try {
      return { symbol, status: 200, body: exchange.closePosition(account, symbol, {}) };
    } catch (error) {
      if (error instanceof Refusal) return { symbol, status: error.status, body: error.body };
      throw error;
    }
  });
  return { status: 207, body };
}

function wireClock(venue: Venue): Record<string, unknown> {
  const now = venue.now();
  return {
    timestamp: `${newYorkIso(now).slice(0, 19)}.${String(now % 1000).padStart(3, "0")}${newYorkIso(now).slice(19)}`,
    is_open: venue.isOpen(),
    next_open: newYorkIso(venue.nextOpenMs()),
    next_close: newYorkIso(venue.nextCloseMs()),
  };
}

const MAX_ORDERS = 500;

/** `GET /v2/orders`: by default the 50 newest open ones. `after` and `until` compare submission times, exclusively. */
function listOrders({ account, query }: Call): WireOrder[] {
  const status = query.get("status") ?? "open";
  if (!["open", "closed", "all"].includes(status)) throw invalid("invalid status");
  const limit = Number(query.get("limit") ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_ORDERS) throw invalid(`limit must be between 1 and ${MAX_ORDERS}`);
  const symbols = query.get("symbols")?.split(",") ?? [];
  const side = query.get("side");
  const after = stampOf(query, "after");
  const until = stampOf(query, "until");
  const orders = [...(status === "open" ? account.open : account.orders).values()]
    .sort((left, right) => left.sequence - right.sequence)
    .map((order) => order.wire)
    .filter((order) => status !== "closed" || isTerminal(order.status))
    .filter((order) => symbols.length === 0 || symbols.includes(order.symbol) || symbols.includes(order.symbol.replace("/", "")))
    .filter((order) => side === null || order.side === side)
    .filter((order) => after === undefined || nanoseconds(order.submitted_at) > after)
    .filter((order) => until === undefined || nanoseconds(order.submitted_at) < until);
  const directed = query.get("direction") === "asc" ? orders : orders.reverse();
  return directed.slice(0, limit);
}

function stampOf(query: URLSearchParams, name: string): bigint | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (Number.isNaN(Date.parse(text))) throw invalid(`invalid ${name}`);
  return nanoseconds(text);
}

/** An RFC 3339 timestamp in nanoseconds since the epoch: orders of one millisecond can be told apart. */
function nanoseconds(timestamp: string): bigint {
  const wholeSeconds = Math.floor(Date.parse(timestamp) / 1000);
  const fraction = /\.(\d{1,9})/.exec(timestamp)?.[1] ?? "";
  return BigInt(wholeSeconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** FILL activities, busts and corrections of them too, newest first; `page_token` is the id of the last one seen. */
function activities({ account, query }: Call, types: string | null): Record<string, unknown>[] {
  if (types !== null && types !== "" && !types.split(",").includes("FILL")) return [];
  const after = stampOf(query, "after");
  const until = stampOf(query, "until");
  const date = query.get("date")?.slice(0, 10);
  const fills = account.executions
    .filter((execution) => after === undefined || nanoseconds(execution.at) > after)
    .filter((execution) => until === undefined || nanoseconds(execution.at) < until)
    .filter((execution) => date === undefined || newYorkDate(execution.atMs) === date)
    .map(wireActivity);
  const directed = query.get("direction") === "asc" ? fills : fills.reverse();
  const token = query.get("page_token");
  const start = token === null || token === "" ? 0 : directed.findIndex((activity) => activity["id"] === token) + 1;
  const size = Math.min(100, Number(query.get("page_size") ?? 100) || 100);
  return directed.slice(start, start + size);
}

function wireActivity(execution: Execution): Record<string, unknown> {
  return {
    id: `${execution.at.replace(/[-:TZ.]/g, "").slice(0, 17)}::${execution.executionId}`,
    activity_type: "FILL",
    transaction_time: execution.at,
    type: execution.kind !== "fill" ? execution.kind : execution.orderStatus === "filled" ? "fill" : "partial_fill",
    ...(execution.previousExecutionId === null ? {} : { previous_id: execution.previousExecutionId }),
    price: execution.price,
    qty: execution.qty,
    side: execution.side,
    symbol: execution.symbol,
    leaves_qty: execution.leavesQty,
    order_id: execution.orderId,
    cum_qty: execution.cumQty,
    order_status: execution.orderStatus,
  };
}

/** Two points: the equity before the current day, and now. */
function portfolioHistory(account: Account, venue: Venue, multiplier: number): Record<string, unknown> {
  const { equity } = balances(account, venue, multiplier);
  const gain = equity.minus(account.lastEquity);
  return {
    timestamp: [Math.floor(venue.now() / 1000) - 86_400, Math.floor(venue.now() / 1000)],
    equity: [account.lastEquity.toNumber(), equity.toNumber()],
    profit_loss: [0, gain.toNumber()],
    profit_loss_pct: [0, account.lastEquity.isZero() ? 0 : gain.dividedBy(account.lastEquity).toNumber()],
    base_value: account.lastEquity.toNumber(),
    timeframe: "1D",
  };
}
