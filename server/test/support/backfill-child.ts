/** A backfill in a process of its own, for tests that kill it. Takes everything as one JSON argument; never ends by itself. */
import { connectToAlpaca } from "../../src/alpaca/connection.ts";
import { createAlpacaHistory } from "../../src/alpaca/history.ts";
import type { AlpacaSettings } from "../../src/alpaca/settings.ts";
import { createPool } from "../../src/db/pool.ts";
import type { WantedBars } from "../../src/trading/market/bar-reader.ts";
import { startBarsBackfill } from "../../src/workers/bars-backfill.ts";

export type BackfillOrder = { databaseUrl: string; settings: AlpacaSettings; barsPerPage: number; now: string; wanted: WantedBars[] };

const order: BackfillOrder = JSON.parse(process.argv[2] ?? "{}");
startBarsBackfill({
  pool: createPool({ url: order.databaseUrl, applicationName: "nod-test-backfill", maxConnections: 2 }),
  history: createAlpacaHistory(connectToAlpaca(order.settings), order.barsPerPage),
  clock: { now: () => new Date(order.now) },
  isLeader: () => true,
  wanted: () => order.wanted,
  onBars: () => undefined,
});
