/** What the tick tells of itself: its phases, what they went through, what came of it. */
import type { Logger } from "pino";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { traceIdOf } from "../core/trace-id.ts";
import { feedGroupName } from "../trading/config/due-inputs.ts";
import type { TickObserver } from "../workers/tick-observer.ts";
import { fastSeconds } from "./buckets.ts";
import type { LeaseHeld } from "./leases.ts";
import type { TickTracing } from "./path-tracing.ts";

export type TickTelemetry = {
  /** One for each tick that runs beside others, since each has traces of its own. */
  observe(tracing: TickTracing | null): TickObserver;
  factsStreamed(facts: number): void;
};

export function tickTelemetry(registry: Registry, logger: Logger, leaseHeld: LeaseHeld): TickTelemetry {
  const registers = [registry];
  const seconds = new Histogram({ name: "nod_tick_seconds", help: "Duration of a tick by phase", labelNames: ["phase"], buckets: fastSeconds, registers });
  const rows = new Counter({ name: "nod_tick_rows_total", help: "What the phases of the ticks went through: users whose config changed (refresh), symbols with news and rules on them (evaluate), questions asked (ask)", labelNames: ["phase"], registers });
  const failures = new Counter({ name: "nod_tick_failures_total", help: "Ticks that failed", registers });
  const lastTick = new Gauge({ name: "nod_tick_last_success_timestamp_seconds", help: "When a tick of this process last ended well; 0 before the first", registers });
  const fired = new Counter({ name: "nod_rules_fired_total", help: "Rules that turned true for a user", registers });
  const asked = new Counter({ name: "nod_questions_asked_total", help: "Questions asked by rules", registers });
  const unknown = new Gauge({ name: "nod_rules_unknown", help: "Symbol and reference pairs that could not be told in the last tick", registers });
  const fetchSeconds = new Histogram({ name: "nod_ingest_seconds", help: "Duration of a fetch of market data", labelNames: ["feed"], buckets: fastSeconds, registers });
  const fetchFailures = new Counter({ name: "nod_ingest_failures_total", help: "Fetches of market data that failed", labelNames: ["feed"], registers });
  const isFailing = new Gauge({ name: "nod_feed_failing", help: "1 while a feed's last fetch failed: it is then asked again at growing distances, which is the only breaker that reads have", labelNames: ["feed"], registers });
  const backOff = new Gauge({ name: "nod_feed_backoff_seconds", help: "How long a failing feed is left alone before it is asked again; 0 while it works", labelNames: ["feed"], registers });
  const facts = new Counter({ name: "nod_facts_recorded_total", help: "Market facts written", labelNames: ["source"], registers });
  for (const phase of ["refresh", "evaluate", "ask"]) rows.inc({ phase }, 0);
  for (const source of ["poll", "stream"]) facts.inc({ source }, 0);

  const observe = (tracing: TickTracing | null): TickObserver => ({
    tickFinished(report) {
      seconds.observe({ phase: "refresh" }, report.refreshMs / 1_000);
      seconds.observe({ phase: "ingest" }, report.ingestMs / 1_000);
      seconds.observe({ phase: "evaluate" }, report.evaluateMs / 1_000);
      seconds.observe({ phase: "ask" }, report.askMs / 1_000);
      seconds.observe({ phase: "total" }, report.totalMs / 1_000);
      rows.inc({ phase: "refresh" }, report.changedUsers);
      rows.inc({ phase: "evaluate" }, report.changedMarkets);
      rows.inc({ phase: "ask" }, report.asked);
      lastTick.setToCurrentTime();
      fired.inc(report.fired);
      asked.inc(report.asked);
      unknown.set(report.unknown);
      tracing?.ticked(report);
      if (report.asked > 0) logger.info({ fired: report.fired, asked: report.asked, ms: Math.round(report.totalMs) }, "questions asked");
    },
    tickFailed(error) {
      failures.inc();
      logger.error({ err: error }, "a tick failed");
    },
    questionsAsked(questions) {
      tracing?.asked(questions);
      if (!logger.isLevelEnabled("debug")) return;
      for (const { id, ruleId, symbol } of questions) logger.debug({ questionId: id, traceId: traceIdOf(id), ruleId, symbol }, "a question was asked");
    },
    fetchFinished(report) {
      const feed = feedGroupName(report.group);
      fetchSeconds.observe({ feed }, report.tookMs / 1_000);
      facts.inc({ source: "poll" }, report.recorded);
      isFailing.set({ feed }, 0);
      backOff.set({ feed }, 0);
      tracing?.fetched(report);
    },
    fetchFailed({ group, error, failures: inARow, retryInMs }) {
      const feed = feedGroupName(group);
      fetchFailures.inc({ feed });
      isFailing.set({ feed }, 1);
      backOff.set({ feed }, retryInMs / 1_000);
      logger.warn({ err: error, feed, failures: inARow, retryInMs }, "market data could not be fetched");
    },
    leaseChanged(isLeader, lease) {
      leaseHeld(lease, isLeader);
      logger.info({ isLeader, lease }, isLeader ? "this process ticks" : "another process may tick");
    },
    configProblem: (problem) => logger.warn({ problem }, "a stored config is not in force as it stands"),
  });
  return { observe, factsStreamed: (recorded) => facts.inc({ source: "stream" }, recorded) };
}
