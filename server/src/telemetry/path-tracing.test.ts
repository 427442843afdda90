import { expect, test } from "vitest";
import type { TickReport } from "../workers/tick-observer.ts";
import { createPathTracing } from "./path-tracing.ts";
import type { FinishedSpan } from "./span.ts";

const question = "0b5c7d0e-3a4b-4c5d-8e6f-7a8b9c0d1e2f";
const nothing: TickReport = { refreshMs: 1, ingestMs: 0, evaluateMs: 2, askMs: 3, totalMs: 6, changedUsers: 0, changedMarkets: 0, unknown: 0, stale: 0, quiet: 0, fired: 0, asked: 0 };
const fetched = { group: { feed: "iex", assetClass: "us_equity" }, symbols: 1, facts: 2, recorded: 2, tookMs: 4 } as const;

function tracing() {
  const spans: FinishedSpan[] = [];
  return { spans, path: createPathTracing({ add: (span) => spans.push(span), stop: () => Promise.resolve() }, () => 1_000) };
}

test("a tick that found nothing is no story; one that asked is, and what it asked is linked to it", () => {
  const { spans, path } = tracing();
  const tick = path.ofTick();
  tick.ticked(nothing);
  expect(spans).toEqual([]);
  tick.fetched(fetched);
  tick.asked([{ id: question, ruleId: "dip", symbol: "SPY" }]);
  tick.ticked({ ...nothing, changedMarkets: 1, fired: 1, asked: 1 });
  const [ingest, asked, ticked, evaluated, ask] = spans;
  expect(spans.map(({ name }) => name)).toEqual(["ingest", "question asked", "tick", "evaluate", "ask"]);
  expect(asked).toMatchObject({ traceId: question.replaceAll("-", ""), parentSpanId: null, links: [{ traceId: ask?.traceId, spanId: ask?.spanId }] });
  expect([ingest, evaluated, ask].map((span) => span?.parentSpanId)).toEqual([ticked?.spanId, ticked?.spanId, ticked?.spanId]);
  expect([ticked, evaluated, ask].map((span) => [span?.startMs, span?.endMs])).toEqual([[994, 1_000], [995, 997], [997, 1_000]]);
});

test("the ticks of two shards of one process keep apart, and fetches for others are traces of their own", () => {
  const { spans, path } = tracing();
  const [one, other] = [path.ofTick(), path.ofTick()];
  one.asked([{ id: question, ruleId: "dip", symbol: "SPY" }]);
  other.ticked({ ...nothing, changedMarkets: 1 });
  one.ticked({ ...nothing, asked: 1 });
  const asks = spans.filter(({ name }) => name === "ask");
  expect(new Set(asks.map(({ traceId }) => traceId)).size).toBe(2);
  expect(spans.find(({ name }) => name === "question asked")?.links).toEqual([{ traceId: asks[1]?.traceId, spanId: asks[1]?.spanId }]);
  path.ofFetches().fetched(fetched);
  expect(spans.at(-1)).toMatchObject({ name: "ingest", parentSpanId: null });
});

test("a replay of an answer does not pass for the answer that the order goes on from", () => {
  const { spans, path } = tracing();
  const answer = { questionId: question, via: "http", startMs: 900, outcome: { kind: "closed", outcome: "approved", expired: false }, deciding: null } as const;
  path.answered({ ...answer, won: false });
  path.answered({ ...answer, won: false });
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(2);
  expect(new Set(spans.map(({ parentSpanId }) => parentSpanId)).size).toBe(1);
});
