import { Decimal } from "decimal.js";
import type { Evidence, OrderRow } from "../evidence.ts";
import type { Recorded } from "../timeline.ts";
import { violationsOf, type Law } from "../violation.ts";
import { amountOf, readBody } from "./one-order.ts";

type Limits = {
  ordersPerDay: number; notionalPer4h: number; largest: number; smallest: number; ordersPerMinute: number; cooldownMs: number; sameAgainMs: number;
  watchlist: Set<string>; blocklist: Set<string>; enabled: boolean;
};
/** An order that took up a place in the limits: it is at the broker, who did not refuse it. */
type Counted = { order: OrderRow; approved: Recorded; notional: Decimal; session: string };

const windowMs = 4 * 3_600_000;
/** A document counts as in force from its event on, and until then the one before may: its commit came a moment later. */
const documentGraceMs = 1_000;

/**
 * Orders a day, dollars in any four hours, sizes, speed, lists and the operator's caps, all counted anew from the broker's
 * book. An exit passes every limit; it still takes up its place in them.
 */
export const guardrailsHold: Law = (evidence) => {
  const { found, report } = violationsOf("no guardrail is exceeded");
  const counted = countedOrders(evidence);
  for (const each of counted) {
    if (each.order.side === "sell") continue;
    const { clientOrderId, uid } = each.order;
    for (const excess of [...ownLimits(evidence, each, counted), ...operatorsCaps(evidence, each, counted)]) report(`${clientOrderId} of ${uid}: ${excess}`, clientOrderId);
  }
  return found;
};

const minuteMs = 60_000;

function ownLimits(evidence: Evidence, each: Counted, counted: readonly Counted[]): string[] {
  const { order, notional, session } = each;
  const limits = limitsInForce(evidence, each);
  const { ofTheDay, inFourHours, within } = usageAt(evidence, each, counted);
  const asked = amountOf(evidence, order) ?? notional;
  const ofTheSymbol = (ms: number): Counted[] => within(ms).filter((other) => other !== each && other.order.symbol === order.symbol);
  const excesses: [boolean, string][] = [
    [ofTheDay > limits.ordersPerDay, `it is number ${ofTheDay} of ${session}, ${limits.ordersPerDay} are allowed`],
    [inFourHours.greaterThan(limits.notionalPer4h), `it makes $${inFourHours.toString()} in four hours, $${limits.notionalPer4h} are allowed`],
    [!limits.watchlist.has(order.symbol), `${order.symbol} is not on the watchlist`],
    [limits.blocklist.has(order.symbol), `${order.symbol} is on the blocklist`],
    [!limits.enabled, "trading is switched off in the config"],
    [asked.greaterThan(limits.largest), `$${asked.toString()} is above the user's largest order of $${limits.largest}`],
    [asked.lessThan(limits.smallest), `$${asked.toString()} is below the user's smallest order of $${limits.smallest}`],
    [within(minuteMs).length > limits.ordersPerMinute, `it is number ${within(minuteMs).length} of its minute, ${limits.ordersPerMinute} are allowed`],
    [ofTheSymbol(limits.cooldownMs).length > 0, `${order.symbol} was cooling down for ${limits.cooldownMs / 1_000} s`],
    [ofTheSymbol(limits.sameAgainMs).some((other) => other.order.side === "buy" && other.notional.equals(notional)), `the same was bought less than ${limits.sameAgainMs / 1_000} s before`],
  ];
  return excesses.filter(([isExceeded]) => isExceeded).map(([, what]) => what);
}

function operatorsCaps(evidence: Evidence, each: Counted, counted: readonly Counted[]): string[] {
  const { caps } = evidence;
  if (caps === null) return [];
  const { ofTheDay, inFourHours } = usageAt(evidence, each, counted);
  const excesses: [boolean, string][] = [
    [each.notional.greaterThan(caps.maxOrderNotional), `$${each.notional.toString()} is above the operator's cap of $${caps.maxOrderNotional}`],
    [ofTheDay > caps.maxOrdersPerDay, `it is number ${ofTheDay} of ${each.session}, the operator allows ${caps.maxOrdersPerDay}`],
    [inFourHours.greaterThan(caps.maxNotionalPer4h), `it makes $${inFourHours.toString()} in four hours, the operator allows $${caps.maxNotionalPer4h}`],
  ];
  return excesses.filter(([isExceeded]) => isExceeded).map(([, what]) => what);
}

/** What the user's orders had taken up with this one. Windows are shorter by what the clock was set back: so much is certain. */
function usageAt({ timeline }: Evidence, { order, approved, session }: Counted, counted: readonly Counted[]) {
  const before = counted.filter((each) => each.order.uid === order.uid && each.approved.n <= approved.n);
  const within = (ms: number): Counted[] => {
    const least = order.createdMs - ms + timeline.setBackMs;
    return ms === 0 ? [] : before.filter(({ order: { createdMs } }) => least < createdMs && createdMs <= order.createdMs + timeline.setBackMs);
  };
  return {
    ofTheDay: before.filter((each) => each.session === session).length,
    inFourHours: within(windowMs).reduce((sum, each) => sum.plus(each.notional), new Decimal(0)),
    within,
  };
}

/** Late adoptions are left out: an order that was given up as not placed, and turned up all the same, was no longer counted. */
function countedOrders({ orders, events, book, sessions, timeline }: Evidence): Counted[] {
  const postOf = new Map(book.posts.map((post) => [post.clientOrderId, post]));
  const refused = new Set(book.accounts.flatMap((account) => account.orders).filter(({ status }) => status === "rejected").map((order) => order.client_order_id));
  // What the broker takes back gives room back, at a moment of its own.
  const amended = new Set(book.accounts.flatMap((account) => account.executions).filter(({ kind }) => kind !== "fill").map(({ orderId }) => orderId));
  const givenUp = new Set(events.filter(({ kind }) => kind === "order_not_placed" || kind === "order_rejected").map(({ orderId }) => orderId));
  return orders.flatMap((order) => {
    const post = postOf.get(order.clientOrderId);
    if (post === undefined || refused.has(order.clientOrderId) || givenUp.has(order.id)) return [];
    const { notional } = readBody(post.rawBody);
    const approved = events.find(({ kind, orderId }) => kind === "intent_proposed" && orderId === order.id) ?? { n: 0, atMs: order.createdMs };
    const brokerMs = timeline.brokerFromNatural(timeline.naturalOf(approved));
    const session = sessions.find(({ opensMs, closesMs }) => opensMs <= brokerMs && brokerMs < closesMs)?.date ?? order.tradingDay;
    return [{ order, approved, notional: new Decimal(amended.has(post.orderId) ? 0 : (notional ?? order.reserved)), session }];
  });
}

/** The most that any document allows that may have been in force when the order was approved. */
function limitsInForce({ documents, timeline }: Evidence, { order, approved }: Counted): Limits {
  const own = documents.filter(({ uid, n }) => uid === order.uid && n <= approved.n);
  const isSettled = (document: Recorded): boolean => timeline.naturalOf(document) <= timeline.naturalOf(approved) - documentGraceMs;
  const settled = own.findLast(isSettled);
  const possible = own.filter((each) => each === settled || !isSettled(each)).map(({ template, own: document }) => limitsOf(template, document));
  const blocked = possible.map(({ blocklist }) => blocklist);
  return {
    ordersPerDay: Math.max(...possible.map((each) => each.ordersPerDay)),
    notionalPer4h: Math.max(...possible.map((each) => each.notionalPer4h)),
    largest: Math.max(...possible.map((each) => each.largest)),
    smallest: Math.min(...possible.map((each) => each.smallest)),
    ordersPerMinute: Math.max(...possible.map((each) => each.ordersPerMinute)),
    cooldownMs: Math.min(...possible.map((each) => each.cooldownMs)),
    sameAgainMs: Math.min(...possible.map((each) => each.sameAgainMs)),
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
    ordersPerMinute: amount("max_orders_per_minute", Infinity),
    cooldownMs: amount("symbol_cooldown_seconds", 0) * 1_000,
    sameAgainMs: amount("duplicate_intent_window_seconds", 0) * 1_000,
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

/** One account serves all users: nobody sells what another has bought. What the broker took back of it afterwards is nobody's fault. */
export const nobodySellsMoreThanHeHolds: Law = ({ book, orders }) => {
  const { found, report } = violationsOf("nobody sells more than he holds");
  const orderOf = new Map(orders.map((order) => [order.brokerOrderId, order]));
  const held = new Map<string, Decimal>();
  const executions = book.accounts.flatMap((account) => account.executions);
  const keyOf = ({ uid, symbol }: OrderRow): string => `${uid} ${symbol}`;
  const amended = new Set(executions.filter(({ kind }) => kind !== "fill").flatMap(({ orderId }) => orderOf.get(orderId) ?? []).map(keyOf));
  for (const { orderId, symbol, side, qty } of executions.filter(({ kind }) => kind === "fill").toSorted((a, b) => a.atMs - b.atMs)) {
    const order = orderOf.get(orderId);
    if (order === undefined || amended.has(keyOf(order))) continue;
    const now = (held.get(keyOf(order)) ?? new Decimal(0)).plus(side === "buy" ? qty : `-${qty}`);
    held.set(keyOf(order), now);
    if (now.isNegative()) report(`${order.clientOrderId} leaves ${order.uid} with ${now.toString()} ${symbol}`, order.clientOrderId);
  }
  return found;
};
