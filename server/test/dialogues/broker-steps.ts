/** Lines of the broker: what it answers, what it tells on its stream, and what it does without telling. */
import { type PostedOrder, type TradeUpdate, type WireOrder } from "./wire-book.ts";
import type { Waiting } from "./wire-broker.ts";
import { Mismatch } from "./mismatch.ts";
import type { Stage } from "./stage.ts";
import { eventually, given, nextOf, ofLabel, orderOf, type Said, type Step } from "./step.ts";

const having = String.raw`(?:, having (?<placed>placed it|placed nothing))?`;

const errorCodes: Readonly<Record<string, number>> = { 403: 40310000, 404: 40410000, 422: 42210000, 429: 42910000 };

async function postOf(stage: Stage, said: Said): Promise<{ waiting: Waiting; posted: PostedOrder }> {
  const { client_order_id: id } = said["label"] === undefined ? { client_order_id: null } : await orderOf(stage, said["label"]);
  const isOfIt = ({ body }: Waiting): boolean => id === null || (JSON.parse(body) as PostedOrder).client_order_id === id;
  const waiting = await nextOf(stage, stage.broker.waitingPosts, "a POST that waits to be answered", isOfIt);
  return { waiting, posted: JSON.parse(waiting.body) as PostedOrder };
}

/** An answer that says nothing of the order: whether it was placed is the line's other half. */
const unclear = (form: string, pattern: string, reply: (waiting: Waiting, said: Said) => void): Step => ({
  actor: "broker", form: `${form}[, having placed it]`, pattern: new RegExp(`^${pattern}${ofLabel}${having}$`),
  run: async (stage, said) => {
    const { waiting, posted } = await postOf(stage, said);
    if (said["placed"] === "placed it") stage.broker.book.place(posted);
    reply(waiting, said);
  },
});

async function wireOrder(stage: Stage, label: string | undefined): Promise<WireOrder> {
  const { client_order_id: id } = await orderOf(stage, label);
  const order = stage.broker.book.orders.get(id);
  if (order === undefined) throw new Mismatch("the broker has no such order");
  return order;
}

/** Sends it, unless it is done quietly, and waits until Nod has taken it in. */
async function tell(stage: Stage, said: Said, update: TradeUpdate): Promise<void> {
  if (said["quietly"] !== undefined) return;
  await eventually(stage, "a stream that is listened to", () => Promise.resolve({ holds: stage.broker.listeners() === 1, seen: "none" }));
  const before = stage.taken;
  stage.broker.tell(update);
  await eventually(stage, "the message to be taken in", () => Promise.resolve({ holds: stage.taken > before || stage.failures.length > 0, seen: "no sign of it" }));
}

const streams = String.raw`(?:(?<quietly>quietly) )?`;
const atPrice = String.raw`(?<qty>[\d.]+) at (?<price>[\d.]+) as (?<id>\w+)`;

const foreign = (): TradeUpdate => {
  const order: WireOrder = { id: crypto.randomUUID(), client_order_id: `by-hand-${crypto.randomUUID()}`, symbol: "SPY", side: "buy", type: "market", qty: "3", notional: null, status: "filled", filled_qty: "3", filled_avg_price: "100", updated_at: new Date().toISOString() };
  return { event: "fill", timestamp: new Date().toISOString(), execution_id: crypto.randomUUID(), price: "100", qty: "3", order };
};

/** What the broker is made to hold under the order's id instead of it. */
const other = (what: string): Partial<WireOrder> => {
  if (what === "symbol") return { symbol: "MSFT" };
  if (what === "side") return { side: "sell" };
  return { notional: "11" };
};

const post = (stage: Stage, clientOrderId: string): PostedOrder => {
  const posted = stage.broker.posts.findLast((each) => each.client_order_id === clientOrderId);
  if (posted === undefined) throw new Mismatch("the order was never POSTed");
  return posted;
};

export const brokerSteps: readonly Step[] = [
  {
    actor: "broker", form: "answers POST 200 <status> [of A]", pattern: new RegExp(`^answers POST 200 (?<status>[a-z_]+)${ofLabel}$`),
    run: async (stage, said) => {
      const { waiting, posted } = await postOf(stage, said);
      const { orders, place } = stage.broker.book;
      const before = orders.get(posted.client_order_id);
      // An answer that was under way while the stream told more: as the order was when it was placed.
      const status = given(said, "status");
      waiting.reply(200, before === undefined ? place(posted, { status }) : { ...before, status, filled_qty: "0", filled_avg_price: null, updated_at: before["created_at"] });
    },
  },
  {
    actor: "broker", form: "answers POST 200 filled 0.1 at 100 as e1", pattern: new RegExp(`^answers POST 200 filled ${atPrice}${ofLabel}$`),
    run: async (stage, said) => {
      const { waiting, posted } = await postOf(stage, said);
      const { order } = stage.broker.book.execute(stage.broker.book.place(posted), { qty: given(said, "qty"), price: given(said, "price"), label: given(said, "id"), status: "filled" });
      waiting.reply(200, order);
    },
  },
  {
    actor: "broker", form: "answers POST 200 about another order", pattern: /^answers POST 200 about another order$/,
    run: async (stage, said) => {
      const { waiting, posted } = await postOf(stage, said);
      const ours = stage.broker.book.place(posted);
      waiting.reply(200, { ...ours, id: crypto.randomUUID(), client_order_id: "somebody-elses" });
    },
  },
  unclear('answers POST 4xx|5xx "message" [of A]', String.raw`answers POST (?<code>[45]\d\d) "(?<message>[^"]*)"`, (waiting, said) => {
    const status = Number(said["code"]);
    waiting.reply(status, { code: errorCodes[status] ?? 50010000, message: given(said, "message") });
  }),
  unclear("answers POST with nothing", "answers POST with nothing", ({ replyRaw }) => replyRaw("")),
  unclear("answers POST with garbage", "answers POST with garbage", ({ replyRaw }) => replyRaw('{"id": "a1b2", "client_or')),
  unclear("answers POST with an empty object", "answers POST with an empty object", ({ replyRaw }) => replyRaw("{}")),
  unclear("resets the connection of POST", "resets the connection of POST", ({ reset }) => reset()),
  unclear("never answers POST", "never answers POST", () => undefined),
  {
    actor: "broker", form: "has the order after all [of A]", pattern: new RegExp(`^has the order after all${ofLabel}$`),
    run: async (stage, said) => {
      const { client_order_id: id } = await orderOf(stage, said["label"]);
      stage.broker.book.hidden.delete(id);
      if (!stage.broker.book.orders.has(id)) stage.broker.book.place(post(stage, id));
    },
  },
  {
    actor: "broker", form: "does not show the order yet", pattern: new RegExp(`^does not show the order yet${ofLabel}$`),
    run: async (stage, said) => void stage.broker.book.hidden.add((await orderOf(stage, said["label"])).client_order_id),
  },
  {
    actor: "broker", form: "holds another symbol|side|size under its id", pattern: /^holds another (?<what>symbol|side|size) under its id$/,
    run: async (stage, said) => {
      const { client_order_id: id } = await orderOf(stage, undefined);
      stage.broker.book.place(post(stage, id), other(given(said, "what")));
    },
  },
  {
    actor: "broker", form: "answers DELETE 204|404|422|500 [of A]", pattern: new RegExp(`^answers DELETE (?<code>204|404|422|500)${ofLabel}$`),
    run: async (stage, said) => {
      const order = await wireOrder(stage, said["label"]);
      const waiting = await nextOf(stage, stage.broker.waitingDeletes, "a DELETE of the order", ({ url }) => url.endsWith(order.id));
      const code = Number(said["code"]);
      if (code === 204) stage.broker.book.change(order, "pending_cancel", "pending_cancel", undefined);
      waiting.reply(code, code === 204 ? undefined : { code: errorCodes[code] ?? 50010000, message: "order is not cancelable" });
    },
  },
  {
    actor: "broker", form: "[quietly] streams <status>[, with 0.02 filled] [of A] [as m1]", pattern: new RegExp(`^${streams}streams (?!fill\\b|partial_fill\\b|bust\\b|an\\b|again\\b)(?<status>[a-z][a-z_]*[a-z])(?:, with (?<filled>[\\d.]+) filled)?${ofLabel}(?: as (?<id>\\w+))?$`),
    run: async (stage, said) => {
      const status = given(said, "status");
      const update = stage.broker.book.change(await wireOrder(stage, said["label"]), status, status, said["id"]);
      await tell(stage, said, said["filled"] === undefined ? update : { ...update, order: { ...update.order, filled_qty: said["filled"] } });
    },
  },
  {
    actor: "broker", form: "[quietly] streams fill|partial_fill 0.1 at 100 as e1 [of A]", pattern: new RegExp(`^${streams}streams (?<kind>fill|partial_fill) ${atPrice}(?:, staying (?<stays>[a-z_]+))?${ofLabel}$`),
    run: async (stage, said) => {
      const status = said["stays"] ?? (said["kind"] === "fill" ? "filled" : "partially_filled");
      await tell(stage, said, stage.broker.book.execute(await wireOrder(stage, said["label"]), { qty: given(said, "qty"), price: given(said, "price"), label: given(said, "id"), status }));
    },
  },
  {
    actor: "broker", form: "[quietly] busts e1 as b1[, leaving it <status>][, without naming it][, in no activity]",
    pattern: new RegExp(`^${streams}busts (?<what>\\w+) as (?<id>\\w+)(?:, leaving it (?<status>[a-z_]+))?(?<unnamed>, without naming it)?(?<unlisted>, in no activity)?$`),
    run: (stage, said) => tell(stage, said, stage.broker.book.amend(given(said, "what"), { as: given(said, "id"), instead: null, status: said["status"], names: said["unnamed"] === undefined, lists: said["unlisted"] === undefined })),
  },
  {
    actor: "broker", form: "[quietly] corrects e1 to 0.1 at 99 as c1[, leaving it <status>][, without naming it]",
    pattern: new RegExp(`^${streams}corrects (?<what>\\w+) to ${atPrice}(?:, leaving it (?<status>[a-z_]+))?(?<unnamed>, without naming it)?$`),
    run: (stage, said) =>
      tell(stage, said, stage.broker.book.amend(given(said, "what"), { as: given(said, "id"), instead: { qty: given(said, "qty"), price: given(said, "price") }, status: said["status"], names: said["unnamed"] === undefined, lists: true })),
  },
  { actor: "broker", form: "tells e1 [again]", pattern: /^tells (?<id>\w+)(?: again)?$/, run: (stage, said) => tell(stage, said, stage.broker.book.message(given(said, "id"))) },
  { actor: "broker", form: "tells of an order that nobody here placed", pattern: /^tells of an order that nobody here placed$/, run: (stage, said) => tell(stage, said, foreign()) },
  {
    actor: "broker", form: "cuts the stream", pattern: /^cuts the stream$/,
    run: async (stage) => {
      stage.broker.cutStream(true);
      await eventually(stage, "a stream that is cut", () => Promise.resolve({ holds: stage.broker.listeners() === 0, seen: "one that is not" }));
    },
  },
  {
    actor: "broker", form: "lets the stream in again", pattern: /^lets the stream in again$/,
    run: async (stage) => {
      const before = stage.connects();
      stage.broker.letIn();
      await eventually(stage, "a stream that is back, and books that are compared", () => Promise.resolve({ holds: stage.connects() > before && stage.isReady(), seen: "neither or one of them" }));
    },
  },
  { actor: "broker", form: "does the next thing in the same moment", pattern: /^does the next thing in the same moment$/, run: (stage) => Promise.resolve(stage.broker.book.stopClockOnce()) },
  { actor: "broker", form: "cannot be read", pattern: /^cannot be read$/, run: (stage) => Promise.resolve(void (stage.broker.isDown = true)) },
  { actor: "broker", form: "can be read again", pattern: /^can be read again$/, run: (stage) => Promise.resolve(void (stage.broker.isDown = false)) },
];
