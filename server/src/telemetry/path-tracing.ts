/**
 * The one path from fact to fill as traces. A tick is a trace of its own, since it is about many; each question is a trace
 * whose id is the question's own, linked to the tick that asked it, and goes on with its delivery, its answer, the decision,
 * the POST and what the broker said, in whichever processes and however much later they happen.
 */
import { randomBytes } from "node:crypto";
import { spanIdOf, traceIdOf, traceIdOfOrder } from "../core/trace-id.ts";
import type { AnswerOutcome } from "../pipeline/answer.ts";
import type { Told } from "../realtime/outbox-messages.ts";
import { feedGroupName } from "../trading/config/due-inputs.ts";
import type { AppliedWord, BrokerWordSource } from "../trading/orders/apply-broker-event.ts";
import type { OrderRecord } from "../trading/orders/order-record.ts";
import type { FetchReport, TickReport } from "../workers/tick-observer.ts";
import type { FinishedSpan, SpanRef, SpanSink } from "./span.ts";

/** Asked just now; at most some hundred of a tick's are named. */
export type NamedQuestion = { id: string; ruleId: string; symbol: string };

/** What deciding on an approval took, from within the answer's transaction. */
export type Deciding = { startMs: number; endMs: number };

/** `won`: this answer closed the question; it is not a replay, and not one that came too late. */
export type AnswerTrace = { questionId: string; via: string; startMs: number; outcome: AnswerOutcome; won: boolean; deciding: Deciding | null };

/** Of one tick after the other. */
export type TickTracing = {
  fetched(report: FetchReport): void;
  asked(questions: readonly NamedQuestion[]): void;
  ticked(report: TickReport): void;
};

export type PathTracing = {
  /** For one tick that runs beside others, as the shards' do. */
  ofTick(): TickTracing;
  /** For whoever fetches the market for the ticks of others: each fetch is a trace of its own. */
  ofFetches(): TickTracing;
  delivered(told: Told, connections: number, startMs: number): void;
  answered(answer: AnswerTrace): void;
  posted(order: OrderRecord, outcome: string, tookMs: number): void;
  denied(order: OrderRecord): void;
  booked(source: BrokerWordSource, applied: AppliedWord): void;
};

/** @param nowMs milliseconds since 1970, with fractions */
export function createPathTracing(sink: SpanSink, nowMs: () => number = () => performance.timeOrigin + performance.now()): PathTracing {
  const step: Step = (span) => sink.add({ ...span, spanId: span.spanId ?? randomSpanId() });

  const tellFetch = ({ group, symbols, facts, recorded, tookMs }: FetchReport, of: { traceId: string; parentSpanId: string | null }): void => {
    const endMs = nowMs();
    step({ ...of, name: "ingest", kind: "client", startMs: endMs - tookMs, endMs, attributes: { "nod.feed": feedGroupName(group), "nod.symbols": symbols, "nod.facts": facts, "nod.facts_recorded": recorded } });
  };

  return {
    ofTick: () => tickTracing(step, tellFetch, nowMs),
    ofFetches: () => ({ fetched: (report) => tellFetch(report, { traceId: randomTraceId(), parentSpanId: null }), asked: () => undefined, ticked: () => undefined }),
    delivered({ method, payload }, connections, startMs) {
      if (method === "QuestionClosed") return;
      const of = method === "ReceiveQuestion" ? questionRef(payload.id) : orderRef({ id: payload.id, questionId: payload.question_id });
      const attributes = { "nod.seq": payload.seq, "nod.connections": connections, ...(method === "ReceiveTradeUpdate" && { "nod.order_id": payload.id, "nod.order_status": payload.status }) };
      step({ traceId: of.traceId, parentSpanId: of.spanId, name: method === "ReceiveQuestion" ? "deliver question" : "deliver trade update", kind: "producer", startMs, endMs: nowMs(), attributes });
    },
    answered({ questionId, via, startMs, outcome, won, deciding }) {
      const { traceId, spanId: parentSpanId } = questionRef(questionId);
      const result = outcome.kind === "answered" ? outcome.result : null;
      // Only the answer that won is continued, by an order or by another question.
      const spanId = won ? spanIdOf(answerStep, questionId) : randomSpanId();
      step({ traceId, spanId, parentSpanId, name: "answer", kind: "server", startMs, endMs: nowMs(), attributes: { "nod.question_id": questionId, "nod.via": via, "nod.outcome": result?.outcome ?? outcome.kind } });
      if (!won || result === null) return;
      const { decision, order, follow_up_question_id: followUpId } = result;
      if (deciding !== null) step({ traceId, parentSpanId: spanId, name: "decide", kind: "internal", ...deciding, attributes: { "nod.verdict": decision?.verdict ?? "none", "nod.code": decision?.code ?? "", "nod.order_id": order?.id ?? "" } });
      if (followUpId !== null) step({ ...questionRef(followUpId), parentSpanId: null, name: "question asked", kind: "producer", startMs: nowMs(), endMs: nowMs(), attributes: { "nod.question_id": followUpId }, links: [{ traceId, spanId }] });
    },
    posted(order, outcome, tookMs) {
      const endMs = nowMs();
      const attempt = order.submitAttempts + 1;
      const failure = outcome === "accepted" ? {} : { failure: `the broker's answer: ${outcome}` };
      step({ traceId: traceIdOfOrder(order), spanId: spanIdOf(submitStep(attempt), order.id), parentSpanId: parentOfSubmit(order), name: "submit", kind: "client", startMs: endMs - tookMs, endMs, attributes: { ...orderAttributes(order), "nod.attempt": attempt, "nod.outcome": outcome }, ...failure });
    },
    denied(order) {
      const atMs = nowMs();
      step({ traceId: traceIdOfOrder(order), parentSpanId: parentOfSubmit(order), name: "denied before sending", kind: "internal", startMs: atMs, endMs: atMs, attributes: orderAttributes(order) });
    },
    booked(source, applied) {
      if (applied.kind !== "changed" && applied.kind !== "mismatched") return;
      const { order } = applied;
      const atMs = nowMs();
      const mismatch = applied.kind === "mismatched" ? { failure: "the broker holds another order under this id" } : {};
      step({ traceId: traceIdOfOrder(order), parentSpanId: spanIdOf(submitStep(Math.max(1, order.submitAttempts)), order.id), name: order.status === "filled" ? "fill" : "trade event", kind: "consumer", startMs: atMs, endMs: atMs, attributes: { ...orderAttributes(order), "nod.source": source, "nod.order_status": order.status, "nod.filled_qty": order.filledQty }, ...mismatch });
    },
  };
}

type Step = (span: Omit<FinishedSpan, "spanId"> & { spanId?: string }) => void;

function tickTracing(step: Step, tellFetch: (report: FetchReport, of: { traceId: string; parentSpanId: string }) => void, nowMs: () => number): TickTracing {
  let tick = nextTick();
  return {
    fetched(report) {
      tick.isWorthTelling = true;
      tellFetch(report, { traceId: tick.traceId, parentSpanId: tick.spanId });
    },
    asked(questions) {
      const atMs = nowMs();
      tick.isWorthTelling = true;
      for (const { id, ruleId, symbol } of questions) {
        step({ ...questionRef(id), parentSpanId: null, name: "question asked", kind: "producer", startMs: atMs, endMs: atMs, attributes: { "nod.question_id": id, "nod.rule_id": ruleId, "nod.symbol": symbol }, links: [{ traceId: tick.traceId, spanId: tick.askSpanId }] });
      }
    },
    ticked(report) {
      const { refreshMs, ingestMs, evaluateMs, askMs, totalMs, changedUsers, changedMarkets, unknown, stale, fired, asked } = report;
      const { traceId, spanId, askSpanId, isWorthTelling } = tick;
      tick = nextTick();
      // Most ticks find nothing new: they are metrics, not stories.
      if (!isWorthTelling && changedMarkets === 0 && asked === 0) return;
      const endMs = nowMs();
      const startMs = endMs - totalMs;
      const evaluateFromMs = startMs + refreshMs + ingestMs;
      const askFromMs = evaluateFromMs + evaluateMs;
      step({ traceId, spanId, parentSpanId: null, name: "tick", kind: "internal", startMs, endMs, attributes: { "nod.users_changed": changedUsers } });
      step({ traceId, parentSpanId: spanId, name: "evaluate", kind: "internal", startMs: evaluateFromMs, endMs: askFromMs, attributes: { "nod.markets_changed": changedMarkets, "nod.rules_fired": fired, "nod.rules_unknown": unknown, "nod.rules_stale": stale } });
      step({ traceId, spanId: askSpanId, parentSpanId: spanId, name: "ask", kind: "internal", startMs: askFromMs, endMs: askFromMs + askMs, attributes: { "nod.rules_fired": fired, "nod.questions_asked": asked } });
    },
  };
}

const answerStep = "answer";
/** `attempt` counts from 1. */
const submitStep = (attempt: number): string => `submit ${attempt}`;

const questionRef = (id: string): SpanRef => ({ traceId: traceIdOf(id), spanId: spanIdOf("question", id) });

/** What the first telling of an order hangs on: the answer that made it, or its own first POST. */
const orderRef = (order: { id: string; questionId: string | null }): SpanRef => ({ traceId: traceIdOfOrder(order), spanId: order.questionId === null ? spanIdOf(submitStep(1), order.id) : spanIdOf(answerStep, order.questionId) });

/** Exits and flattenings have no answer before them: their first POST begins the trace. */
const parentOfSubmit = ({ questionId }: OrderRecord): string | null => (questionId === null ? null : spanIdOf(answerStep, questionId));

const orderAttributes = ({ id, clientOrderId, questionId, symbol, side, mode }: OrderRecord) => ({
  "nod.order_id": id,
  "nod.client_order_id": clientOrderId,
  "nod.question_id": questionId ?? "",
  "nod.symbol": symbol,
  "nod.side": side,
  "nod.mode": mode,
});

const randomTraceId = (): string => randomBytes(16).toString("hex");
const randomSpanId = (): string => randomBytes(8).toString("hex");

/** Its ids are known before it is over, so that what happens in it can name it. */
const nextTick = () => ({ traceId: randomTraceId(), spanId: randomSpanId(), askSpanId: randomSpanId(), isWorthTelling: false });
