import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReadinessPart } from "@nod/contract/readiness";
import type { Pool } from "../db/pool.ts";
import { readSessions } from "../trading/market/session-table.ts";
import type { ReadinessProbe } from "./services.ts";

/** `detail` is read by operators and by anybody else: a plain sentence without secrets. */
export type Verdict = { ready: boolean; detail: string };
export type Check = { name: ReadinessPart["name"]; required: boolean; look: () => Verdict | Promise<Verdict> };

/** A part that does not say so by then is not ready. */
const defaultCheckTimeoutMs = 2_000;
/** While the stock market is open, some price is never older than this, unless nobody watches anything. */
const freshWithinSeconds = 300;

/** Looks at all parts at once. It never throws and never waits long, whatever state they are in. */
export function createReadinessProbe(checks: readonly Check[], { checkTimeoutMs = defaultCheckTimeoutMs }: { checkTimeoutMs?: number } = {}): ReadinessProbe {
  return () => Promise.all(checks.map(async ({ name, required, look }) => ({ name, required, ...(await inTime(look, checkTimeoutMs)) })));
}

async function inTime(look: Check["look"], checkTimeoutMs: number): Promise<Verdict> {
  const done = new AbortController();
  try {
    return await Promise.race([
      Promise.resolve().then(look),
      sleep(checkTimeoutMs, undefined, { signal: done.signal }).then(() => ({ ready: false, detail: `It did not answer within ${checkTimeoutMs} ms.` })),
    ]);
  } catch {
    return { ready: false, detail: "It cannot be asked." }; // the reason may name hosts and users; the logs have it
  } finally {
    done.abort();
  }
}

export function databaseCheck(pool: Pool): Check {
  return {
    name: "database",
    required: true,
    async look() {
      const { rows } = await pool.query<{ read_only: boolean }>("select pg_is_in_recovery() as read_only");
      return rows[0]?.read_only === false ? { ready: true, detail: "It answers." } : { ready: false, detail: "It takes no writes." };
    },
  };
}

/** @param directory the migrations of this version */
export function migrationsCheck(pool: Pool, directory: string): Check {
  return {
    name: "migrations",
    required: true,
    async look() {
      const wanted = (await readdir(directory)).filter((name) => name.endsWith(".sql")).map((name) => name.replace(/\.sql$/, ""));
      const { rows } = await pool.query<{ name: string }>("select name from schema_migrations");
      const applied = new Set(rows.map((row) => row.name));
      const missing = wanted.filter((name) => !applied.has(name));
      return missing.length === 0 ? { ready: true, detail: `All ${wanted.length} are applied.` } : { ready: false, detail: `Not applied: ${missing.join(", ")}.` };
    },
  };
}

/** Stale prices stop questions and orders by themselves, so they make the process degraded and not unready. */
export function marketDataCheck(pool: Pool): Check {
  return {
    name: "market_data",
    required: false,
    async look() {
      const { us_equity: session } = await readSessions(pool);
      if (session.state === "closed") return { ready: true, detail: "The stock market is closed." };
      if (session.state === "unknown") return { ready: false, detail: "It is not known whether the stock market is open." };
      const { rows } = await pool.query<{ seconds: number | null }>(
        "select extract(epoch from clock_timestamp() - max(as_of))::int4 as seconds from market_data_latest where metric = 'last_trade' and asset_class = 'us_equity'",
      );
      const seconds = rows[0]?.seconds ?? null;
      if (seconds === null) return { ready: false, detail: "No price has come in yet." };
      return { ready: seconds <= freshWithinSeconds, detail: `The newest price is ${seconds} s old.` };
    },
  };
}

/**
 * Whether somebody asks for every user, and somebody has the order desk. Not required: a process that answers people, or
 * stands by, is well while another one that worked is being succeeded.
 * @param pool reads as the role that works for all users
 * @param asks whether questions are to be asked at all
 */
export function leasesCheck(pool: Pool, { asks }: { asks: boolean }): Check {
  return {
    name: "leases",
    required: false,
    async look() {
      const { rows } = await pool.query<{ name: string }>("select name from leases where expires_at > clock_timestamp()");
      const held = rows.map((row) => row.name);
      const missing = [...(held.includes("order-desk") ? [] : ["Nobody has the order desk."]), ...(asks ? untended(held) : [])];
      return missing.length === 0 ? { ready: true, detail: `Held: ${held.toSorted().join(", ")}.` } : { ready: false, detail: missing.join(" ") };
    },
  };
}

/** For whom nobody asks: everybody, or the users of some shards. How many there are is in the leases' own names. */
function untended(held: readonly string[]): string[] {
  if (held.includes("tick")) return [];
  const shards = held.flatMap((name) => /^shard \d+ of (\d+)$/.exec(name)?.[1] ?? []);
  const [of] = shards;
  if (of === undefined) return ["Nobody ticks."];
  return shards.length < Number(of) ? [`Nobody has ${Number(of) - shards.length} of ${of} shards.`] : [];
}

/** A worker compares its books with the broker's about once a minute; three times that long without it, nobody does. */
const reconciledWithinSeconds = 180;

/** For a process without workers: it takes answers all the same, and what they lead to waits for one. */
export function workersCheck(pool: Pool): Check {
  return {
    name: "broker_reconciled",
    required: false,
    async look() {
      const { rows } = await pool.query<{ seconds: number | null }>(
        "select extract(epoch from clock_timestamp() - reconciled_at)::int4 as seconds from broker_accounts where id = 'alpaca'",
      );
      const seconds = rows[0]?.seconds ?? null;
      if (seconds === null) return { ready: false, detail: "No worker has compared the books with the broker's yet; nothing is sent." };
      return { ready: seconds <= reconciledWithinSeconds, detail: `A worker compared the books with the broker's ${seconds} s ago.` };
    },
  };
}
