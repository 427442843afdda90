/** What becomes of an order after its approval. Every line about one carries its question and its trace. */
import type { Logger } from "pino";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { traceIdOfOrder } from "../core/trace-id.ts";
import type { OrderRecord } from "../trading/orders/order-record.ts";
import type { OrderDeskObserver } from "../workers/order-desk.ts";
import { answerSeconds, fastSeconds, fillSeconds } from "./buckets.ts";
import type { LeaseHeld } from "./leases.ts";
import type { PathTracing } from "./path-tracing.ts";

/** Orders whose POST is remembered for the time to their fill; the oldest is forgotten for a newer one. */
const maxRememberedPosts = 10_000;

export function orderTelemetry(registry: Registry, logger: Logger, tracing: PathTracing | null, leaseHeld: LeaseHeld): OrderDeskObserver {
  const registers = [registry];
  const answerToPost = new Histogram({ name: "nod_answer_to_post_seconds", help: "From an answer, or from the end of the time to take it back, to the POST of its order", buckets: answerSeconds, registers });
  const postSeconds = new Histogram({ name: "nod_post_seconds", help: "The broker's answer to an order", labelNames: ["outcome"], buckets: fastSeconds, registers });
  const postToFill = new Histogram({ name: "nod_post_to_fill_seconds", help: "From the POST of an order to its complete fill in our books, by this process's clock; of orders that this process sent", buckets: fillSeconds, registers });
  const deniedAtSending = new Counter({ name: "nod_orders_denied_before_sending_total", help: "Orders that a guardrail stopped right before the POST", registers });
  const filled = new Counter({ name: "nod_orders_filled_total", help: "Orders that were filled completely", registers });
  const lookups = new Counter({ name: "nod_order_lookups_total", help: "Look-ups of orders in doubt", labelNames: ["outcome"], registers });
  const reconciliations = new Counter({ name: "nod_reconciliations_total", help: "Comparisons with the broker's books that went through", registers });
  const lastReconciliation = new Gauge({ name: "nod_reconciliation_last_success_timestamp_seconds", help: "When this process last compared the books with the broker's; 0 before the first", registers });
  const failures = new Counter({ name: "nod_order_desk_failures_total", help: "Failures of submitting, following or comparing orders; each is tried again", registers });
  const foreignOrders = new Gauge({ name: "nod_foreign_orders", help: "Open orders at the broker that Nod does not know", registers });
  const streamEvents = new Counter({ name: "nod_trade_events_total", help: "Events of the broker's trade stream", labelNames: ["result"], registers });
  const streamUp = new Gauge({ name: "nod_trade_stream_connected", help: "1 while the trade stream is connected", registers });
  const cancels = new Counter({ name: "nod_cancels_requested_total", help: "Cancels asked for by a kill switch", labelNames: ["outcome"], registers });
  for (const outcome of ["accepted", "rejected", "duplicate", "unknown", "not_sent"]) postSeconds.zero({ outcome });

  const postedAtMs = new Map<string, number>();
  const idsOf = (order: OrderRecord) => ({ orderId: order.id, clientOrderId: order.clientOrderId, questionId: order.questionId, traceId: traceIdOfOrder(order) });

  return {
    deskChanged(isOurs) {
      leaseHeld("order-desk", isOurs);
      if (isOurs) logger.info("this process has the order desk");
      else logger.warn("another process may have the order desk");
    },
    denied(order) {
      deniedAtSending.inc();
      tracing?.denied(order);
      logger.info(idsOf(order), "an order was stopped before it was sent");
    },
    sending(order) {
      answerToPost.observe(Math.max(0, Date.now() - (order.undoUntil ?? order.createdAt).getTime()) / 1_000);
      postedAtMs.set(order.id, performance.now());
      const [oldest] = postedAtMs.keys();
      if (postedAtMs.size > maxRememberedPosts && oldest !== undefined) postedAtMs.delete(oldest);
      logger.debug(idsOf(order), "an order is being sent");
    },
    answered(order, outcome, tookMs) {
      postSeconds.observe({ outcome }, tookMs / 1_000);
      tracing?.posted(order, outcome, tookMs);
      const fields = { ...idsOf(order), outcome, ms: Math.round(tookMs) };
      if (outcome === "accepted") logger.info(fields, "the broker has the order");
      else logger.warn(fields, "the broker did not plainly take the order");
    },
    booked(source, applied) {
      tracing?.booked(source, applied);
      if (applied.kind === "mismatched") logger.error({ ...idsOf(applied.order), source }, "the broker holds another order under this id; its user is halted");
      if (applied.kind !== "changed") return;
      const { order } = applied;
      if (order.status !== "filled") return logger.debug({ ...idsOf(order), source, status: order.status }, "the broker told of an order");
      filled.inc();
      const sentAtMs = postedAtMs.get(order.id);
      if (sentAtMs !== undefined) postToFill.observe((performance.now() - sentAtMs) / 1_000);
      postedAtMs.delete(order.id);
      logger.info({ ...idsOf(order), source, alpacaOrderId: order.alpacaOrderId, filledQty: order.filledQty, filledAvgPrice: order.filledAvgPrice }, "an order was filled");
    },
    lookedUp(order, outcome) {
      lookups.inc({ outcome });
      logger.warn({ ...idsOf(order), outcome }, "an order in doubt was looked up");
    },
    reconciled(result, tookMs) {
      reconciliations.inc();
      lastReconciliation.setToCurrentTime();
      foreignOrders.set(result.foreignOrders);
      for (const difference of result.positions?.appeared ?? []) {
        if (difference.kind === "missing") logger.error(difference, "the broker holds less of a symbol than our users own");
        else logger.warn(difference, "the broker holds more of a symbol than our users own");
      }
      for (const difference of result.positions?.gone ?? []) logger.info(difference, "the broker holds as much of a symbol as our users own again");
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
      failures.inc();
      logger.error({ err: error }, "something around orders failed and will be tried again");
    },
  };
}
