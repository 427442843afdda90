/** Lines of Nod: what it must do, hold, send, refuse and tell. Each waits until it is so. */
import { readTradingStatus } from "../../src/trading/portfolio/status.ts";
import { storyOfOrder } from "../../src/trading/audit/events-table.ts";
import { tellOrderStory } from "../../src/trading/audit/order-story.ts";
import { configSourceOf } from "../../src/trading/risk/config-source.ts";
import { testRiskSettings } from "../support/trading-floor.ts";
import { Mismatch } from "./mismatch.ts";
import type { Stage } from "./stage.ts";
import { eventually, given, ofLabel, orderOf, personOf, uidOf, type OrderSeen, type Said, type Step } from "./step.ts";

const which = String.raw`order(?: (?<label>[A-Z]))?`;
const forWhom = String.raw`(?: for (?<who>ann|bob))?`;

const inWords = (order: OrderSeen): string =>
  `order ${order.status}, filled ${order.filled_qty}${order.filled_avg_price === null ? "" : ` at ${order.filled_avg_price}`}${order.status_reason === null ? "" : `, because "${order.status_reason}"`}`;

const hasOrder: Step = {
  actor: "nod", form: 'has order [A] <status>[, filled 0.1[ at 100]][, because "…"]',
  pattern: new RegExp(String.raw`^has ${which} (?<status>[a-z_]+)(?:, filled (?<qty>[\d.]+)(?: at (?<price>[\d.]+))?)?(?:, because "(?<why>[^"]+)")?$`),
  run: (stage, said) =>
    eventually(stage, `order ${given(said, "status")}${said["qty"] === undefined ? "" : `, filled ${said["qty"]}`}${said["price"] === undefined ? "" : ` at ${said["price"]}`}${said["why"] === undefined ? "" : `, because "…${said["why"]}…"`}`, async () => {
      const order = await orderOf(stage, said["label"]);
      const { qty, price, why } = said;
      const holds =
        order.status === said["status"] && (qty === undefined || order.filled_qty === qty) && (price === undefined || order.filled_avg_price === price) && (why === undefined || (order.status_reason ?? "").includes(why));
      return { holds, seen: inWords(order) };
    }),
};

/** As the person is told it: by the status of the call, from the same statement. */
async function positionOf(stage: Stage, said: Said) {
  const deps = { configs: configSourceOf({ get: () => undefined }), settings: testRiskSettings, broker: "test" as const, nextLookAt: () => null };
  const { positions } = await readTradingStatus(stage.database.pool, uidOf(stage, said["who"]), deps);
  const position = positions.find(({ symbol }) => symbol === said["symbol"]);
  return { position, seen: position === undefined ? "nothing" : `${position.qty} at ${position.avg_entry_price}` };
}

const count = async (stage: Stage, text: string, values: unknown[]): Promise<number> => (await stage.database.ownerPool.query<{ n: number }>(text, values)).rows[0]?.n ?? 0;

const exactly = (stage: Stage, expected: number, what: string, read: () => Promise<number> | number): Promise<void> =>
  eventually(stage, `${expected} ${what}`, async () => {
    const seen = await read();
    return { holds: seen === expected, seen: String(seen) };
  });

const toldOf = (stage: Stage, who: string | undefined): Promise<number> =>
  count(stage, "select count(*)::int4 as n from user_outbox where firebase_uid = $1 and kind = 'trade_update'", [uidOf(stage, who)]);

async function isHalted(stage: Stage, who: string | undefined): Promise<boolean> {
  return (await count(stage, "select count(*)::int4 as n from kill_switches where firebase_uid = $1 and set_by = 'nod'", [uidOf(stage, who)])) === 1;
}

function postsOf(stage: Stage, order: OrderSeen): number {
  return stage.posted().filter((posted) => posted === order.client_order_id).length;
}

const expectCode = (stage: Stage, expected: string): void => {
  if (stage.last.code !== expected) throw new Mismatch(`expected a denial, ${expected}, but there is ${stage.last.code ?? "none"}`);
};

export const nodSteps: readonly Step[] = [
  hasOrder,
  {
    actor: "nod", form: "sends order [A]", pattern: new RegExp(`^sends ${which}$`),
    run: async (stage, said) => {
      const order = await orderOf(stage, said["label"]);
      const isOfIt = ({ body }: { body: string }): boolean => body.includes(order.client_order_id);
      await eventually(stage, "a POST of the order", () => Promise.resolve({ holds: stage.broker.waitingPosts.some(isOfIt), seen: "none" }));
    },
  },
  {
    actor: "nod", form: "has sent order [A] once|twice|never", pattern: new RegExp(`^has sent ${which} (?<times>once|twice|never)$`),
    run: async (stage, said) => {
      const order = await orderOf(stage, said["label"]);
      const times = said["times"] === "once" ? 1 : said["times"] === "twice" ? 2 : 0;
      await exactly(stage, times, "POSTs of the order", () => postsOf(stage, order));
    },
  },
  {
    actor: "nod", form: "has sent 2 orders in all", pattern: /^has sent (?<times>\d+) orders? in all$/,
    run: (stage, said) => exactly(stage, Number(said["times"]), "client order ids that were POSTed", () => new Set(stage.posted()).size),
  },
  {
    actor: "nod", form: "sends a sale of 0.1 of SPY of its own [as A]", pattern: /^sends a sale of (?<qty>[\d.]+) of (?<symbol>[A-Z]+) of its own(?: as (?<label>[A-Z]))?$/,
    run: async (stage, said) => {
      const isIt = ({ body }: { body: string }): boolean => {
        const posted = JSON.parse(body) as Record<string, unknown>;
        return posted["side"] === "sell" && posted["symbol"] === said["symbol"] && posted["qty"] === said["qty"];
      };
      await eventually(stage, "a POST of that sale", () => Promise.resolve({ holds: stage.broker.waitingPosts.some(isIt), seen: stage.broker.waitingPosts.map(({ body }) => body).join(" ") || "none" }));
      const clientOrderId = (JSON.parse(stage.broker.waitingPosts.find(isIt)?.body ?? "{}") as Record<string, string>)["client_order_id"];
      const { rows } = await stage.database.ownerPool.query<{ id: string }>("select id from trade_orders where client_order_id = $1", [clientOrderId]);
      for (const label of ["", said["label"] ?? ""]) stage.orders.set(label, rows[0]?.id ?? "");
    },
  },
  {
    actor: "nod", form: "looks for order [A]", pattern: new RegExp(`^looks for ${which}$`),
    run: async (stage, said) => {
      const { client_order_id: id } = await orderOf(stage, said["label"]);
      const looked = (): number => stage.broker.lookups.filter((each) => each === id).length;
      const before = looked();
      // The second of them began after this line did.
      await eventually(stage, "two look-ups more", () => Promise.resolve({ holds: looked() >= before + 2, seen: `${looked() - before}` }));
    },
  },
  { actor: "nod", form: "asks to cancel the order [of A]", pattern: new RegExp(`^asks to cancel the order${ofLabel}$`), run: (stage) => eventually(stage, "a DELETE", () => Promise.resolve({ holds: stage.broker.waitingDeletes.length > 0, seen: "none" })) },
  {
    actor: "nod", form: "holds 0.1 of SPY[ at 100][ for ann]", pattern: new RegExp(String.raw`^holds (?<qty>[\d.]+) of (?<symbol>[A-Z]+)(?: at (?<price>[\d.]+))?${forWhom}$`),
    run: (stage, said) =>
      eventually(stage, `${said["qty"] ?? ""} of ${said["symbol"] ?? ""}${said["price"] === undefined ? "" : ` at ${said["price"]}`}`, async () => {
        const { position, seen } = await positionOf(stage, said);
        return { holds: position?.qty === said["qty"] && (said["price"] === undefined || position?.avg_entry_price === said["price"]), seen };
      }),
  },
  {
    actor: "nod", form: "holds nothing of SPY[ for ann]", pattern: new RegExp(`^holds nothing of (?<symbol>[A-Z]+)${forWhom}$`),
    run: (stage, said) =>
      eventually(stage, `nothing of ${said["symbol"] ?? ""}`, async () => {
        const { position, seen } = await positionOf(stage, said);
        return { holds: position === undefined, seen };
      }),
  },
  {
    actor: "nod", form: "has kept 2 executions[ of A]", pattern: new RegExp(`^has kept (?<n>\\d+) executions?${ofLabel}$`),
    run: async (stage, said) => {
      const { id } = await orderOf(stage, said["label"]);
      await exactly(stage, Number(said["n"]), "executions", () => count(stage, "select count(*)::int4 as n from fills where order_id = $1", [id]));
    },
  },
  { actor: "nod", form: "makes no order, because <code>", pattern: /^makes no order, because (?<code>[a-z_0-9]+)$/, run: (stage, said) => Promise.resolve(expectCode(stage, given(said, "code"))) },
  {
    actor: "nod", form: 'refuses, because "…"', pattern: /^refuses, because "(?<why>[^"]+)"$/,
    run: (stage, said) => {
      if (stage.last.refusal?.includes(given(said, "why")) !== true) throw new Mismatch(`expected a refusal, "…${given(said, "why")}…", but there is ${stage.last.refusal ?? "none"}`);
      return Promise.resolve();
    },
  },
  { actor: "nod", form: "halts ann", pattern: /^halts (?<who>ann|bob)$/, run: (stage, said) => eventually(stage, "a halt", async () => ({ holds: await isHalted(stage, said["who"]), seen: "none" })) },
  {
    actor: "nod", form: "has halted nobody", pattern: /^has halted nobody$/,
    run: (stage) => eventually(stage, "nobody halted", async () => ({ holds: !(await isHalted(stage, "ann")) && !(await isHalted(stage, "bob")), seen: "somebody" })),
  },
  {
    actor: "nod", form: "tells ann", pattern: /^tells (?<who>ann|bob)$/,
    run: async (stage, said) => {
      const person = personOf(said["who"]);
      await eventually(stage, "news for its user", async () => {
        const now = await toldOf(stage, person);
        const holds = now > (stage.told.get(person) ?? 0);
        if (holds) stage.told.set(person, now);
        return { holds, seen: "none since the line before" };
      });
    },
  },
  {
    actor: "nod", form: "has nothing new for ann", pattern: /^has nothing new for (?<who>ann|bob)$/,
    run: async (stage, said) => {
      const person = personOf(said["who"]);
      const now = await toldOf(stage, person);
      if (now !== (stage.told.get(person) ?? 0)) throw new Mismatch(`expected no news, but there are ${now - (stage.told.get(person) ?? 0)}`);
    },
  },
  {
    actor: "nod", form: 'says in the story[ of A]: "…"', pattern: new RegExp(`^says in the story${ofLabel}: "(?<text>[^"]+)"$`),
    run: async (stage, said) => {
      const { id } = await orderOf(stage, said["label"]);
      const { rows } = await stage.database.ownerPool.query<{ uid: string }>("select firebase_uid as uid from trade_orders where id = $1", [id]);
      await eventually(stage, `"${given(said, "text")}" in the story`, async () => {
        const story = tellOrderStory(null, await storyOfOrder(stage.database.pool, rows[0]?.uid ?? "", id)).map(({ text }) => text);
        return { holds: story.some((text) => text.includes(given(said, "text"))), seen: story.join(" | ") };
      });
    },
  },
  {
    actor: "nod", form: "compares the books", pattern: /^compares the books$/,
    run: async (stage) => {
      if (!(await stage.compare())) throw new Mismatch("the books could not be compared");
    },
  },
  {
    actor: "nod", form: "cannot compare the books", pattern: /^cannot compare the books$/,
    run: async (stage) => {
      if (await stage.compare()) throw new Mismatch("the books were compared");
    },
  },
];
