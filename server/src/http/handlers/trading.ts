import { defaultOrdersPerPage } from "@nod/contract/operations";
import type { Handlers } from "../call.ts";
import { refuse } from "../call.ts";
import { readCursor, writeCursor } from "../order-cursor.ts";
import type { Services } from "../services.ts";

type TradingOperations = "getTradingConfig" | "putTradingConfig" | "listOrders" | "getOrderStory" | "listSnapshots" | "getPriceLine" | "getTradingStatus";

export function tradingHandlers({ configs, orders, market, trading, now }: Services): Pick<Handlers, TradingOperations> {
  return {
    async getTradingConfig({ uid }) {
      const outcome = await configs.read(uid);
      if (outcome.kind === "in_force") return { kind: "reply", body: outcome.config, revision: outcome.config.revision };
      return refuse("validation_failed", {
        errors: outcome.errors,
        revision: outcome.revision,
        detail: "The stored config no longer makes sense, and nothing of it is in force. Put a new document in its place.",
      });
    },

    async putTradingConfig({ uid, body, ifMatch }) {
      const outcome = await configs.replace(uid, body, ifMatch);
      switch (outcome.kind) {
        case "replaced":
          return { kind: "reply", body: outcome.config, revision: outcome.config.revision };
        case "invalid":
          return refuse("validation_failed", { errors: outcome.errors });
        case "conflict":
          return refuse("revision_conflict", { revision: outcome.revision, detail: "The config was changed since it was read. Read it again; nothing was stored." });
      }
    },

    async listOrders({ uid, query }) {
      const after = query.cursor === undefined ? null : readCursor(query.cursor);
      if (after === undefined) return refuse("validation_failed", { errors: [{ pointer: "/cursor", message: "is not a cursor that was handed out" }] });
      const page = await orders.page(uid, after, query.limit ?? defaultOrdersPerPage);
      const last = page.orders.at(-1);
      return { kind: "reply", body: { orders: page.orders, next_cursor: page.hasMore && last !== undefined ? writeCursor(last.id) : null } };
    },

    async getOrderStory({ uid, params }) {
      const story = await orders.story(uid, params.id);
      return story === null ? refuse("not_found") : { kind: "reply", body: story };
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
