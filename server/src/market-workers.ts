/** The workers that bring the market in beside the tick: bars of the past and the stream of now. */
import { randomUUID } from "node:crypto";
import type { AssetClass } from "@nod/contract/primitives";
import type { BrokerPorts } from "./broker-ports.ts";
import type { Pool } from "./db/pool.ts";
import type { Telemetry } from "./telemetry.ts";
import type { FeedGroup } from "./trading/config/due-inputs.ts";
import type { WantedBars } from "./trading/market/bar-reader.ts";
import { startBarsBackfill } from "./workers/bars-backfill.ts";
import { wantedOf } from "./workers/condition-feed.ts";
import { startMarketStream } from "./workers/market-stream.ts";
import { createStreamCandidates } from "./workers/stream-candidates.ts";
import type { TickWorker } from "./workers/tick.ts";

export type MarketWorkers = { isStreamed(group: FeedGroup, symbol: string): boolean; stop(): Promise<void> };

export function startMarketWorkers(deps: { pool: Pool; ports: Pick<BrokerPorts, "history" | "dataStream">; tick: TickWorker; telemetry: Pick<Telemetry, "bars" | "stream"> }): MarketWorkers {
  const { pool, ports, tick, telemetry } = deps;
  const isLeader = (): boolean => tick.health().isLeader;
  const onNews = (): void => tick.wake();
  const backfill = ports.history && startBarsBackfill({ pool, history: ports.history, isLeader, wanted: () => wantedBars(tick), onBars: onNews, observer: telemetry.bars });
  const stream =
    ports.dataStream &&
    startMarketStream({
      pool,
      stream: ports.dataStream,
      owner: `${process.pid}-${randomUUID()}`,
      isLeader,
      candidates: createStreamCandidates(tick.configs, ports.dataStream),
      onNews,
      observer: telemetry.stream,
    });
  return {
    isStreamed: (group, symbol) => stream?.keepsFresh(group, symbol) ?? false,
    stop: async () => {
      await Promise.all([backfill?.stop(), stream?.stop()]);
    },
  };
}

/** The minutes of a month, over which a config can be previewed: 22 sessions of a stock, 30 days of a coin. */
const previewMinutes: Record<AssetClass, number> = { us_equity: 22 * 390, crypto: 30 * 24 * 60 };

/** What conditions read, and the days and minutes of everything that is followed, so that rules can be tried on them. */
function wantedBars({ configs }: TickWorker): WantedBars[] {
  const followed = configs.inputs.groups().flatMap(({ group, symbols }) =>
    symbols.map(({ symbol }): WantedBars => ({ ...group, symbol, timeframe: "1Min", bars: previewMinutes[group.assetClass] })),
  );
  return [...followed, ...[...configs.rules.conditions.watched()].flatMap(wantedOf)];
}
