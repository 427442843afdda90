import { Decimal } from "decimal.js";
import type { Evidence, OrderRow } from "../evidence.ts";
import { violationsOf, type Law } from "../violation.ts";
import { amountOf, readBody } from "./one-order.ts";

type Limits = { ordersPerDay: number; notionalPer4h: number; largest: number; smallest: number; watchlist: Set<string>; blocklist: Set<string>; enabled: boolean };
/** An order that took up a place in the limits: it is at the broker, who did not refuse it. */
type Counted = { order: OrderRow; notional: Decimal; session: string };

const windowMs = 4 * 3_600_000;
/** A document counts as in force from its event on, and until then the one before may: its commit came a moment later. */
const documentGraceMs = 1_000;

/** Orders a day, dollars in any four hours, sizes, lists and the operator's caps, all counted anew from the broker's book. */
export const guardrailsHold: Law = (evidence) => {
  const { found, report } = violationsOf("no guardrail is exceeded");
  const counted = countedOrders(evidence);
  const { caps, timeline } = evidence;
  for (const { order, notional, session } of counted) {
    const say = (what: string): void => report(`${order.clientOrderId} of ${order.uid}: ${what}`, order.clientOrderId);
    const limits = limitsInForce(evidence, order);
    const before = counted.filter((each) => each.order.uid === order.uid && each.order.createdMs <= order.createdMs);
    const ofTheDay = before.filter((each) => each.session === session).length;
    const surelyWithin = before.filter((each) => each.order.createdMs > order.createdMs - windowMs + timeline.setBackMs);
    const inFourHours = surelyWithin.reduce((sum, each) => sum.plus(each.notional), new Decimal(0));
    if (ofTheDay > limits.ordersPerDay) say(`it is number ${ofTheDay} of ${session}, ${limits.ordersPerDay} are allowed`);
    if (inFourHours.greaterThan(limits.notionalPer4h)) say(`it makes $${inFourHours.toString()} in four hours, $${limits.notionalPer4h} are allowed`);
    if (!limits.watchlist.has(order.symbol)) say(`${order.symbol} is not on the watchlist`);
    if (limits.blocklist.has(order.symbol)) say(`${order.symbol} is on the blocklist`);
    if (!limits.enabled) say("trading is switched off in the config");
    const asked = amountOf(evidence, order) ?? notional;
    if (asked.greaterThan(limits.largest)) say(`$${asked.toString()} is above the user's largest order of $${limits.largest}`);
    if (asked.lessThan(limits.smallest)) say(`$${asked.toString()} is below the user's smallest order of $${limits.smallest}`);
    if (caps === null) continue;
    if (notional.greaterThan(caps.maxOrderNotional)) say(`$${notional.toString()} is above the operator's cap of $${caps.maxOrderNotional}`);
    if (ofTheDay > caps.maxOrdersPerDay) say(`it is number ${ofTheDay} of ${session}, the operator allows ${caps.maxOrdersPerDay}`);
    if (inFourHours.greaterThan(caps.maxNotionalPer4h)) say(`it makes $${inFourHours.toString()} in four hours, the operator allows $${caps.maxNotionalPer4h}`);
  }
  return found;
};

/** Late adoptions are left out: an order that was given up as not placed, and turned up all the same, was no longer counted. */
function countedOrders({ orders, events, book, sessions, timeline }: Evidence): Counted[] {
  const postOf = new Map(book.posts.map((post) => [post.clientOrderId, post]));
  const refused = new Set(book.accounts.flatMap((account) => account.orders).filter(({ status }) => status === "rejected").map((order) => order.client_order_id));
  const givenUp = new Set(events.filter(({ kind }) => kind === "order_not_placed" || kind === "order_rejected").map(({ orderId }) => orderId));
  return orders.flatMap((order) => {
    const post = postOf.get(order.clientOrderId);
    if (post === undefined || refused.has(order.clientOrderId) || givenUp.has(order.id)) return [];
    const { notional } = readBody(post.rawBody);
    const brokerMs = timeline.brokerFromDatabase(order.createdMs);
    const session = sessions.find(({ opensMs, closesMs }) => opensMs <= brokerMs && brokerMs < closesMs)?.date ?? order.tradingDay;
    return [{ order, notional: new Decimal(notional ?? order.reserved), session }];
  });
}

/** The most that any document allows that may have been in force when the order was approved. */
function limitsInForce({ documents }: Evidence, order: OrderRow): Limits {
  const own = documents.filter(({ uid, fromMs }) => uid === order.uid && fromMs <= order.createdMs);
  const settled = own.findLast(({ fromMs }) => fromMs <= order.createdMs - documentGraceMs);
  const possible = own.filter((each) => each === settled || each.fromMs > order.createdMs - documentGraceMs).map(({ template, own: document }) => limitsOf(template, document));
  const blocked = possible.map(({ blocklist }) => blocklist);
  return {
    ordersPerDay: Math.max(...possible.map((each) => each.ordersPerDay)),
    notionalPer4h: Math.max(...possible.map((each) => each.notionalPer4h)),
    largest: Math.max(...possible.map((each) => each.largest)),
    smallest: Math.min(...possible.map((each) => each.smallest)),
    watchlist: new Set(possible.flatMap((each) => [...each.watchlist])),
    blocklist: new Set([...(blocked[0] ?? [])].filter((symbol) => blocked.every((list) => list.has(symbol)))),
    enabled: possible.some((each) => each.enabled),
  };
}

function limitsOf(template: unknown, own: unknown): Limits {
  const guardrail = (name: string): unknown => at(own, "guardrails", name) ?? at(template, "guardrails", name);
  const amount = (name: string, otherwise: number): number => Number(guardrail(name) ?? otherwise);
  const inputs = at(template, "data_inputs");
  const symbols = (Array.isArray(inputs) ? inputs : []).flatMap((input: unknown) => texts(at(input, "symbols")));
  return {
    ordersPerDay: amount("max_orders_per_day", 0),
    notionalPer4h: amount("max_notional_usd_per_4h", 0),
    largest: amount("max_notional_usd", Infinity),
    smallest: amount("min_notional_usd", 0),
    watchlist: new Set(symbols),
    blocklist: new Set(texts(guardrail("symbols_blocklist"))),
    enabled: (at(own, "enabled") ?? at(template, "enabled")) === true,
  };
}

function at(document: unknown, ...path: string[]): unknown {
  let value = document;
  for (const name of path) value = typeof value === "object" && value !== null ? new Map<string, unknown>(Object.entries(value)).get(name) : undefined;
  return value;
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []);

/** One account serves all users: nobody sells what another has bought. */
export const nobodySellsMoreThanHeHolds: Law = ({ book, orders }) => {
  const { found, report } = violationsOf("nobody sells more than he holds");
  const orderOf = new Map(orders.map((order) => [order.brokerOrderId, order]));
  const held = new Map<string, Decimal>();
  const executions = book.accounts.flatMap((account) => account.executions).filter(({ kind }) => kind === "fill");
  for (const { orderId, symbol, side, qty } of executions.toSorted((a, b) => a.atMs - b.atMs)) {
    const order = orderOf.get(orderId);
    if (order === undefined) continue;
    const key = `${order.uid} ${symbol}`;
    const now = (held.get(key) ?? new Decimal(0)).plus(side === "buy" ? qty : `-${qty}`);
    held.set(key, now);
    if (now.isNegative()) report(`${order.clientOrderId} leaves ${order.uid} with ${now.toString()} ${symbol}`, order.clientOrderId);
  }
  return found;
};
