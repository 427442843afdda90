/** Users who are asked real questions: through the pipeline's own statement, with outbox and notification. */
import type { ReferenceRule } from "@nod/contract/trading-config";
import type { Pool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { askFirings } from "../../src/pipeline/ask.ts";
import { expireDueQuestions } from "../../src/pipeline/questions-table.ts";
import { appendToOutbox } from "../../src/trading/outbox/outbox-table.ts";
import { addUsers, configWith, dipReading, dipRule, firingsOf } from "./trading-users.ts";
import { openAsking } from "./open-fence.ts";

export type Asking = {
  /** Adds users who hold `rules` (by default one), none of which cools down. */
  add(...uids: string[]): Promise<void>;
  /** Lets every rule of the users fire once; gives the ids of the open questions in the order of their numbers. */
  ask(...uids: string[]): Promise<string[]>;
  /** The time of the user's open questions runs out, and they are closed for it. */
  expire(uid: string): Promise<void>;
  /** The market is open, the price is that of the question, and the broker's books are known. */
  openMarket(): Promise<void>;
};

let groups = 0;

export function asking(pool: Pool, ownerPool: Pool, rules: Partial<ReferenceRule>[] = [{}]): Asking {
  const config = configWith(rules.map((rule) => dipRule({ cooldown_seconds: 0, ...rule })));
  return {
    async add(...uids) {
      groups += 1;
      await addUsers(ownerPool, `asking_${groups}`, config, uids);
    },
    async ask(...uids) {
      await askFirings(pool, firingsOf(config, uids, dipReading()), openAsking);
      const { rows } = await pool.query<{ id: string }>("select q.id from questions q join user_outbox o on o.ref_id = q.id and o.kind = 'question_asked' where q.firebase_uid = any($1) and q.status = 'open' order by o.firebase_uid, o.seq", [uids]);
      return rows.map((row) => row.id);
    },
    async expire(uid) {
      await pool.query("update questions set created_at = now() - interval '1 hour', expires_at = now() - interval '1 minute' where firebase_uid = $1 and status = 'open'", [uid]);
      await withTransaction(pool, async (tx) => {
        const expired = await expireDueQuestions(tx, 100);
        await appendToOutbox(tx, expired.map(({ id, firebaseUid }) => ({ firebaseUid, kind: "question_closed", refId: id })));
      });
    },
    async openMarket() {
      await pool.query(`insert into market_sessions (market, is_open, trading_day, next_open, next_close, as_of)
        values ('us_equity', true, (now() at time zone 'America/New_York')::date, now() + interval '1 day', now() + interval '3 hours', now())
        on conflict (market) do update set as_of = now()`);
      await pool.query(`insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of) values ('iex', 'us_equity', 'SPY', 'last_trade', 98, now())
        on conflict (symbol, metric, feed, asset_class) do update set as_of = now()`);
      await pool.query(`insert into assets (asset_class, symbol, is_tradable, is_fractionable, as_of) values ('us_equity', 'SPY', true, true, now())
        on conflict (symbol, asset_class) do update set as_of = now()`);
      await pool.query(`insert into broker_accounts (id, buying_power, cash, equity, as_of, reconciled_at) values ('alpaca', 10000, 10000, 10000, now(), now())
        on conflict (id) do update set as_of = now(), reconciled_at = now()`);
    },
  };
}
