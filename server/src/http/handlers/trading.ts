import { defaultActivityPerPage } from "@nod/contract/activity";
import { defaultOrdersPerPage } from "@nod/contract/operations";
import type { Handlers } from "../call.ts";
import { refuse } from "../call.ts";
import { readCursor, writeCursor } from "../order-cursor.ts";
import type { Services } from "../services.ts";

type TradingOperations = "listOrders" | "getOrderStory" | "listActivity" | "getActivityStory" | "getPerformance" | "listRuleStandings" | "listSnapshots" | "getPriceLine" | "getTradingStatus";

const noSuchCursor = refuse("validation_failed", { errors: [{ pointer: "/cursor", message: "is not a cursor that was handed out" }] });

export function tradingHandlers({ orders, activity, standings, market, trading, now }: Services): Pick<Handlers, TradingOperations> {
  return {
    async listOrders({ uid, query }) {
      const after = query.cursor === undefined ? null : readCursor(query.cursor);
      if (after === undefined) return noSuchCursor;
      const page = await orders.page(uid, after, query.limit ?? defaultOrdersPerPage);
      const last = page.orders.at(-1);
      return { kind: "reply", body: { orders: page.orders, next_cursor: page.hasMore && last !== undefined ? writeCursor(last.id) : null } };
    },

    async getOrderStory({ uid, params }) {
      const story = await orders.story(uid, params.id);
      return story === null ? refuse("not_found") : { kind: "reply", body: story };
    },

    async listActivity({ uid, query }) {
      const after = query.cursor === undefined ? null : readCursor(query.cursor);
      if (after === undefined) return noSuchCursor;
      const page = await activity.page(uid, query.show ?? "all", after, query.limit ?? defaultActivityPerPage);
      const last = page.entries.at(-1);
      return { kind: "reply", body: { entries: page.entries, next_cursor: page.hasMore && last !== undefined ? writeCursor(last.id) : null } };
    },

    async getActivityStory({ uid, params }) {
      const story = await activity.story(uid, params.id);
      return story === null ? refuse("not_found") : { kind: "reply", body: story };
    },

    getPerformance: async ({ uid, query }) => ({ kind: "reply", body: await standings.performance(uid, query.range ?? "1d") }),

    async listRuleStandings({ uid }) {
      const rules = await standings.rules(uid);
      return { kind: "reply", body: rules ?? { rules: [], server_time: (await now()).toISOString() } };
    },

    async listSnapshots({ query }) {
      const [snapshots, at] = await Promise.all([market.latest([...new Set(query.symbol.split(","))]), now()]);
      return { kind: "reply", body: { snapshots, server_time: at.toISOString() } };
    },

    async getPriceLine({ query }) {
      const [line, at] = await Promise.all([market.priceLine(query.symbol, query.feed ?? null), now()]);
      return { kind: "reply", body: { ...line, server_time: at.toISOString() } };
    },

    async getTradingStatus({ uid }) {
      return { kind: "reply", body: await trading.status(uid) };
    },
  };
}
