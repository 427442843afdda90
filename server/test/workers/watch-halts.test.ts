import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import type { Pool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { clearKillSwitch } from "../../src/trading/risk/kill-switch-table.ts";
import type { Halt } from "../../src/trading/risk/halt-rules.ts";
import type { KillSwitchScope } from "../../src/trading/risk/kill-switch-scope.ts";
import { createHaltWatch, failingStockFeeds, startHaltWatch } from "../../src/workers/watch-halts.ts";
import { useTestDatabase } from "../support/database.ts";
import { createScriptedBroker } from "../support/scripted-broker.ts";
import { addTraders, ask, createFloor, openTheMarket, setPrice } from "../support/trading-floor.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();
let uid = "";
let halted: { scope: KillSwitchScope; why: Halt }[] = [];
let feeds: { name: string; failingForSeconds: number }[] = [];

const deps = () => ({
  pool: database.pool,
  feeds: () => feeds,
  observer: {
    halted: (scope: KillSwitchScope, why: Halt) => void halted.push({ scope, why }),
    failed: (error: unknown) => {
      throw error;
    },
  },
});

beforeEach(async () => {
  uid = `h_${newUuid().slice(0, 8)}`;
  halted = [];
  feeds = [];
  await openTheMarket(database.ownerPool);
});
afterEach(async () => {
  await database.ownerPool.query("delete from kill_switches");
  await database.ownerPool.query("update trade_orders set status = 'filled', filled_qty = 0");
});

const trader = (limits: { max_daily_loss_usd?: number; max_drawdown_usd?: number } = {}) => addTraders(database.ownerPool, [uid], { max_orders_per_day: 100, ...limits });
const floor = () => createFloor(database.pool, createScriptedBroker());
const answer = async (symbol: string) => {
  const outcome = await floor().answer(uid, await ask(database.ownerPool, uid, { symbol }), 10);
  if (outcome.kind !== "answered") throw new Error(`the answer was ${outcome.kind}`);
  return outcome.result;
};
const holds = async (symbol: string, qty: string) => {
  const { order } = await answer(symbol);
  await database.ownerPool.query("update trade_orders set status = 'filled', filled_qty = $2::numeric, filled_avg_price = 100, filled_at = now() where id = $1", [order?.id, qty]);
};
const switches = async () => (await database.ownerPool.query<{ scope: string; mode: string; set_by: string }>("select scope, mode, set_by from kill_switches")).rows;

describe("a user is halted", () => {
  test("by the day's loss, with the reason, and the next answer in any process is denied", async () => {
    await trader({ max_daily_loss_usd: 20 });
    await holds("SPY", "2");
    const watch = createHaltWatch(deps());
    await watch.look();
    expect(halted).toEqual([]);
    await setPrice(database.ownerPool, ["SPY"], "90");
    await watch.look();
    expect(halted).toEqual([{ scope: { scope: "user", firebaseUid: uid }, why: { trigger: "daily_loss", reason: "the day has lost $20, and your limit is $20" } }]);
    expect(await switches()).toEqual([{ scope: "user", mode: "block_new", set_by: "nod" }]);
    const { rows } = await database.ownerPool.query("select data ->> 'trigger' as trigger from events where firebase_uid = $1 and kind = 'kill_switch_set'", [uid]);
    expect(rows).toEqual([{ trigger: "daily_loss" }]);
    expect((await answer("AAPL")).decision).toMatchObject({ code: "kill_switch_active", limits: { reason: "the day has lost $20, and your limit is $20" } });
  });

  test("by the fall from the day's best, which every process remembers", async () => {
    await trader({ max_drawdown_usd: 20 });
    await holds("SPY", "2");
    await setPrice(database.ownerPool, ["SPY"], "115");
    await createHaltWatch(deps()).look();
    await setPrice(database.ownerPool, ["SPY"], "105.01");
    await createHaltWatch(deps()).look();
    expect(halted).toEqual([]);
    await setPrice(database.ownerPool, ["SPY"], "105");
    await createHaltWatch(deps()).look();
    expect(halted).toMatchObject([{ why: { trigger: "drawdown", reason: expect.stringContaining("fallen $20 from its best of $30") } }]);
  });

  test("by five rejections within a minute, and not again for the same ones once it was lifted", async () => {
    await trader();
    const reject = async (n: number) => {
      for (let i = 0; i < n; i += 1) {
        const { order } = await answer("SPY");
        await database.ownerPool.query("update trade_orders set status = 'rejected', updated_at = clock_timestamp() where id = $1", [order?.id]);
      }
    };
    const watch = createHaltWatch(deps());
    await reject(4);
    await watch.look();
    expect(halted).toEqual([]);
    await reject(1);
    await watch.look();
    expect(halted).toMatchObject([{ scope: { firebaseUid: uid }, why: { trigger: "rejections" } }]);
    await withTransaction(database.pool, (tx) => clearKillSwitch(tx, { scope: "user", firebaseUid: uid }, uid));
    await watch.look();
    expect(halted).toHaveLength(1);
    expect((await answer("SPY")).decision).toMatchObject({ verdict: "approved" });
  });

  test("and another who has lost nothing is not, nor one who set no limit", async () => {
    await trader();
    await holds("SPY", "2");
    await setPrice(database.ownerPool, ["SPY"], "1");
    await createHaltWatch(deps()).look();
    expect(await switches()).toEqual([]);
  });

  test("not by a day whose result is not known", async () => {
    await trader({ max_daily_loss_usd: 1, max_drawdown_usd: 1 });
    await holds("SPY", "2");
    await database.ownerPool.query("delete from market_data_latest where symbol = 'SPY'");
    await createHaltWatch(deps()).look();
    expect(await switches()).toEqual([]);
  });
});

describe("everyone is halted", () => {
  test("by a feed that cannot be read while the market is open", async () => {
    feeds = [{ name: "iex/us_equity", failingForSeconds: 301 }];
    await database.ownerPool.query("update market_sessions set is_open = false");
    await createHaltWatch(deps()).look();
    expect(await switches()).toEqual([]);
    await openTheMarket(database.ownerPool);
    await createHaltWatch(deps()).look();
    expect(await switches()).toEqual([{ scope: "all", mode: "block_new", set_by: "nod" }]);
  });

  test("by books that are not compared, but not by those that were not before the watch began", async () => {
    const watch = createHaltWatch(deps());
    await database.ownerPool.query("update broker_accounts set reconciled_at = now() - interval '10 minutes'");
    await watch.look();
    expect(await switches()).toEqual([]);
  });

  test("by books that are not compared for the whole of the named time while somebody watches", async () => {
    await database.ownerPool.query("update broker_accounts set reconciled_at = now() - interval '10 minutes'");
    const startedAtMs = Date.now();
    let laterMs = 0;
    // Time that stands still between two looks, however long they take.
    const later: Pool = Object.create(database.pool, {
      connect: { value: () => database.pool.connect() },
      query: {
        value: async (...given: Parameters<Pool["query"]>) => {
          const result = await database.pool.query<{ at?: Date }>(...given);
          return { ...result, rows: result.rows.map((row) => (row.at instanceof Date ? { ...row, at: new Date(startedAtMs + laterMs) } : row)) };
        },
      },
    }) as Pool;
    const watch = createHaltWatch({ ...deps(), pool: later });
    for (; laterMs < 300_000; laterMs += 25_000) await watch.look();
    expect(await switches()).toEqual([]);
    await watch.look();
    expect(await switches()).toEqual([{ scope: "all", mode: "block_new", set_by: "nod" }]);
    expect(halted).toMatchObject([{ scope: { scope: "all" }, why: { trigger: "reconciliation_failure" } }]);
  });

  test("once, whoever is second", async () => {
    feeds = [{ name: "iex/us_equity", failingForSeconds: 301 }];
    await Promise.all([createHaltWatch(deps()).look(), createHaltWatch(deps()).look(), createHaltWatch(deps()).look()]);
    expect(halted).toHaveLength(1);
  });
});

test("a cause that appears is acted on within about a second", async () => {
  await trader({ max_daily_loss_usd: 20 });
  await holds("SPY", "2");
  const loop = startHaltWatch(deps(), 200);
  try {
    await setPrice(database.ownerPool, ["SPY"], "80");
    await until("the user is halted", () => Promise.resolve(halted.length === 1));
  } finally {
    await loop.stop();
  }
});

test("of the feeds those of stocks count, each from when it began to fail", () => {
  const now = new Date("2024-05-01T16:00:00Z");
  const feed = (assetClass: "us_equity" | "crypto", failingSince: Date | null) =>
    ({ group: { feed: assetClass === "crypto" ? "crypto_us" : "iex", assetClass }, lastFetchedAt: null, failingSince, failures: failingSince === null ? 0 : 3 }) as const;
  const since = new Date(now.getTime() - 90_000);
  expect(failingStockFeeds([feed("us_equity", since), feed("crypto", since)], now)).toEqual([{ name: "iex/us_equity", failingForSeconds: 90 }]);
  expect(failingStockFeeds([feed("us_equity", null)], now)).toMatchObject([{ failingForSeconds: 0 }]);
});
