import { createCountingPool } from "../../test/support/counting-pool.ts";
import { startTick, type TickWorker } from "../../src/workers/tick.ts";
import type { TickReport } from "../../src/workers/tick-observer.ts";
import type { BenchDatabase } from "./bench-database.ts";
import { rulesPerUser, setMarket } from "./population.ts";

/** The worker itself, woken by hand, without a market to fetch from. */
export type Ticker = {
  worker: TickWorker;
  /** The tick that runs or comes next. */
  tick(): Promise<TickReport>;
  /** With everybody's symbols at this price. */
  tickAt(lastTrade: string): Promise<TickReport>;
  /** As if nobody had been asked: what this process knows of cooldowns is forgotten. The database's word is not touched. */
  forgetCooldowns(): void;
  statements(): number;
};

export function startTicker(db: BenchDatabase): Ticker {
  const pool = createCountingPool(db.pool);
  let next = Promise.withResolvers<TickReport>();
  const worker = startTick({
    pool,
    market: { fetchFacts: () => Promise.resolve([]) },
    owner: "bench",
    intervalMs: 86_400_000,
    ingestEnabled: false,
    evaluationEnabled: true,
    observer: { tickFinished: (report) => next.resolve(report), tickFailed: (error) => next.reject(error) },
  });
  const tick = async (): Promise<TickReport> => {
    const report = await next.promise;
    next = Promise.withResolvers();
    return report;
  };
  return {
    worker,
    tick,
    async tickAt(lastTrade) {
      await setMarket(db, lastTrade);
      worker.wake();
      return tick();
    },
    forgetCooldowns() {
      const { rules } = worker.configs;
      // Slots are numbered from zero and used again, so there are no more of them than rules and those that changed.
      for (let slot = 0; slot < rules.size * 2; slot += 1) rules.quieten(slot, 0);
    },
    statements: () => pool.statements,
  };
}

/** The state in which a warm tick finds the tables: everybody has been asked before, nothing is open, no cooldown runs. */
export async function rest({ ownerPool }: BenchDatabase, ticker: Ticker): Promise<void> {
  await ownerPool.query("truncate questions, user_outbox cascade");
  await ownerPool.query("update user_pipeline_state set phase = 'done', cooldown_until = '-infinity' where phase <> 'done' or cooldown_until > '-infinity'");
  await ownerPool.query("update user_outbox_heads set last_seq = 0 where last_seq > 0");
  await ownerPool.query("vacuum analyze questions, user_outbox, user_pipeline_state, user_outbox_heads, user_trading_state");
  ticker.forgetCooldowns();
}

/** Everybody has been asked about everything before. */
export async function fillState({ ownerPool }: BenchDatabase): Promise<void> {
  await ownerPool.query(
    `insert into user_pipeline_state (firebase_uid, pipeline_key, subject, phase)
     select firebase_uid, 'trading', 'dip_' || n, 'done' from users, generate_series(0, $1::int4 - 1) n`,
    [rulesPerUser],
  );
  await ownerPool.query("insert into user_outbox_heads (firebase_uid) select firebase_uid from users");
  await ownerPool.query("insert into user_trading_state (firebase_uid) select firebase_uid from users on conflict do nothing");
}
