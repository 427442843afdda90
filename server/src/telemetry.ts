/** What the rooms tell of themselves, as Prometheus metrics and log lines. */
import type { Logger } from "pino";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { DeliveryObserver } from "./realtime/outbox-delivery.ts";
import { feedGroupName } from "./trading/config/due-inputs.ts";
import type { BarsObserver } from "./workers/bars-backfill.ts";
import type { ExpiryObserver } from "./workers/expire-questions.ts";
import type { MarketStreamObserver } from "./workers/market-stream.ts";
import type { OrderDeskObserver } from "./workers/order-desk.ts";
import type { PushObserver } from "./workers/push-questions.ts";
import type { HaltObserver } from "./workers/watch-halts.ts";
import type { TickObserver } from "./workers/tick-observer.ts";

export type Telemetry = {
  tick: TickObserver;
  orders: OrderDeskObserver;
  delivery: DeliveryObserver;
  expiry: ExpiryObserver;
  halts: HaltObserver;
  bars: BarsObserver;
  stream: MarketStreamObserver;
  push: PushObserver;
};

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createTelemetry(registry: Registry, logger: Logger): Telemetry {
  const registers = [registry];
  const tickSeconds = new Histogram({ name: "nod_tick_seconds", help: "Duration of a tick by phase", labelNames: ["phase"], buckets: secondsBuckets, registers });
  const tickFailures = new Counter({ name: "nod_tick_failures_total", help: "Ticks that failed", registers });
  const hasDesk = new Gauge({ name: "nod_order_desk_held", help: "1 while this process sends and follows orders", registers });
  const isTicking = new Gauge({ name: "nod_tick_lease_held", help: "1 while this process ticks", registers });
  const fired = new Counter({ name: "nod_rules_fired_total", help: "Rules that turned true for a user", registers });
  const asked = new Counter({ name: "nod_questions_asked_total", help: "Questions asked", registers });
  const expired = new Counter({ name: "nod_questions_expired_total", help: "Questions that nobody answered in time", registers });
  const unknown = new Gauge({ name: "nod_rules_unknown", help: "Symbol and reference pairs that could not be told in the last tick", registers });
  const ingestSeconds = new Histogram({ name: "nod_ingest_seconds", help: "Duration of a fetch of market data", labelNames: ["feed"], buckets: secondsBuckets, registers });
  const ingestFailures = new Counter({ name: "nod_ingest_failures_total", help: "Fetches of market data that failed", labelNames: ["feed"], registers });
  const facts = new Counter({ name: "nod_facts_recorded_total", help: "Market facts written", registers });
  const answerToPost = new Histogram({ name: "nod_answer_to_post_seconds", help: "From an answer, or from the end of the time to take it back, to the POST of its order", buckets: secondsBuckets, registers });
  const postSeconds = new Histogram({ name: "nod_post_seconds", help: "The broker's answer to an order", labelNames: ["outcome"], buckets: secondsBuckets, registers });
  const deniedAtSending = new Counter({ name: "nod_orders_denied_before_sending_total", help: "Orders that a guardrail stopped right before the POST", registers });
  const lookups = new Counter({ name: "nod_order_lookups_total", help: "Look-ups of orders in doubt", labelNames: ["outcome"], registers });
  const reconciliations = new Counter({ name: "nod_reconciliations_total", help: "Comparisons with the broker's books that went through", registers });
  const orderFailures = new Counter({ name: "nod_order_desk_failures_total", help: "Failures of submitting, following or comparing orders; each is tried again", registers });
  const foreignOrders = new Gauge({ name: "nod_foreign_orders", help: "Open orders at the broker that Nod does not know", registers });
  const streamEvents = new Counter({ name: "nod_trade_events_total", help: "Events of the broker's trade stream", labelNames: ["result"], registers });
  const streamUp = new Gauge({ name: "nod_trade_stream_connected", help: "1 while the trade stream is connected", registers });
  const cancels = new Counter({ name: "nod_cancels_requested_total", help: "Cancels asked for by a kill switch", labelNames: ["outcome"], registers });
  const halts = new Counter({ name: "nod_halts_total", help: "Kill switches that a rule set", labelNames: ["trigger"], registers });
  const barsSaved = new Counter({ name: "nod_bars_saved_total", help: "Bars fetched and written", labelNames: ["feed", "timeframe", "kind"], registers });
  const historyPending = new Gauge({ name: "nod_bar_history_pending", help: "Symbols and timeframes whose history is not complete", registers });
  const barsFailures = new Counter({ name: "nod_bars_failures_total", help: "Failures of fetching bars; each is tried again", registers });
  const dataStreamSymbols = new Gauge({ name: "nod_data_stream_symbols", help: "Symbols that the market-data stream brings now", registers });
  const dataStreamDrops = new Counter({ name: "nod_data_stream_disconnects_total", help: "Losses of the market-data stream", registers });
  const dataStreamSeconds = new Histogram({ name: "nod_data_stream_flush_seconds", help: "Writing of a batch of streamed facts", buckets: secondsBuckets, registers });
  const connections = new Gauge({ name: "nod_hub_connections", help: "Open hub connections", registers });
  const delivered = new Counter({ name: "nod_outbox_delivered_total", help: "Outbox messages sent to connections", registers });
  const pushes = new Counter({ name: "nod_pushes_total", help: "Pushes to devices that were not connected", labelNames: ["outcome"], registers });
  const deliveryFailures = new Counter({ name: "nod_outbox_failures_total", help: "Readings of the outbox that failed", registers });

  return {
    tick: {
      tickFinished(report) {
        tickSeconds.observe({ phase: "ingest" }, report.ingestMs / 1_000);
        tickSeconds.observe({ phase: "evaluate" }, report.evaluateMs / 1_000);
        tickSeconds.observe({ phase: "ask" }, report.askMs / 1_000);
        tickSeconds.observe({ phase: "total" }, report.totalMs / 1_000);
        fired.inc(report.fired);
        asked.inc(report.asked);
        unknown.set(report.unknown);
        if (report.asked > 0) logger.info({ fired: report.fired, asked: report.asked, ms: Math.round(report.totalMs) }, "questions asked");
      },
      tickFailed(error) {
        tickFailures.inc();
        logger.error({ err: error }, "a tick failed");
      },
      fetchFinished({ group, recorded, tookMs }) {
        ingestSeconds.observe({ feed: feedGroupName(group) }, tookMs / 1_000);
        facts.inc(recorded);
      },
      fetchFailed({ group, error, failures, retryInMs }) {
        ingestFailures.inc({ feed: feedGroupName(group) });
        logger.warn({ err: error, feed: feedGroupName(group), failures, retryInMs }, "market data could not be fetched");
      },
      leaseChanged(isLeader) {
        isTicking.set(isLeader ? 1 : 0);
        logger.info({ isLeader }, isLeader ? "this process ticks" : "another process may tick");
      },
      configProblem: (problem) => logger.warn({ problem }, "a stored config is not in force as it stands"),
    },
    orders: {
      deskChanged(isOurs) {
        hasDesk.set(isOurs ? 1 : 0);
        if (isOurs) logger.info("this process has the order desk");
        else logger.warn("another process may have the order desk");
      },
      denied(order) {
        deniedAtSending.inc();
        logger.info({ orderId: order.id, questionId: order.questionId }, "an order was stopped before it was sent");
      },
      sending: (order) => answerToPost.observe(Math.max(0, Date.now() - (order.undoUntil ?? order.createdAt).getTime()) / 1_000),
      answered(order, outcome, tookMs) {
        postSeconds.observe({ outcome }, tookMs / 1_000);
        const fields = { orderId: order.id, clientOrderId: order.clientOrderId, questionId: order.questionId, outcome, ms: Math.round(tookMs) };
        if (outcome === "accepted") logger.info(fields, "the broker has the order");
        else logger.warn(fields, "the broker did not plainly take the order");
      },
      lookedUp(order, outcome) {
        lookups.inc({ outcome });
        logger.warn({ orderId: order.id, clientOrderId: order.clientOrderId, outcome }, "an order in doubt was looked up");
      },
      reconciled(result, tookMs) {
        reconciliations.inc();
        foreignOrders.set(result.foreignOrders);
        logger.debug({ ...result, ms: Math.round(tookMs) }, "the books were compared with the broker's");
      },
      connected() {
        streamUp.set(1);
        logger.info("the trade stream is connected");
      },
      disconnected(reason) {
        streamUp.set(0);
        logger.warn({ reason }, "the trade stream is lost");
      },
      applied: (_event, result) => streamEvents.inc({ result }),
      canceled: (_order, outcome) => cancels.inc({ outcome }),
      failed(error) {
        orderFailures.inc();
        logger.error({ err: error }, "something around orders failed and will be tried again");
      },
    },
    delivery: {
      connectionsAre: (count) => connections.set(count),
      delivered: (messages) => delivered.inc(messages),
      deliveryFailed(error) {
        deliveryFailures.inc();
        logger.warn({ err: error }, "the outbox could not be delivered");
      },
    },
    push: {
      pushed(outcomes) {
        for (const outcome of ["sent", "gone", "failed"] as const) pushes.inc({ outcome }, outcomes[outcome]);
      },
      failed: (error) => logger.warn({ err: error }, "a push could not be sent"),
    },
    halts: {
      halted(scope, why) {
        halts.inc({ trigger: why.trigger });
        logger.error({ scope: scope.scope, trigger: why.trigger, reason: why.reason }, "a kill switch was set by a rule");
      },
      failed: (error) => logger.warn({ err: error }, "it could not be looked whether something must be halted"),
    },
    bars: {
      pageSaved: ({ kind, group: { feed, timeframe }, bars }) => barsSaved.inc({ feed, timeframe, kind }, bars),
      progressed({ stretches, pending }) {
        historyPending.set(pending);
        logger.info({ stretches, pending }, pending === 0 ? "the history of bars is complete" : "the history of bars is being read");
      },
      splitPending: (split) => logger.warn({ split }, "a symbol is suspended: its history is in old shares"),
      fetchingAnew: (symbol, why) => logger.warn({ symbol, why }, "a symbol's bars are fetched anew, in today's shares"),
      failed(error) {
        barsFailures.inc();
        logger.warn({ err: error }, "bars could not be fetched");
      },
    },
    stream: {
      subscribed(symbols) {
        dataStreamSymbols.set(symbols);
        logger.info({ symbols }, "the market-data stream brings these");
      },
      disconnected(reason) {
        dataStreamSymbols.set(0);
        dataStreamDrops.inc();
        logger.warn({ reason }, "the market-data stream is lost; polling takes over");
      },
      flushed({ recorded, tookMs }) {
        facts.inc(recorded);
        dataStreamSeconds.observe(tookMs / 1_000);
      },
      failed: (error) => logger.warn({ err: error }, "streamed facts could not be written, or their lease could not be kept"),
    },
    expiry: {
      expired: (questions) => expired.inc(questions),
      failed: (error) => logger.warn({ err: error }, "questions could not be expired"),
    },
  };
}
