/** A process's workers: everything that looks at the market, asks, sends and follows, each part with one owner over all processes. */
import { randomUUID } from "node:crypto";
import { createAnswers, type AnswerLinks } from "./answers.ts";
import { roomForOrders } from "./alpaca/request-budget.ts";
import { openBroker } from "./broker-ports.ts";
import type { Broker } from "./config.ts";
import { listen } from "./db/notify.ts";
import type { Foundation } from "./foundation.ts";
import type { AnswerService } from "./pipeline/answer.ts";
import { createFcmSender } from "./push/fcm-sender.ts";
import { startLooking, type Looking } from "./start-looking.ts";
import { budgetMetrics, gateMetrics } from "./telemetry/process.ts";
import { effectiveConfig } from "./trading/config/resolve.ts";
import { ordersChannel } from "./trading/orders/place-order.ts";
import { killSwitchChannel } from "./trading/risk/kill-switch-table.ts";
import type { ConfigSource } from "./trading/risk/risk-context-table.ts";
import { startAutoAnswers } from "./workers/answer-auto.ts";
import { listChores } from "./workers/chores-list.ts";
import { startScheduledChores } from "./workers/chores.ts";
import { startQuestionExpiry } from "./workers/expire-questions.ts";
import { createOrderDesk, type OrderDesk } from "./workers/order-desk.ts";
import type { RoomToSend } from "./workers/submit.ts";
import { startOwnedChore, type OwnedChoreSettings } from "./workers/owned-chore.ts";
import { startPushing } from "./workers/push-questions.ts";
import { failingStockFeeds, startHaltWatch } from "./workers/watch-halts.ts";

export type RunningWorker = AnswerLinks & {
  /** For the start block. */
  broker: string;
  /** When the market is next looked at by this process; null when it does not look. */
  nextLookAt(): Date | null;
  /** For readiness: whether orders are sent, by this process or by the one that it stands by for. */
  reconciled(): { ready: boolean; detail: string };
};

/** What was started is among the foundation's `stops`, also when a later step fails. */
export async function startWorker(base: Foundation, broker: Broker): Promise<RunningWorker> {
  const { config, database, logger, settings, stops, telemetry, workerPool } = base;
  const owner = `${process.pid}-${randomUUID()}`;
  const ports = await openBroker(broker, config.dataFolder, (reason) => logger.warn({ reason }, "prices came without their previous closes"));
  stops.add(() => ports.stop());
  const roomToSend = (): RoomToSend => {
    const budget = ports.budgets().find(({ host }) => host === "trading");
    return budget === undefined ? { any: Infinity, exits: Infinity } : roomForOrders(budget);
  };
  const orders = createOrderDesk({ pool: workerPool, broker: ports.broker, stream: ports.tradeStream, settings, observer: telemetry.orders, roomToSend });
  stops.add(() => orders.stop());
  const looking = config.questionWorkerEnabled ? await startLooking(base, ports, owner) : null;
  const listener = await listen({
    url: database.workerUrl,
    applicationName: "nod-workers",
    channels: { ...looking?.channels, [ordersChannel]: () => orders.orderPlaced(), [killSwitchChannel]: () => orders.killSwitchChanged() },
    onReconnect: () => {
      looking?.wake();
      orders.orderPlaced();
      orders.killSwitchChanged();
    },
  });
  stops.add(() => listener.close());
  orders.start();
  budgetMetrics(base.metrics.registry, ports.budgets);
  gateMetrics(base.metrics.registry, () => orders.isReconciled());

  const links: AnswerLinks = { configs: configSource(looking), orderPlaced: () => orders.orderPlaced() };
  startChores(base, owner, createAnswers(base, links), looking);
  return { ...links, broker: ports.description, nextLookAt: () => looking?.nextLookAt() ?? null, reconciled: () => reconciledVerdict(orders) };
}

/** What looks about once a second whether something is due, and what is due by the clock. */
function startChores({ config, database, logger, pools, stops, telemetry, workerPool: pool }: Foundation, owner: string, answers: AnswerService, looking: Looking | null): void {
  const own = (name: string, begin: OwnedChoreSettings["begin"]): void => {
    const chore = startOwnedChore({ pool, name, owner, begin, onError: (error) => logger.warn({ err: error, chore: name }, "it could not be found out whose a chore is"), onChange: (isOurs) => telemetry.leaseHeld(name, isOurs) });
    stops.add(() => chore.stop());
  };
  own("expiry", (fence) => startQuestionExpiry(pool, telemetry.expiry, fence));
  if (config.questionWorkerEnabled) {
    own("auto-answers", () => startAutoAnswers({ pool, answers, onError: (error) => logger.warn({ err: error }, "a rule that orders without asking could not") }));
  }
  if (config.auth.mode === "firebase" && config.auth.web !== null && config.auth.web.vapidKey !== null) {
    const sender = createFcmSender({ projectId: config.auth.projectId, onFailure: telemetry.push.failed });
    stops.add(() => sender.stop());
    own("push", (fence) => startPushing(pool, sender, telemetry.push, fence));
  }
  const scheduled = startScheduledChores({ url: database.workerUrl, chores: (chorePool) => listChores(chorePool, config.retention), observer: telemetry.chores });
  stops.add(() => scheduled.stop());
  pools.push({ name: "chores", ...scheduled.connections });
  // Everybody watches: whoever reads a feed knows best that it fails, and a switch that is set is not set again.
  const halts = startHaltWatch({ pool, feeds: () => failingStockFeeds(looking?.feeds() ?? [], new Date()), observer: telemetry.halts });
  stops.add(() => halts.stop());
}

/** What this process has compiled; the database's row decides whether it is still of the right revision. */
function configSource(looking: Looking | null): ConfigSource {
  return {
    resolve: effectiveConfig,
    held(uid) {
      const compiled = looking?.held(uid);
      return compiled === undefined ? undefined : { revision: compiled.revision, config: compiled.effective };
    },
  };
}

/** A process that stands by takes answers all the same: what it commits is sent by the one that has the desk. */
function reconciledVerdict(orders: Pick<OrderDesk, "isReconciled" | "isStandingBy">): { ready: boolean; detail: string } {
  if (orders.isReconciled()) return { ready: true, detail: "Our books agree with the broker's." };
  if (orders.isStandingBy()) return { ready: true, detail: "Another process sends the orders; this one stands by." };
  return { ready: false, detail: "Our books have not been compared with the broker's yet; nothing is sent." };
}
