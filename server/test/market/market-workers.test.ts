/** Everything that brings the market in, put together as the server puts it: tick, backfill and stream on the simulator. */
import { startSimulator } from "@nod/alpaca-simulator";
import { Registry } from "prom-client";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import type { TradingConfig } from "@nod/contract/trading-config";
import { createAlpacaBroker } from "../../src/alpaca/broker.ts";
import { connectToAlpaca } from "../../src/alpaca/connection.ts";
import { createAlpacaDataStream } from "../../src/alpaca/data-stream.ts";
import { createAlpacaHistory } from "../../src/alpaca/history.ts";
import { createAlpacaMarketData } from "../../src/alpaca/market-data.ts";
import { startMarketWorkers, viewOfTick, type MarketWorkers } from "../../src/market-workers.ts";
import { createTelemetry } from "../../src/telemetry.ts";
import { readCoverage } from "../../src/trading/market/coverage-table.ts";
import { readLatestFacts } from "../../src/trading/market/facts-table.ts";
import { recordSession } from "../../src/trading/market/session-table.ts";
import { startTick } from "../../src/workers/tick.ts";
import { createTestDatabase } from "../support/database.ts";
import { settingsOf } from "../support/recorded-market.ts";
import { addUsers, configWith, dipRule } from "../support/trading-users.ts";
import { until } from "../support/until.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Reconnecting waits for up to half a minute between its attempts. */
const patienceMs = 120_000;

const rsi: TradingConfig["rules"][number] = {
  id: "rsi", type: "rsi_threshold", symbol: "SPY", timeframe: "5Min", length: 14, op: "<", level: 30, question_template: "Low?", on_answer_match: { action: "notify" },
  cooldown_seconds: 60, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50,
};

test("a user's config is enough: bars of what his rules read and of what he follows, prices from the stream, and from polling when it is down", async () => {
  const database = await createTestDatabase();
  closers.push(() => database.drop());
  const simulator = await startSimulator({});
  closers.push(() => simulator.stop());
  simulator.control.setMarket("open");
  const settings = settingsOf(simulator);
  const alpaca = connectToAlpaca(settings);
  const registry = new Registry();
  const telemetry = createTelemetry(registry, pino({ level: "silent" }));
  await recordSession(database.pool, await createAlpacaBroker(alpaca).clock(AbortSignal.timeout(120_000)));
  const { data_inputs: [input], ...config } = configWith([rsi, dipRule({ symbol: "IBM" })]);
  if (input === undefined) throw new Error("the config has no input");
  await addUsers(database.ownerPool, "watcher", { ...config, data_inputs: [{ ...input, poll_interval_seconds: 5, metrics: [...input.metrics, "quote"] }] }, ["alice"]);

  let workers: MarketWorkers | null = null;
  const tick = startTick({
    pool: database.pool, market: createAlpacaMarketData(alpaca), owner: "test", intervalMs: 1_000, ingestEnabled: true, evaluationEnabled: true,
    isStreamed: (group, symbol) => workers?.isStreamed(group, symbol) ?? false,
  });
  closers.push(() => tick.stop());
  const stream = createAlpacaDataStream({ url: simulator.dataStreamUrl, keyId: settings.keyId, secretKey: settings.secretKey, feed: "iex", assetClass: "us_equity" });
  const started = startMarketWorkers({ pool: database.pool, ports: { history: createAlpacaHistory(alpaca), dataStream: stream }, view: viewOfTick(tick, stream), telemetry });
  workers = started;
  closers.push(() => started.stop());

  await until("the bars are there", async () => {
    const covered = (await readCoverage(database.pool)).filter((row) => row.covered !== null).map((row) => `${row.symbol} ${row.timeframe}`);
    return covered.toSorted().join() === "IBM 1Day,IBM 1Min,SPY 1Day,SPY 1Min";
  }, patienceMs);
  const group = { feed: "iex", assetClass: "us_equity" } as const;
  await until("the stream brings both", async () => started.isStreamed(group, "SPY") && started.isStreamed(group, "IBM"), patienceMs);
  const last = async (symbol: string, metric: string): Promise<string | undefined> => (await readLatestFacts(database.pool, symbol)).find((fact) => fact.metric === metric)?.price;
  simulator.control.setPrice("SPY", "170.01");
  await until("a price and its quote come", async () => (await last("SPY", "last_trade")) === "170.01" && (await last("SPY", "ask")) === "170.02", patienceMs);
  expect(await registry.metrics()).toMatch(/nod_data_stream_symbols 2\n/);

  simulator.control.refuseStreams(1_000);
  simulator.control.dropStreams("market_data");
  await until("the stream is known to be down", async () => !started.isStreamed(group, "SPY"), patienceMs);
  simulator.control.setPrice("SPY", "171.5");
  await until("polling brings the price", async () => (await last("SPY", "last_trade")) === "171.5", patienceMs);
  simulator.control.clearFaults();
  await until("the stream is back", async () => started.isStreamed(group, "SPY"), patienceMs);
}, 600_000);
