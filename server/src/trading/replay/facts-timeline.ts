/** The facts of a day as they were recorded, batch by batch, each at the instant at which it was. Pure. */
import type { FactMetric } from "../ports.ts";
import { newYorkDate } from "../../core/trading-day.ts";
import type { StoredFact } from "../rules/symbol-view.ts";
import type { Market, MarketEvent, Moment, ReplayFact } from "./timeline.ts";

/** `batch` is the same for what was recorded together; a worker that looked then saw all of it or nothing. */
export type RecordedFact = { batch: string; recordedAtMs: number; market: Market; metric: FactMetric; price: string; volume: string | null; asOfMs: number };

const storedAs: Partial<Record<FactMetric, StoredFact>> = {
  last_trade: "last", bid: "bid", ask: "ask", prev_close: "prev_close", day_open: "day_open", day_high: "day_high", day_low: "day_low", day_volume: "day_volume",
};
const daily: ReadonlySet<FactMetric> = new Set(["prev_close", "day_open", "day_high", "day_low", "day_volume"]);

/** @param facts in the order of recording */
export function* factsTimeline(facts: Iterable<RecordedFact>): Generator<Moment> {
  let [batch, atMs] = ["", 0];
  let events: MarketEvent[] = [];
  for (const fact of facts) {
    if (fact.batch !== batch) {
      if (events.length > 0) yield { atMs, events };
      [batch, atMs, events] = [fact.batch, fact.recordedAtMs, []];
    }
    const told = toReplayFact(fact);
    if (told !== null) events.push({ kind: "facts", market: fact.market, facts: [told] });
  }
  if (events.length > 0) yield { atMs, events };
}

/** What is of a trading day is of the one on which it was recorded. */
function toReplayFact({ metric, price, volume, asOfMs, recordedAtMs }: RecordedFact): ReplayFact | null {
  const name = storedAs[metric];
  const value = name === "day_volume" ? volume : price;
  if (name === undefined || value === null) return null;
  return { name, value, asOfMs, tradingDay: daily.has(metric) ? newYorkDate(new Date(recordedAtMs)) : null };
}

/** Two pasts as one; of the same instant what the first tells comes first, and is looked at together with the other's. */
export function* mergeMoments(first: Iterable<Moment>, second: Iterable<Moment>): Generator<Moment> {
  const [a, b] = [first[Symbol.iterator](), second[Symbol.iterator]()];
  let [left, right] = [a.next(), b.next()];
  while (left.done !== true || right.done !== true) {
    if (right.done === true || (left.done !== true && left.value.atMs < right.value.atMs)) {
      if (left.done !== true) yield left.value;
      left = a.next();
    } else if (left.done === true || right.value.atMs < left.value.atMs) {
      yield right.value;
      right = b.next();
    } else {
      yield { atMs: left.value.atMs, events: [...left.value.events, ...right.value.events] };
      [left, right] = [a.next(), b.next()];
    }
  }
}
