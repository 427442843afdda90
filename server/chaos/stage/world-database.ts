/** The database that the worlds of one process use one after the other, and the connections that stay open between them. */
import { setTimeout as sleep } from "node:timers/promises";
import { createPool, type Pool } from "../../src/db/pool.ts";
import { openDatabase, type Addresses } from "./database.ts";

/** Pools of connections that outlive the lives which use them; each life's share is bounded by itself (mortal-pool.ts). */
export type WorldDatabase = { app: Pool; web: Pool; owner: Pool };

export type DatabaseKeeper = {
  /** As if it had just been created. */
  open(): Promise<WorldDatabase>;
  /** Nobody is at work on it any more, as far as its user knows. */
  giveBack(isQuiet: boolean): Promise<void>;
  close(): Promise<void>;
};

/** Four of these fit into the hundred that PostgreSQL allows. */
const mostConnections = { app: 10, web: 6, owner: 3 };
const patienceMs = 120_000;
/** Rows of worlds gone by make tables longer; every so often they are taken out. */
const vacuumEvery = 20;
/** What a life that died had sent may still be running. */
const quietWithinMs = 3_000;

type Kept = WorldDatabase & { worlds: number; end(): Promise<void> };

export function keepDatabase(addresses: Addresses, name: string): DatabaseKeeper {
  let opened = 0;
  let kept: Kept | null = null;

  const openNew = async (): Promise<Kept> => {
    opened += 1;
    const database = await openDatabase(addresses, `${name}_${opened}`);
    const shared = { applicationName: "chaos", connectTimeoutMs: 2_000, onIdleConnectionLost: () => undefined };
    const app = createPool({ ...shared, url: database.url, maxConnections: mostConnections.app });
    const web = createPool({ ...shared, url: database.webUrl, maxConnections: mostConnections.web });
    // The world itself has patience, however busy the machine is.
    const patient = { connectTimeoutMs: patienceMs, statementTimeoutMs: patienceMs, lockTimeoutMs: patienceMs };
    const owner = createPool({ ...shared, ...patient, url: database.ownerUrl, maxConnections: mostConnections.owner });
    return {
      app, web, owner, worlds: 0,
      end: async () => {
        await owner.end();
        await database.drop();
        // One that a life left behind still holds on to may never come back.
        void Promise.allSettled([app.end(), web.end()]);
      },
    };
  };

  return {
    open: async () => {
      kept ??= await openNew();
      kept.worlds += 1;
      if (kept.worlds > 1) await kept.owner.query("select chaos.begin_anew()");
      if (kept.worlds % vacuumEvery === 0) await kept.owner.query("vacuum");
      return kept;
    },
    giveBack: async (isQuiet) => {
      if (kept === null || (isQuiet && (await becomesQuiet(kept.owner)))) return;
      // Somebody may still write to it: nobody else shall have it.
      const left = kept;
      kept = null;
      await left.end();
    },
    close: async () => {
      await kept?.end();
      kept = null;
    },
  };
}

/** Whether everything that was sent to it has come to its end. */
async function becomesQuiet(owner: Pool): Promise<boolean> {
  const givesUpAt = process.hrtime.bigint() + BigInt(quietWithinMs) * 1_000_000n;
  for (;;) {
    const { rows } = await owner.query(
      "select from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and state is distinct from 'idle' and pid <> pg_backend_pid() limit 1",
    );
    if (rows.length === 0) return true;
    if (process.hrtime.bigint() > givesUpAt) return false;
    await sleep(5);
  }
}
