import type { Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import { describeQuestion, openQuestions, questionsByIds } from "../pipeline/questions-table.ts";
import { undoAnswer } from "../pipeline/undo.ts";
import type { QuestionsHubSettings } from "../realtime/questions-hub.ts";
import { storyOfOrder } from "../trading/audit/events-table.ts";
import { tellOrderStory } from "../trading/audit/order-story.ts";
import { ensureUser } from "../trading/config/config-table.ts";
import { readUserConfig, saveOwnConfig, toConfigResponse } from "../trading/config/user-config.ts";
import { readLatestFactsOf, toSnapshot } from "../trading/market/facts-table.ts";
import { readPriceLine } from "../trading/market/price-line-table.ts";
import { describeOrder } from "../trading/orders/order-record.ts";
import { listOrders, orderById } from "../trading/orders/orders-table.ts";
import { previewKillSwitch } from "../trading/portfolio/kill-switch-preview.ts";
import { clearKillSwitch, setKillSwitch } from "../trading/risk/kill-switch-table.ts";
import type { Configs, MarketReads, OrderReads, QuestionReads, Services, Trading } from "./services.ts";

/** What the routes do that is a matter of the tables alone. */
export type TableServices = Pick<Services, "questions" | "undo" | "configs" | "orders" | "market" | "ensureUser" | "now"> & { killSwitches: Pick<Trading, "switchOn" | "switchOff" | "preview"> };

/** The routes' services on the tables; the rest (answers, status, readiness, sign-in) comes from `main.ts`. */
export function createTableServices(pool: Pool): TableServices {
  return {
    questions: questionsOf(pool),
    undo: (uid, questionId, requestId) => undoAnswer(pool, uid, questionId, { via: "http", requestId }),
    configs: configsOf(pool),
    orders: ordersOf(pool),
    market: marketOf(pool),
    killSwitches: killSwitchesOf(pool),
    ensureUser: (uid) => ensureUser(pool, uid),
    now: async () => {
      const { rows } = await pool.query<{ now: Date }>({ name: "database-now", text: "select clock_timestamp() as now" });
      if (rows[0] === undefined) throw new Error("a select without a condition returned no row");
      return rows[0].now;
    },
  };
}

/** As many as a config may allow (`max_open_questions`). */
const maxOpenQuestions = 100;

function questionsOf(pool: Pool): QuestionReads {
  return {
    open: async (uid) => (await openQuestions(pool, uid, maxOpenQuestions)).map(describeQuestion),
    one: async (uid, questionId) => {
      const found = (await questionsByIds(pool, [questionId])).find((question) => question.firebaseUid === uid);
      return found === undefined ? null : describeQuestion(found);
    },
  };
}

/** The hub's reads: it stands beside the pipeline and does not know it. */
export function createHubReads(pool: Pool): Pick<QuestionsHubSettings, "readQuestions" | "readOpenQuestions"> {
  return {
    readQuestions: async (ids) => (await questionsByIds(pool, ids)).map((question) => ({ firebaseUid: question.firebaseUid, question: describeQuestion(question) })),
    readOpenQuestions: questionsOf(pool).open,
  };
}

/** A user who is signed in has a config; only a user who was removed this very moment has none. */
const configMissing = (): Error => new Error("the user has no config although he was made sure to have one");

function configsOf(pool: Pool): Configs {
  return {
    async read(uid) {
      const config = await readUserConfig(pool, uid);
      if (config === null) throw configMissing();
      return config.kind === "broken" ? config : { kind: "in_force", config: toConfigResponse(config) };
    },
    async replace(uid, own, expectedRevision) {
      const outcome = await saveOwnConfig(pool, uid, own, expectedRevision);
      if (outcome.kind === "not_found") throw configMissing();
      return outcome.kind === "saved" ? { kind: "replaced", config: toConfigResponse(outcome.config) } : outcome;
    },
  };
}

function ordersOf(pool: Pool): OrderReads {
  return {
    async page(uid, afterOrderId, limit) {
      const orders = await listOrders(pool, uid, { limit: limit + 1, before: afterOrderId });
      return { orders: orders.slice(0, limit).map(describeOrder), hasMore: orders.length > limit };
    },
    async story(uid, orderId) {
      const [order, events] = await Promise.all([orderById(pool, uid, orderId), storyOfOrder(pool, uid, orderId)]);
      if (order === null) return null;
      const [question] = order.questionId === null ? [] : await questionsByIds(pool, [order.questionId]);
      return { order: describeOrder(order), story: tellOrderStory(question ?? null, events) };
    },
  };
}

function marketOf(pool: Pool): MarketReads {
  return {
    latest: async (symbols) => (await readLatestFactsOf(pool, symbols)).map(toSnapshot),
    priceLine: (symbol, feed) => readPriceLine(pool, symbol, feed),
  };
}

function killSwitchesOf(pool: Pool): TableServices["killSwitches"] {
  return {
    switchOn: (scope, wish) => withTransaction(pool, (tx) => setKillSwitch(tx, scope, wish)),
    switchOff: (scope, clearedBy) => withTransaction(pool, (tx) => clearKillSwitch(tx, scope, clearedBy)),
    preview: (scope, mode) => previewKillSwitch(pool, scope, mode),
  };
}
