import type { Db, Pool } from "../db/pool.ts";
import { asUser, dbOfUser } from "../db/user-db.ts";
import { withTransaction } from "../db/transaction.ts";
import { listActivity, oneActivity } from "../pipeline/activity-table.ts";
import { describeQuestion, openQuestions, questionsByIds } from "../pipeline/questions-table.ts";
import { readRuleStandings } from "../pipeline/rule-standing-table.ts";
import { readSnoozes, snooze } from "../pipeline/snoozes-table.ts";
import { undoAnswer } from "../pipeline/undo.ts";
import { devicesOf, forgetDevice, releaseToken, rememberDevice } from "../push/devices-table.ts";
import type { QuestionsHubSettings } from "../realtime/questions-hub.ts";
import { archivedBefore, storyOfOrder, storyOfQuestion } from "../trading/audit/events-table.ts";
import { tellOrderStory } from "../trading/audit/order-story.ts";
import { ensureUser } from "../trading/config/config-table.ts";
import { readLatestFactsOf, toSnapshot } from "../trading/market/facts-table.ts";
import { readPriceLine } from "../trading/market/price-line-table.ts";
import { describeOrder } from "../trading/orders/order-record.ts";
import { listOrders, orderById } from "../trading/orders/orders-table.ts";
import { previewKillSwitch } from "../trading/portfolio/kill-switch-preview.ts";
import { readPerformance } from "../trading/portfolio/performance-table.ts";
import type { KillSwitchScope } from "../trading/risk/kill-switch-scope.ts";
import { clearKillSwitch, setKillSwitch } from "../trading/risk/kill-switch-table.ts";
import { configsOf } from "./config-services.ts";
import { previewsOf } from "./preview-services.ts";
import type { ActivityReads, Devices, MarketReads, OrderReads, QuestionReads, Services, SnoozeList, Standings, Trading } from "./services.ts";

/** What the routes do that is a matter of the tables alone. */
export type TableServices = Pick<Services, "questions" | "undo" | "configs" | "orders" | "activity" | "standings" | "devices" | "market" | "snoozes" | "previews" | "ensureUser" | "now"> & { killSwitches: Pick<Trading, "switchOn" | "switchOff" | "preview"> };

/**
 * The routes' services on the tables, each in its user's name; `workerPool` is for what an operator does to everybody. The
 * rest (answers, status, readiness, sign-in) comes from `main.ts`.
 */
export function createTableServices(pool: Pool, workerPool: Pool): TableServices {
  const now = (): Promise<Date> => databaseNow(pool);
  return {
    questions: questionsOf(pool),
    undo: (uid, questionId, requestId) => undoAnswer(pool, uid, questionId, { via: "http", requestId }),
    configs: configsOf(pool),
    orders: ordersOf(pool),
    activity: activityOf(pool),
    standings: standingsOf(pool),
    devices: devicesIn(pool, workerPool),
    market: marketOf(pool),
    snoozes: snoozesOf(pool),
    previews: previewsOf(pool, now),
    killSwitches: killSwitchesOf(pool, workerPool),
    ensureUser: (uid) => ensureUser(dbOfUser(pool, uid), uid),
    now,
  };
}

async function databaseNow(pool: Pool): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>({ name: "database-now", text: "select clock_timestamp() as now" });
  if (rows[0] === undefined) throw new Error("a select without a condition returned no row");
  return rows[0].now;
}

/** As many as a config may allow (`max_open_questions`). */
const maxOpenQuestions = 100;

function questionsOf(pool: Pool): QuestionReads {
  return {
    open: async (uid) => (await openQuestions(dbOfUser(pool, uid), uid, maxOpenQuestions)).map(describeQuestion),
    one: async (uid, questionId) => {
      const found = (await questionsByIds(dbOfUser(pool, uid), [questionId])).find((question) => question.firebaseUid === uid);
      return found === undefined ? null : describeQuestion(found);
    },
  };
}

/** The hub's reads: it stands beside the pipeline and does not know it. */
export function createHubReads(pool: Pool): Pick<QuestionsHubSettings, "dbOf" | "readQuestions" | "readOpenQuestions"> {
  return {
    dbOf: (uid) => dbOfUser(pool, uid),
    readQuestions: async (db, ids) => (await questionsByIds(db, ids)).map((question) => ({ firebaseUid: question.firebaseUid, question: describeQuestion(question) })),
    readOpenQuestions: questionsOf(pool).open,
  };
}

function ordersOf(pool: Pool): OrderReads {
  return {
    async page(uid, afterOrderId, limit) {
      const orders = await listOrders(dbOfUser(pool, uid), uid, { limit: limit + 1, before: afterOrderId });
      return { orders: orders.slice(0, limit).map(describeOrder), hasMore: orders.length > limit };
    },
    async story(uid, orderId) {
      const db = dbOfUser(pool, uid);
      const [order, events] = await Promise.all([orderById(db, uid, orderId), storyOfOrder(db, uid, orderId)]);
      if (order === null) return null;
      const [question] = order.questionId === null ? [] : await questionsByIds(db, [order.questionId]);
      return { order: describeOrder(order), story: tellOrderStory(question ?? null, events, await archivedBefore(db, question?.createdAt ?? order.createdAt)) };
    },
  };
}

function activityOf(pool: Pool): ActivityReads {
  return {
    async page(uid, show, afterId, limit) {
      const entries = await listActivity(dbOfUser(pool, uid), uid, { show, limit: limit + 1, before: afterId });
      return { entries: entries.slice(0, limit), hasMore: entries.length > limit };
    },
    async story(uid, id) {
      const db = dbOfUser(pool, uid);
      const entry = await oneActivity(db, uid, id);
      if (entry === null) return null;
      const { question } = entry;
      const gap = await archivedBefore(db, new Date(entry.at));
      if (question === null) return { entry, story: tellOrderStory(null, await storyOfOrder(db, uid, entry.id), gap) };
      const asked = { questionText: question.question_text, metadata: question.metadata, createdAt: new Date(question.created_at) };
      return { entry, story: tellOrderStory(asked, await storyOfQuestion(db, uid, entry.id), gap) };
    },
  };
}

function standingsOf(pool: Pool): Standings {
  return {
    performance: (uid, range) => readPerformance(dbOfUser(pool, uid), uid, range),
    rules: (uid) => readRuleStandings(dbOfUser(pool, uid), uid),
  };
}

/** Only the workers' role sees whose a push token was before, so it takes the token from him. */
function devicesIn(pool: Pool, workerPool: Pool): Devices {
  return {
    list: (uid) => devicesOf(dbOfUser(pool, uid), uid),
    async remember(uid, device) {
      if (typeof device.pushToken === "string") await releaseToken(workerPool, device.pushToken, { firebaseUid: uid, id: device.id });
      await rememberDevice(dbOfUser(pool, uid), uid, device);
    },
    forget: (uid, id) => forgetDevice(dbOfUser(pool, uid), uid, id),
  };
}

function marketOf(pool: Pool): MarketReads {
  return {
    latest: async (symbols) => (await readLatestFactsOf(pool, symbols)).map(toSnapshot),
    priceLine: (symbol, feed) => readPriceLine(pool, symbol, feed),
  };
}

function snoozesOf(pool: Pool): SnoozeList {
  return {
    list: (uid) => readSnoozes(dbOfUser(pool, uid), uid),
    set: async (uid, ruleId, time) => {
      const db = dbOfUser(pool, uid);
      await snooze(db, uid, ruleId, time);
      return readSnoozes(db, uid);
    },
  };
}

/** A user's switch is set in the user's name; one over everybody is nobody's, and the workers' role sets it. */
function killSwitchesOf(pool: Pool, workerPool: Pool): TableServices["killSwitches"] {
  const inTransaction = <Result>(scope: KillSwitchScope, work: (tx: Db) => Promise<Result>): Promise<Result> =>
    scope.scope === "user" ? withTransaction(pool, (tx) => asUser(tx, scope.firebaseUid, () => work(tx))) : withTransaction(workerPool, work);
  return {
    switchOn: (scope, wish) => inTransaction(scope, (tx) => setKillSwitch(tx, scope, wish)),
    switchOff: (scope, clearedBy) => inTransaction(scope, (tx) => clearKillSwitch(tx, scope, clearedBy)),
    preview: (scope, mode) => previewKillSwitch(scope.scope === "user" ? dbOfUser(pool, scope.firebaseUid) : workerPool, scope, mode),
  };
}
