import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAlpacaDataStream } from "../../src/alpaca/data-stream.ts";
import { price } from "../../src/core/decimal.ts";
import type { Pool } from "../../src/db/pool.ts";
import { createWantedInputs } from "../../src/trading/config/due-inputs.ts";
import { readLatestFacts, recordFacts } from "../../src/trading/market/facts-table.ts";
import { readSessions } from "../../src/trading/market/session-table.ts";
import { readSuspended } from "../../src/trading/market/splits-table.ts";
import type { StreamCandidate } from "../../src/trading/market/stream-pick.ts";
import type { DataStreamHandlers, DataStreamPort, StreamWish } from "../../src/trading/market/stream-port.ts";
import type { Fact } from "../../src/trading/ports.ts";
import { createIngest } from "../../src/workers/ingest.ts";
import { startMarketStream, type MarketStreamSettings } from "../../src/workers/market-stream.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createFakeMarket } from "../support/fake-market.ts";
import { settingsOf } from "../support/recorded-market.ts";
import { until } from "../support/until.ts";
import { startSimulator } from "@nod/alpaca-simulator";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  closers.push(() => database.drop());
  return database;
}

const group = { feed: "iex", assetClass: "us_equity" } as const;
const trade = (symbol: string, at: string, asOf: Date): Fact => ({ ...group, symbol, metric: "last_trade", price: price(at), volume: null, asOf, tradingDay: null });
const candidate = (symbol: string, rules = 1, quoted = false): StreamCandidate => ({ symbol, rules, quoted });
/** All of one test's times are counted from one moment, however long the test takes. */
let now = 0;
beforeEach(() => {
  now = Date.now();
});
const secondsAgo = (seconds: number): Date => new Date(now - seconds * 1_000);

/** A stream that the test talks through: every connection that was opened, what it wants and whether it is open. */
function createScriptedStream() {
  const connections: { handlers: DataStreamHandlers; wishes: readonly StreamWish[]; isOpen: boolean }[] = [];
  const port: DataStreamPort = {
    ...group,
    start(handlers) {
      const connection = { handlers, wishes: [] as readonly StreamWish[], isOpen: true };
      connections.push(connection);
      return {
        want: (wishes) => void (connection.wishes = wishes),
        stop: () => Promise.resolve(void (connection.isOpen = false)),
      };
    },
  };
  return { port, connections, open: () => connections.filter((connection) => connection.isOpen) };
}

function start(pool: Pool, stream: DataStreamPort, changes: Partial<MarketStreamSettings> = {}) {
  const failures: unknown[] = [];
  const news = { count: 0 };
  const worker = startMarketStream({
    pool,
    stream,
    owner: `test-${Math.random()}`,
    isLeader: () => true,
    candidates: () => [candidate("SPY")],
    onNews: () => void (news.count += 1),
    observer: { failed: (error) => failures.push(error) },
    ...changes,
    timing: { ttlMs: 60_000, renewEveryMs: 500, lookEveryMs: 20, flushEveryMs: 10, ...changes.timing },
  });
  closers.push(() => worker.stop());
  return { worker, failures, news };
}
const priceOf = async (pool: Pool, symbol: string, metric = "last_trade"): Promise<string | undefined> => (await readLatestFacts(pool, symbol)).find((fact) => fact.metric === metric)?.price;

describe("facts from the stream", () => {
  test("are written as they come, wake the tick, and bring quotes where they are read", async () => {
    const database = await openDatabase();
    const simulator = await startSimulator({});
    closers.push(() => simulator.stop());
    const settings = settingsOf(simulator);
    const stream = createAlpacaDataStream({ url: simulator.dataStreamUrl, keyId: settings.keyId, secretKey: settings.secretKey, ...group });
    const { worker, failures, news } = start(database.pool, stream, { candidates: () => [candidate("SPY", 2, true), candidate("IBM")] });
    simulator.control.setMarket("open");
    simulator.control.setPrice("SPY", "165.25");
    await until("the trade, the bid and the ask are stored", async () => (await priceOf(database.pool, "SPY")) === "165.25" && (await priceOf(database.pool, "SPY", "bid")) === "165.24" && (await priceOf(database.pool, "SPY", "ask")) === "165.26");
    await until("the other one trades too", async () => (await priceOf(database.pool, "IBM")) !== undefined);
    expect(await priceOf(database.pool, "IBM", "bid")).toBeUndefined();
    expect(news.count).toBeGreaterThan(0);
    expect([worker.keepsFresh(group, "SPY"), worker.keepsFresh(group, "AIG"), worker.keepsFresh({ feed: "sip", assetClass: "us_equity" }, "SPY")]).toEqual([true, false, false]);
    expect(failures).toEqual([]);
  });

  test("that are older than what is stored never overwrite it", async () => {
    const database = await openDatabase();
    const { port, open } = createScriptedStream();
    start(database.pool, port, { candidates: () => [candidate("SPY"), candidate("IBM")] });
    await until("it is connected", async () => open().length === 1);
    await recordFacts(database.pool, [trade("SPY", "200", secondsAgo(10))]);
    open()[0]?.handlers.onFacts([trade("SPY", "100", secondsAgo(20)), trade("IBM", "50", secondsAgo(20))]);
    await until("the other one of the batch is there", async () => (await priceOf(database.pool, "IBM")) === "50");
    expect(await priceOf(database.pool, "SPY")).toBe("200");
  });

  test("wait while the database is away, the newest of each, and are written when it is back", async () => {
    const database = await openDatabase();
    const { port, open } = createScriptedStream();
    let away = false;
    const flaky: Pool = {
      query: database.pool.query.bind(database.pool),
      connect: () => (away ? Promise.reject(new Error("the database is away")) : database.pool.connect()),
      end: () => database.pool.end(),
      get ended() { return database.pool.ended; },
      get totalCount() { return database.pool.totalCount; },
      get idleCount() { return database.pool.idleCount; },
      get waitingCount() { return database.pool.waitingCount; },
    };
    const { failures } = start(flaky, port);
    await until("it is connected", async () => open().length === 1);
    away = true;
    for (let n = 0; n < 5_000; n += 1) open()[0]?.handlers.onFacts([trade("SPY", `${100 + n}`, new Date(now - 10_000 + n))]);
    await until("writing has failed", async () => failures.length > 0);
    away = false;
    await until("the newest is there", async () => (await priceOf(database.pool, "SPY")) === "5099");
    const { rows } = await database.pool.query<{ count: number }>("select count(*)::int4 as count from market_data_snapshots where symbol = 'SPY'");
    expect(rows[0]?.count).toBeLessThan(10);
  });

  test("say what is halted, until it is said or seen to trade again", async () => {
    const database = await openDatabase();
    const { port, open } = createScriptedStream();
    start(database.pool, port);
    await until("it is connected", async () => open().length === 1);
    const say = (isHalted: boolean, seconds: number): void => open()[0]?.handlers.onHalt({ assetClass: "us_equity", symbol: "SPY", isHalted, asOf: secondsAgo(seconds) });
    const suspended = async (): Promise<string[]> => (await readSuspended(database.pool, "2026-03-04")).map(({ symbol, reason }) => `${symbol} ${reason}`);
    await recordFacts(database.pool, [trade("SPY", "100", secondsAgo(60))]);
    say(true, 50);
    await until("it is halted", async () => (await suspended()).includes("SPY halt"));
    say(false, 40);
    await until("it is not any more", async () => (await suspended()).length === 0);
    say(true, 30);
    await until("it is halted again", async () => (await suspended()).includes("SPY halt"));
    await recordFacts(database.pool, [trade("SPY", "101", secondsAgo(20))]);
    expect(await suspended()).toEqual([]);
  });
});

describe("the connection", () => {
  test("has one owner: another process takes over when it goes, and the broker never sees two", async () => {
    const database = await openDatabase();
    const { port, connections, open } = createScriptedStream();
    const first = start(database.pool, port);
    await until("the first has it", async () => first.worker.health().isOwner && open().length === 1);
    let looked = 0;
    const second = start(database.pool, port, { candidates: () => ((looked += 1), [candidate("SPY")]) });
    await until("the second has tried more than once", async () => looked > 3);
    expect([first.worker.health().isOwner, second.worker.health().isOwner, open().length]).toEqual([true, false, 1]);
    await first.worker.stop();
    await until("the second has it", async () => second.worker.health().isOwner && open().length === 1);
    expect(connections).toHaveLength(2);
  });

  test("of a process that was paused beyond its lease writes nothing, and is closed", async () => {
    const database = await openDatabase();
    const { port, open } = createScriptedStream();
    let opened = 0;
    const watched: Pool = Object.create(database.pool, { query: { value: database.pool.query.bind(database.pool) }, connect: { value: () => ((opened += 1), database.pool.connect()) } }) as Pool;
    const { worker } = start(watched, port, { timing: { renewEveryMs: 600_000, ttlMs: 1_200_000 } });
    await until("it is connected", async () => worker.health().isOwner && open().length === 1);
    // Another process has it, and this one does not know yet.
    await database.pool.query("update leases set owner = 'another', fencing = fencing + 1 where name = 'market-data-stream'");
    open()[0]?.handlers.onFacts([trade("SPY", "1", secondsAgo(1))]);
    await until("it begins to write", async () => opened > 0);
    // Stopping waits for what is under way.
    await worker.stop();
    expect(await priceOf(database.pool, "SPY")).toBeUndefined();

    const other = createScriptedStream();
    const renewing = start(database.pool, other.port);
    await database.pool.query("update leases set expires_at = now() where name = 'market-data-stream'");
    await until("the next one is connected", async () => other.open().length === 1);
    await database.pool.query("update leases set owner = 'a third', fencing = fencing + 1, expires_at = now() + interval '1 minute' where name = 'market-data-stream'");
    await until("it finds that it has lost the lease", async () => other.open().length === 0);
    expect(renewing.worker.health()).toEqual({ isOwner: false, symbols: 0 });
  });

  test("wants the symbols with the most rules, follows changes, and is closed where nothing is to be followed or another process ticks", async () => {
    const database = await openDatabase();
    const { port, connections, open } = createScriptedStream();
    let candidates: StreamCandidate[] = Array.from({ length: 40 }, (_, n) => candidate(`S${String(n).padStart(2, "0")}`));
    let leading = true;
    const { worker } = start(database.pool, port, { candidates: () => candidates, isLeader: () => leading });
    const wished = (): string[] => open()[0]?.wishes.map(({ symbol }) => symbol) ?? [];
    await until("thirty are wanted", async () => wished().length === 30);
    expect(wished().at(-1)).toBe("S29");
    candidates = [...candidates, candidate("ZM", 3)];
    worker.wake();
    await until("the one with more rules is among them", async () => wished()[0] === "ZM");
    expect([wished().length, wished().includes("S29"), connections.length]).toEqual([30, false, 1]);
    leading = false;
    await until("it is closed", async () => open().length === 0 && !worker.health().isOwner);
    leading = true;
    await until("it is opened again", async () => open().length === 1);
    candidates = [];
    await until("it is closed again", async () => open().length === 0);
  });
});

describe("polling beside the stream", () => {
  test("leaves alone what the stream keeps fresh, and takes over the moment it is down", async () => {
    const database = await openDatabase();
    const { port, open } = createScriptedStream();
    const market = createFakeMarket();
    market.set("SPY", "100");
    market.set("AIG", "50");
    let downs = 0;
    const { worker } = start(database.pool, port, { onNews: () => void (downs += 1), candidates: () => [candidate("SPY", 1, true)] });
    const ingest = createIngest({ pool: database.pool, market, observer: {}, onLateFetch: () => undefined, isStreamed: worker.keepsFresh });
    closers.push(() => ingest.stop());
    const inputs = createWantedInputs();
    inputs.add([{ ...group, symbols: ["SPY"], pollIntervalSeconds: 1, quoted: true }, { ...group, symbols: ["AIG"], pollIntervalSeconds: 1, quoted: false }]);
    const asked = (): string[] => market.requests.splice(0).map(({ symbols, quoted }) => `${symbols.join(",")}${quoted?.size ? ` with quotes of ${[...quoted].join(",")}` : ""}`);
    const poll = async (): Promise<string[]> => {
      await ingest.run(inputs, await readSessions(database.pool));
      return asked();
    };
    const untilDue = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, ingest.nextDueInMs(inputs) + 1));
    await until("it is connected", async () => open().length === 1);
    expect(await poll()).toEqual(["SPY,AIG with quotes of SPY"]);
    open()[0]?.handlers.onSubscribed(new Set(["SPY"]));
    await untilDue();
    expect(await poll()).toEqual(["AIG"]);
    const before = downs;
    open()[0]?.handlers.onDown("the test says so");
    expect(downs).toBe(before + 1);
    expect(ingest.nextDueInMs(inputs)).toBe(0);
    expect((await poll())[0]).toContain("SPY");
  });

  test("a symbol's quote is fetched for as long as anybody wants it", () => {
    const inputs = createWantedInputs();
    const input = (quoted: boolean) => ({ ...group, symbols: ["SPY"], pollIntervalSeconds: 60, quoted });
    const isQuoted = (): boolean | undefined => inputs.groups()[0]?.symbols[0]?.quoted;
    const [one, another, third] = [[input(true)], [input(false)], [input(true)]];
    for (const wants of [one, another, third, third]) inputs.add(wants);
    for (const wants of [one, third]) inputs.remove(wants);
    expect(isQuoted()).toBe(true);
    inputs.remove(third);
    expect(isQuoted()).toBe(false);
  });
});
