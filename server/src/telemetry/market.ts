/** The past of the market and the stream of now; and what a rule halted. */
import type { Logger } from "pino";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { BarsObserver } from "../workers/bars-backfill.ts";
import type { MarketStreamObserver } from "../workers/market-stream.ts";
import type { HaltObserver } from "../workers/watch-halts.ts";
import { fastSeconds } from "./buckets.ts";

export function barsTelemetry(registry: Registry, logger: Logger): BarsObserver {
  const registers = [registry];
  const saved = new Counter({ name: "nod_bars_saved_total", help: "Bars fetched and written", labelNames: ["feed", "timeframe", "kind"], registers });
  const historyPending = new Gauge({ name: "nod_bar_history_pending", help: "Symbols and timeframes whose history is not complete", registers });
  const failures = new Counter({ name: "nod_bars_failures_total", help: "Failures of fetching bars; each is tried again", registers });
  return {
    pageSaved: ({ kind, group: { feed, timeframe }, bars }) => saved.inc({ feed, timeframe, kind }, bars),
    progressed({ stretches, pending }) {
      historyPending.set(pending);
      logger.info({ stretches, pending }, pending === 0 ? "the history of bars is complete" : "the history of bars is being read");
    },
    splitPending: (split) => logger.warn({ split }, "a symbol is suspended: its history is in old shares"),
    fetchingAnew: (symbol, why) => logger.warn({ symbol, why }, "a symbol's bars are fetched anew, in today's shares"),
    failed(error) {
      failures.inc();
      logger.warn({ err: error }, "bars could not be fetched");
    },
  };
}

/** @param recorded counts facts that came by the stream */
export function streamTelemetry(registry: Registry, logger: Logger, recorded: (facts: number) => void): MarketStreamObserver {
  const registers = [registry];
  const symbolsNow = new Gauge({ name: "nod_data_stream_symbols", help: "Symbols that the market-data stream brings now", registers });
  const drops = new Counter({ name: "nod_data_stream_disconnects_total", help: "Losses of the market-data stream", registers });
  const flushSeconds = new Histogram({ name: "nod_data_stream_flush_seconds", help: "Writing of a batch of streamed facts", buckets: fastSeconds, registers });
  return {
    subscribed(symbols) {
      symbolsNow.set(symbols);
      logger.info({ symbols }, "the market-data stream brings these");
    },
    disconnected(reason) {
      symbolsNow.set(0);
      drops.inc();
      logger.warn({ reason }, "the market-data stream is lost; polling takes over");
    },
    flushed({ recorded: facts, tookMs }) {
      recorded(facts);
      flushSeconds.observe(tookMs / 1_000);
    },
    failed: (error) => logger.warn({ err: error }, "streamed facts could not be written, or their lease could not be kept"),
  };
}

export function haltTelemetry(registry: Registry, logger: Logger): HaltObserver {
  const halts = new Counter({ name: "nod_halts_total", help: "Kill switches that a rule set", labelNames: ["trigger"], registers: [registry] });
  return {
    halted(scope, why) {
      halts.inc({ trigger: why.trigger });
      logger.error({ scope: scope.scope, trigger: why.trigger, reason: why.reason }, "a kill switch was set by a rule");
    },
    failed: (error) => logger.warn({ err: error }, "it could not be looked whether something must be halted"),
  };
}
