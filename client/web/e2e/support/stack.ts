/** The real thing, on loopback: the server as its own process, a simulator to trade at, a PostgreSQL. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startSimulator, type Simulator } from "@nod/alpaca-simulator";
import { freePort } from "../../../../server/src/db/free-port.ts";

const repository = join(import.meta.dirname, "../../../..");
const readyTimeoutMs = 300_000;
/** Past the time that Nod gives itself. */
const stopTimeoutMs = 60_000;
/** The server's last lines, told when it does not come up. */
const keptOutputCharacters = 8_000;

export type Stack = {
  address: string;
  simulator: Simulator;
  stopServer(): Promise<void>;
  /** Starts the server again, on the same port and data. */
  startServer(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * `recorded`: the recorded day as `npm start` plays it. `flat`: every stock stands at its previous close of 100 dollars
 * until a test moves it, so that nobody is asked anything that the test does not mean.
 */
export type Market = "recorded" | "flat";

/** Stocks that the default template does not watch. */
const ownStocks = ["AMZN", "GOOG", "INTC", "META", "MSFT", "NVDA", "ORCL", "TSLA"];
const templateStocks = ["AIG", "BAC", "IBM", "SPY"];
const flatPrice = "100.00";

async function openMarket(market: Market): Promise<Simulator> {
  const symbols = Object.fromEntries(ownStocks.map((symbol) => [symbol, { price: flatPrice, prevClose: flatPrice }]));
  const simulator = await startSimulator({ seed: "browser tests", symbols });
  if (market === "recorded") return simulator;
  simulator.control.setMarket("open");
  for (const symbol of [...templateStocks, ...ownStocks]) {
    simulator.control.setPreviousClose(symbol, flatPrice);
    simulator.control.setPrice(symbol, flatPrice);
  }
  return simulator;
}

/**
 * @param database null: the server brings its own PostgreSQL up, as on a fresh machine
 * @param settings more of its environment
 */
export async function startStack(database: { webUrl: string; url: string; ownerUrl: string } | null, market: Market, settings: Readonly<Record<string, string>> = {}): Promise<Stack> {
  const dataFolder = await mkdtemp(join(tmpdir(), "nod-e2e-"));
  await chmod(dataFolder, 0o755); // PostgreSQL's own account passes through it
  const simulator = await openMarket(market);
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const [key] = simulator.keys;
  const environment = {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    HOST: "127.0.0.1",
    PORT: String(port),
    LOG_LEVEL: "warn",
    AUTH_MODE: "local",
    DATA_DIR: dataFolder,
    QUESTION_WORKER_INTERVAL_SECONDS: "1",
    ALPACA_API_KEY_ID: key?.keyId,
    ALPACA_API_SECRET_KEY: key?.secretKey,
    ALPACA_TRADING_BASE_URL: simulator.url,
    ALPACA_DATA_BASE_URL: simulator.url,
    ALPACA_TRADING_STREAM_URL: simulator.tradingStreamUrl,
    ALPACA_REQUESTS_PER_MINUTE: "6000",
    ...(database === null ? {} : { DATABASE_URL: database.webUrl, DATABASE_WORKER_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl }),
    ...settings,
  };
  let server: ChildProcess | null = null;

  const stack: Stack = {
    address,
    simulator,
    async startServer() {
      server = spawn(process.execPath, [join(repository, "server/src/main.ts")], { cwd: repository, env: environment, stdio: ["ignore", "pipe", "pipe"] });
      await ready(server, address);
    },
    async stopServer() {
      if (server !== null) await end(server);
      server = null;
    },
    async stop() {
      await stack.stopServer();
      await simulator.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
  await stack.startServer().catch(async (error: unknown) => {
    await stack.stop();
    throw error;
  });
  return stack;
}

async function ready(server: ChildProcess, address: string): Promise<void> {
  let output = "";
  for (const stream of [server.stdout, server.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-keptOutputCharacters)));
  const deadline = Date.now() + readyTimeoutMs;
  while (Date.now() < deadline) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}:\n${output}`);
    const response = await fetch(`${address}/readyz`).catch(() => null);
    if (response?.ok === true) return;
    await sleep(50);
  }
  throw new Error(`the server was not ready within ${readyTimeoutMs} ms:\n${output}`);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, "exit");
  server.kill("SIGTERM");
  const timer = setTimeout(() => server.kill("SIGKILL"), stopTimeoutMs);
  await ended;
  clearTimeout(timer);
}
