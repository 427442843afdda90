/** The workers that bring the market in beside what is polled: bars of the past, the minutes of today, and the stream of now. */
import { randomUUID } from "node:crypto";
import type { AssetClass } from "@nod/contract/primitives";
import type { BrokerPorts } from "./broker-ports.ts";
import type { Pool } from "./db/pool.ts";
import type { Telemetry } from "./telemetry.ts";
import type { FeedGroup, WantedInputs } from "./trading/config/due-inputs.ts";
import type { WantedBars } from "./trading/market/bar-reader.ts";
import type { StreamCandidate } from "./trading/market/stream-pick.ts";
import { startBarsBackfill } from "./workers/bars-backfill.ts";
import { wantedOf } from "./workers/condition-feed.ts";
import { startMarketStream } from "./workers/market-stream.ts";
import { createStreamCandidates } from "./workers/stream-candidates.ts";
import type { TickWorker } from "./workers/tick.ts";

export type MarketWorkers = { isStreamed(group: FeedGroup, symbol: string): boolean; stop(): Promise<void> };

/** What all users follow, known to the one process that fetches it. */
export type MarketView = {
  isLeader(): boolean;
  inputs(): Pick<WantedInputs, "groups">;
  /** What conditions read. */
  bars(): readonly WantedBars[];
  /** Of the stream's feed. */
  candidates(): readonly StreamCandidate[];
  /** There is something new to evaluate, or polling has to take over. */
  onNews(): void;
};

/** Where one process looks after all users, its tick knows what they follow. */
export function viewOfTick(tick: TickWorker, stream: FeedGroup | null): MarketView {
  return {
    isLeader: () => tick.health().isLeader,
    inputs: () => tick.configs.inputs,
    bars: () => [...tick.configs.rules.conditions.watched()].flatMap(wantedOf),
    candidates: stream === null ? () => [] : createStreamCandidates(tick.configs, stream),
    onNews: () => tick.wake(),
  };
}

export function startMarketWorkers(deps: { pool: Pool; ports: Pick<BrokerPorts, "history" | "dataStream">; view: MarketView; telemetry: Pick<Telemetry, "bars" | "stream"> }): MarketWorkers {
  const { pool, ports, view, telemetry } = deps;
  const { isLeader, onNews } = view;
  const backfill = ports.history && startBarsBackfill({ pool, history: ports.history, isLeader, wanted: () => [...followedBars(view), ...view.bars()], onBars: onNews, observer: telemetry.bars });
  const stream =
    ports.dataStream &&
    startMarketStream({ pool, stream: ports.dataStream, owner: `${process.pid}-${randomUUID()}`, isLeader, candidates: view.candidates, onNews, observer: telemetry.stream });
  return {
    isStreamed: (group, symbol) => stream?.keepsFresh(group, symbol) ?? false,
    stop: async () => {
      await Promise.all([backfill?.stop(), stream?.stop()]);
    },
  };
}

/** The minutes of a month, over which a config can be previewed: 22 sessions of a stock, 30 days of a coin. */
const previewMinutes: Record<AssetClass, number> = { us_equity: 22 * 390, crypto: 30 * 24 * 60 };

/** The days and minutes of everything that is followed, so that rules can be tried on them. */
function followedBars({ inputs }: MarketView): WantedBars[] {
  return inputs().groups().flatMap(({ group, symbols }) => symbols.map(({ symbol }): WantedBars => ({ ...group, symbol, timeframe: "1Min", bars: previewMinutes[group.assetClass] })));
}
