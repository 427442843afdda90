/** Two worker processes on one database; the one that has everything is killed in the middle. */
import { startSimulator } from "@nod/alpaca-simulator";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, onTestFinished, test, vi } from "vitest";
import { createAnswers } from "../src/answers.ts";
import { createTelemetry } from "../src/telemetry.ts";
import { effectiveConfig } from "../src/trading/config/resolve.ts";
import { useTestDatabase } from "./support/database.ts";
import { createDataFolder, startNodProcess, type NodProcess } from "./support/nod-process.ts";
import { testRiskSettings } from "./support/trading-floor.ts";
import { addUsers, configWith, dipRule } from "./support/trading-users.ts";
import { until } from "./support/until.ts";

// Whole processes start here, on a machine that may be busy with other tests.
const patienceMs = 240_000;
vi.setConfig({ testTimeout: 1_200_000 });
/** What a stand-by needs beside the lease's own time is an attempt a second: ten in all. */
const longestLeaseSeconds = 9;

const database = useTestDatabase();
const keys = { keyId: "PKTAKEOVER", secretKey: "secret", account: "paper" };

const questionOf = (uid: string) =>
  until(`${uid} is asked`, async () => (await database.ownerPool.query<{ id: string }>("select id from questions where firebase_uid = $1 and status = 'open'", [uid])).rows[0]?.id, patienceMs);
const orderStatus = async (uid: string) => (await database.ownerPool.query<{ status: string }>("select status from trade_orders where firebase_uid = $1", [uid])).rows.map(({ status }) => status);

/** Names of the leases that this process has. */
async function leasesOf({ child }: NodProcess): Promise<string[]> {
  const { rows } = await database.ownerPool.query<{ name: string }>("select name from leases where owner like $1 and expires_at > clock_timestamp() order by name", [`${child.pid}-%`]);
  return rows.map(({ name }) => name);
}

test("a worker is killed while an approved order waits: the other sends it exactly once, and asks and closes what comes", async () => {
  const simulator = await startSimulator({ keys: [keys], symbols: { DIP: { price: "98", prevClose: "100" } } });
  onTestFinished(() => simulator.stop());
  simulator.control.setMarket("open");
  const environment = {
    DATABASE_URL: database.webUrl, DATABASE_WORKER_URL: database.url, DATABASE_OWNER_URL: database.ownerUrl,
    ROLE: "worker", ALPACA_API_KEY_ID: keys.keyId, ALPACA_API_SECRET_KEY: keys.secretKey,
    ALPACA_TRADING_BASE_URL: simulator.url, ALPACA_DATA_BASE_URL: simulator.url, ALPACA_TRADING_STREAM_URL: simulator.tradingStreamUrl, ALPACA_DATA_STREAM_URL: simulator.dataStreamUrl,
  };
  const config = configWith([dipRule({ symbol: "DIP" })], { data_inputs: [{ id: "fast", source: "alpaca", asset_class: "us_equity", symbols: ["DIP"], feed: "iex", poll_interval_seconds: 5, metrics: ["last_trade", "prev_close"] }] });
  await addUsers(database.ownerPool, "waiting", { ...config, guardrails: { ...config.guardrails, undo_seconds: 5 } }, ["alice"]);
  const first = await startNodProcess(await createDataFolder(), environment);
  await first.ready();
  // The second comes only when there is nothing left for it to take.
  await until("the first has it all", async () => (await leasesOf(first)).join() === "auto-answers,expiry,market-data-stream,tick", patienceMs);
  const second = await startNodProcess(await createDataFolder(), environment);
  await second.ready();
  expect(await leasesOf(second)).toEqual([]);

  const answers = createAnswers({ pool: database.webPool, settings: testRiskSettings, telemetry: createTelemetry(new Registry(), pino({ level: "silent" })) }, { configs: { resolve: effectiveConfig, held: () => undefined }, orderPlaced: () => undefined });
  const answered = await answers.answer("alice", await questionOf("alice"), 10, { via: "http", requestId: null });
  expect(answered).toMatchObject({ kind: "answered", result: { outcome: "approved" } });
  await first.ended("SIGKILL");
  const { rows: left } = await database.ownerPool.query<{ seconds: number }>("select max(extract(epoch from expires_at - clock_timestamp()))::float8 as seconds from leases");
  expect(left[0]?.seconds).toBeLessThan(longestLeaseSeconds);

  await until("the order is filled", async () => (await orderStatus("alice")).join() === "filled", patienceMs);
  expect(simulator.control.book().posts).toHaveLength(1);
  // Whoever comes now is asked by the second; whoever's time is over is told so by the second.
  await addUsers(database.ownerPool, "later", config, ["bob"]);
  const unanswered = await questionOf("bob");
  await until("the second has it all", async () => (await leasesOf(second)).join() === "auto-answers,expiry,market-data-stream,tick", patienceMs);
  await database.ownerPool.query("update questions set expires_at = clock_timestamp() where id = $1", [unanswered]);
  await until("what nobody answered is closed", async () => (await database.ownerPool.query("select from questions where id = $1 and status = 'expired'", [unanswered])).rowCount === 1, patienceMs);
  expect(await second.ended("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(simulator.control.book().posts).toHaveLength(1);
});
