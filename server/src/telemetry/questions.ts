/** How questions reach people, what they answer, and how questions end. */
import type { QuestionOutcome } from "@nod/contract/question";
import type { Logger } from "pino";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { traceIdOf } from "../core/trace-id.ts";
import type { AnswerMeta, AnswerOutcome, AnswerService } from "../pipeline/answer.ts";
import type { QuestionBranch } from "../pipeline/branch.ts";
import { isQuestionId } from "../pipeline/questions-table.ts";
import type { DeliveryObserver } from "../realtime/outbox-delivery.ts";
import type { ExpiryObserver } from "../workers/expire-questions.ts";
import type { PushObserver } from "../workers/push-questions.ts";
import { answerSeconds, fastSeconds } from "./buckets.ts";
import type { Deciding, PathTracing } from "./path-tracing.ts";

export type QuestionTelemetry = {
  delivery: DeliveryObserver;
  push: PushObserver;
  expiry: ExpiryObserver;
  answers: AnswerTelemetry;
};

export type AnswerTelemetry = {
  /** The same service, observed. */
  watch(answers: AnswerService): AnswerService;
  /** The same branch; what its deciding takes is told to traces, when there are any. */
  watchBranch(branch: QuestionBranch): QuestionBranch;
  /** An answer closed a question, or came too late for it: committed. */
  closed(questionId: string, outcome: QuestionOutcome): void;
};

export function questionTelemetry(registry: Registry, logger: Logger, tracing: PathTracing | null): QuestionTelemetry {
  const registers = [registry];
  const closed = new Counter({ name: "nod_questions_closed_total", help: "Questions that closed, by their outcome", labelNames: ["outcome"], registers });
  const questionsDelivered = new Counter({ name: "nod_questions_delivered_total", help: "Questions handed to connections; one that is told to two devices counts twice", registers });
  const deliverySeconds = new Histogram({ name: "nod_outbox_delivery_seconds", help: "From the writing of a message to its handing over to a connection that was there; without replays", buckets: fastSeconds, registers });
  const connections = new Gauge({ name: "nod_hub_connections", help: "Open hub connections", registers });
  const delivered = new Counter({ name: "nod_outbox_delivered_total", help: "Outbox messages sent to connections", registers });
  const deliveryFailures = new Counter({ name: "nod_outbox_failures_total", help: "Readings of the outbox that failed", registers });
  const pushes = new Counter({ name: "nod_pushes_total", help: "Pushes to devices that were not connected", labelNames: ["outcome"], registers });
  for (const outcome of ["approved", "rejected", "expired", "superseded", "withdrawn"]) closed.inc({ outcome }, 0);

  return {
    delivery: {
      connectionsAre: (count) => connections.set(count),
      delivered(count, told) {
        delivered.inc(count);
        if (told === undefined) return;
        if (told.message.method === "ReceiveQuestion") questionsDelivered.inc(count);
        if (told.writtenAt !== null) deliverySeconds.observe(Math.max(0, Date.now() - told.writtenAt.getTime()) / 1_000);
        tracing?.delivered(told.message, count, performance.timeOrigin + told.startedAtMs);
        if (told.message.method === "ReceiveQuestion" && logger.isLevelEnabled("debug")) {
          const { id } = told.message.payload;
          logger.debug({ questionId: id, traceId: traceIdOf(id), connections: count }, "a question was delivered");
        }
      },
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
    expiry: {
      expired(questions) {
        closed.inc({ outcome: "expired" }, questions);
      },
      failed: (error) => logger.warn({ err: error }, "questions could not be expired"),
    },
    answers: answerTelemetry(registry, logger, tracing, (outcome) => closed.inc({ outcome })),
  };
}

function answerTelemetry(registry: Registry, logger: Logger, tracing: PathTracing | null, closed: (outcome: QuestionOutcome) => void): AnswerTelemetry {
  const seconds = new Histogram({ name: "nod_answer_seconds", help: "Taking an answer, by the way it came and what it was told; a replay counts too", labelNames: ["via", "result"], buckets: answerSeconds, registers: [registry] });
  const decided = new Map<string, Deciding>();
  /** Between the commit of an answer that won and its telling: with traces only. */
  const won = new Set<string>();

  const log = (questionId: string, meta: AnswerMeta, outcome: AnswerOutcome, tookMs: number): void => {
    if (!logger.isLevelEnabled("info")) return;
    const result = outcome.kind === "answered" ? outcome.result : null;
    const ids = { requestId: meta.requestId, questionId, traceId: traceIdOf(questionId), orderId: result?.order?.id ?? null, clientOrderId: result?.order?.client_order_id ?? null };
    logger.info({ ...ids, via: meta.via, outcome: result?.outcome ?? outcome.kind, verdict: result?.decision?.verdict ?? null, code: result?.decision?.code ?? null, ms: Math.round(tookMs) }, "an answer was taken");
  };

  return {
    closed(questionId, outcome) {
      closed(outcome);
      if (tracing !== null) won.add(questionId);
    },
    watch: (answers) => ({
      answer: async (uid, questionId, value, meta) => {
        const startedAtMs = performance.now();
        let told = "failed";
        try {
          const outcome = await answers.answer(uid, questionId, value, meta);
          told = outcome.kind;
          if (isQuestionId(questionId)) {
            log(questionId, meta, outcome, performance.now() - startedAtMs);
            tracing?.answered({ questionId, via: meta.via, startMs: performance.timeOrigin + startedAtMs, outcome, won: won.has(questionId), deciding: decided.get(questionId) ?? null });
          }
          return outcome;
        } finally {
          if (won.delete(questionId) || told === "failed") decided.delete(questionId);
          seconds.observe({ via: meta.via, result: told }, (performance.now() - startedAtMs) / 1_000);
        }
      },
    }),
    watchBranch: (branch) =>
      tracing === null
        ? branch
        : {
            ...branch,
            prepareAnswer: async (tx, of) => {
              const prepared = await branch.prepareAnswer(tx, of);
              return (
                prepared && {
                  ...prepared,
                  approve: (approval) => {
                    const startMs = performance.timeOrigin + performance.now();
                    const consequence = prepared.approve(approval);
                    decided.set(approval.question.id, { startMs, endMs: performance.timeOrigin + performance.now() });
                    return consequence;
                  },
                }
              );
            },
          },
  };
}
