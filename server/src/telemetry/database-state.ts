/**
 * What the tables say at the moment of a scrape. Every process tells the same of them, so dashboards take the maximum over
 * processes, and it does not matter which one is scraped. One statement, at most once in two seconds, and never longer.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Gauge, type Registry } from "prom-client";
import type { Db } from "../db/pool.ts";

export type DatabaseState = {
  ingest: readonly { feed: string; asset_class: string; seconds: number }[];
  leases: readonly { name: string; seconds: number; fencing: number }[];
  killSwitches: readonly { scope: string; mode: string; count: number }[];
  markets: readonly { market: string; is_open: boolean }[];
  /** Symbols of which the account does not hold what everybody's orders come to. */
  positions: { missing: number; foreign: number };
  orders: { unknown: number; unknownSeconds: number; waiting: number; waitingSeconds: number };
};

type RawState = {
  ingest: DatabaseState["ingest"];
  leases: DatabaseState["leases"];
  kill_switches: DatabaseState["killSwitches"];
  markets: DatabaseState["markets"];
  missing: number;
  foreign: number;
  unknown: number;
  unknown_seconds: number;
  waiting: number;
  waiting_seconds: number;
};

/** Reads as the role that sees all users. */
export async function readDatabaseState(db: Db): Promise<DatabaseState> {
  const { rows } = await db.query<RawState>({
    name: "state-for-metrics",
    text: `
      select
        (select coalesce(json_agg(f), '[]') from (
           select feed, asset_class, extract(epoch from clock_timestamp() - max(as_of))::float8 as seconds
             from market_data_latest where metric = 'last_trade' group by feed, asset_class) as f) as ingest,
        (select coalesce(json_agg(l), '[]') from (
           select name, extract(epoch from expires_at - clock_timestamp())::float8 as seconds, fencing::float8 from leases) as l) as leases,
        (select coalesce(json_agg(k), '[]') from (select scope, mode, count(*)::int4 as count from kill_switches group by scope, mode) as k) as kill_switches,
        (select coalesce(json_agg(m), '[]') from (select market, is_open from market_sessions) as m) as markets,
        differing.missing, differing."foreign",
        doubt.count as unknown, doubt.seconds as unknown_seconds, waiting.count as waiting, waiting.seconds as waiting_seconds
      from (select count(*)::int4 as count, coalesce(extract(epoch from clock_timestamp() - min(unknown_since)), 0)::float8 as seconds
              from trade_orders where status = 'unknown') as doubt,
           (select count(*)::int4 as count, coalesce(extract(epoch from clock_timestamp() - min(coalesce(next_submit_at, created_at))), 0)::float8 as seconds
              from trade_orders where status = 'pending_submit' and coalesce(next_submit_at, created_at) <= clock_timestamp()) as waiting,
           (select (count(*) filter (where kind = 'missing'))::int4 as missing, (count(*) filter (where kind = 'foreign'))::int4 as "foreign"
              from position_differences) as differing`,
  });
  const row = rows[0];
  if (row === undefined) throw new Error("a select without a condition returned no row");
  return {
    ingest: row.ingest,
    leases: row.leases,
    killSwitches: row.kill_switches,
    markets: row.markets,
    positions: { missing: row.missing, foreign: row.foreign },
    orders: { unknown: row.unknown, unknownSeconds: row.unknown_seconds, waiting: row.waiting, waitingSeconds: row.waiting_seconds },
  };
}

/** Scrapers ask for all metrics at once, and there may be several of them. */
const keptForMs = 2_000;
const readTimeoutMs = 2_000;

/** @param read the tables; its failure empties the gauges and sets `nod_database_up` to 0 */
export function databaseStateMetrics(registry: Registry, read: () => Promise<DatabaseState>): void {
  const state = keptShortly(read);
  const gauge = (name: string, help: string, labelNames: string[], fill: (gauge: Gauge, state: DatabaseState) => void): void => {
    const told: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect: async () => {
        const now = await state();
        told.reset();
        // A gauge that nobody knows the value of is better absent than 0.
        if (now === null) told.remove();
        else fill(told, now);
      },
    });
  };
  const up: Gauge = new Gauge({ name: "nod_database_up", help: "1 when the tables could be read for this scrape", registers: [registry], collect: async () => up.set((await state()) === null ? 0 : 1) });
  gauge("nod_ingest_lag_seconds", "Age of the newest last trade of a feed, by the database's clock; it grows while a market is closed", ["feed"], (told, { ingest }) => {
    for (const { feed, asset_class: assetClass, seconds } of ingest) told.set({ feed: `${feed}/${assetClass}` }, seconds);
  });
  gauge("nod_market_open", "1 while the broker's clock says that the market is open", ["market"], (told, { markets }) => {
    for (const { market, is_open: isOpen } of markets) told.set({ market }, isOpen ? 1 : 0);
  });
  gauge("nod_lease_remaining_seconds", "How much longer a lease runs unless its owner renews it; negative: nobody has had it for so long", ["lease"], (told, { leases }) => {
    for (const { name, seconds } of leases) told.set({ lease: name }, seconds);
  });
  gauge("nod_lease_fencing", "How often a lease has changed hands since the database was made", ["lease"], (told, { leases }) => {
    for (const { name, fencing } of leases) told.set({ lease: name }, fencing);
  });
  gauge("nod_kill_switches", "Kill switches in force", ["scope", "mode"], (told, { killSwitches }) => {
    for (const scope of ["user", "all"]) for (const mode of ["block_new", "cancel_only", "flatten"]) told.set({ scope, mode }, 0);
    for (const { scope, mode, count } of killSwitches) told.set({ scope, mode }, count);
  });
  gauge("nod_position_differences", "Symbols of which the account at the broker holds less than everybody's orders come to (missing) or more (foreign)", ["kind"], (told, { positions }) => {
    for (const kind of ["missing", "foreign"] as const) told.set({ kind }, positions[kind]);
  });
  gauge("nod_orders_unknown", "Orders of which it is not known whether they are at the broker", [], (told, { orders }) => told.set(orders.unknown));
  gauge("nod_orders_unknown_oldest_seconds", "How long the oldest order in doubt has been so; 0 without one", [], (told, { orders }) => told.set(orders.unknownSeconds));
  gauge("nod_orders_waiting", "Approved orders that are due to be sent and are not taken up", [], (told, { orders }) => told.set(orders.waiting));
  gauge("nod_orders_waiting_oldest_seconds", "How long the oldest of them has been due; 0 without one", [], (told, { orders }) => told.set(orders.waitingSeconds));
}

/** Null when it cannot be read in time. All who ask within a short while share one reading. */
function keptShortly(read: () => Promise<DatabaseState>): () => Promise<DatabaseState | null> {
  let readAtMs = -Infinity;
  let reading: Promise<DatabaseState | null> = Promise.resolve(null);
  return () => {
    if (performance.now() - readAtMs >= keptForMs) {
      readAtMs = performance.now();
      const inTime = new AbortController();
      reading = Promise.race([read().catch(() => null), sleep(readTimeoutMs, null, { signal: inTime.signal }).catch(() => null)]).finally(() => inTime.abort());
    }
    return reading;
  };
}
