import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { demoReplay, startSimulator } from "@nod/alpaca-simulator";
import { createAlpacaBroker } from "./alpaca/broker.ts";
import { connectToAlpaca } from "./alpaca/connection.ts";
import { createAlpacaDataStream } from "./alpaca/data-stream.ts";
import { createAlpacaHistory } from "./alpaca/history.ts";
import { createAlpacaMarketData } from "./alpaca/market-data.ts";
import { brokerEnvironmentOf, type AlpacaSettings, type BrokerEnvironment } from "./alpaca/settings.ts";
import type { BudgetReading } from "./alpaca/request-budget.ts";
import { createAlpacaMinuteBars } from "./alpaca/minute-bars.ts";
import { createTestModePorts } from "./alpaca/test-mode.ts";
import { createAlpacaTradeStream } from "./alpaca/trade-stream.ts";
import type { Broker, Config, DataStreamConfig } from "./config.ts";
import { systemClock } from "./core/clock.ts";
import type { HistoryPorts } from "./trading/market/bar-ports.ts";
import type { DataStreamPort } from "./trading/market/stream-port.ts";
import type { BrokerPort, MarketDataPort, MinuteBarsPort, TradeStreamPort } from "./trading/ports.ts";

export type BrokerPorts = {
  kind: Broker["kind"];
  /** For the start block: who trades and with what money. */
  description: string;
  environment: BrokerEnvironment;
  marketData: MarketDataPort;
  minuteBars: MinuteBarsPort;
  /** Null where there is no past. */
  history: HistoryPorts | null;
  /** Null where nothing is streamed; polling does without it. */
  dataStream: DataStreamPort | null;
  broker: BrokerPort;
  tradeStream: TradeStreamPort;
  /** What is left of the calls that each host allows; none where nobody is called. */
  budgets(): readonly HostBudget[];
  stop(): Promise<void>;
};

export type HostBudget = BudgetReading & { host: "trading" | "data" };

export type BrokerDescription = Pick<BrokerPorts, "kind" | "description" | "environment">;

/** Who trades and with what money, without reaching for him. */
export function describeBroker(broker: Config["broker"]): BrokerDescription {
  switch (broker.kind) {
    case "test":
      return { kind: "test", description: "test mode: fixture prices, fake order ids, no calls", environment: "paper" };
    case "alpaca":
      return { kind: "alpaca", description: `Alpaca at ${new URL(broker.alpaca.tradingBaseUrl).host}`, environment: broker.environment };
    case "simulator":
      return { kind: "simulator", description: "built-in simulator", environment: "paper" };
    case "elsewhere":
      return { kind: broker.reached, description: "reached by the workers, not by this process", environment: broker.environment };
  }
}

/** The simulator shares this machine with nobody, so its budget only has to hold a loop that ran wild. */
const simulatorRequestsPerMinute = 6_000;
const simulatorTimeoutMs = 10_000;

/** Whom Nod trades with. `onPartial` is told why facts came without their previous closes. */
export async function openBroker(broker: Broker, dataFolder: string, onPartial: (reason: string) => void): Promise<BrokerPorts> {
  switch (broker.kind) {
    case "test":
      return { ...describeBroker(broker), ...createTestModePorts(systemClock), history: null, dataStream: null, budgets: () => [], stop: () => Promise.resolve() };
    case "alpaca":
      return { ...describeBroker(broker), ...alpacaPorts(broker.alpaca, broker.dataStream, onPartial), stop: () => Promise.resolve() };
    case "simulator":
      return openSimulator(dataFolder, onPartial);
  }
}

/** Its book is kept in the data folder, so that a restart finds the orders and positions that the database knows of. */
async function openSimulator(dataFolder: string, onPartial: (reason: string) => void): Promise<BrokerPorts> {
  const keys = { keyId: `PK${randomBytes(9).toString("hex").toUpperCase()}`, secretKey: randomBytes(20).toString("hex"), account: "paper" };
  const simulator = await startSimulator({ replay: demoReplay, stateFile: join(dataFolder, "simulator.jsonl"), keys: [keys] });
  const settings: AlpacaSettings = {
    keyId: keys.keyId,
    secretKey: keys.secretKey,
    tradingBaseUrl: simulator.url,
    dataBaseUrl: simulator.url,
    tradingStreamUrl: simulator.tradingStreamUrl,
    requestsPerMinute: simulatorRequestsPerMinute,
    requestTimeoutMs: simulatorTimeoutMs,
  };
  return { kind: "simulator", description: `built-in simulator on ${new URL(simulator.url).host}, replaying October 2013`, ...alpacaPorts(settings, { url: simulator.dataStreamUrl, feed: "iex" }, onPartial), stop: () => simulator.stop() };
}

function alpacaPorts(settings: AlpacaSettings, { url, feed }: DataStreamConfig, onPartial: (reason: string) => void) {
  const alpaca = connectToAlpaca(settings);
  return {
    environment: brokerEnvironmentOf(settings.tradingBaseUrl),
    marketData: createAlpacaMarketData(alpaca, onPartial),
    minuteBars: createAlpacaMinuteBars(alpaca),
    history: createAlpacaHistory(alpaca),
    dataStream: createAlpacaDataStream({ url, keyId: settings.keyId, secretKey: settings.secretKey, feed, assetClass: "us_equity" }),
    broker: createAlpacaBroker(alpaca),
    tradeStream: createAlpacaTradeStream(settings),
    budgets: (): HostBudget[] => [
      { host: "trading", ...alpaca.trading.budget.reading() },
      { host: "data", ...alpaca.data.budget.reading() },
    ],
  };
}
