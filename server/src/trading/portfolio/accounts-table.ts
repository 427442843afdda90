import type { Db } from "../../db/pool.ts";
import { zeroUsd } from "../../core/decimal.ts";
import type { BrokerAccount } from "../ports.ts";

/** One account at the broker serves all users. */
const theAccount = "alpaca";

/** What the broker said of its account. One that it has blocked can pay for nothing. */
export async function recordAccount(db: Db, account: BrokerAccount): Promise<void> {
  await db.query(
    `insert into broker_accounts (id, buying_power, cash, equity, as_of)
     values ($1::text, $2::numeric, $3::numeric, $4::numeric, clock_timestamp())
     on conflict (id) do update
       set buying_power = excluded.buying_power, cash = excluded.cash, equity = excluded.equity, as_of = excluded.as_of`,
    [theAccount, account.tradingBlocked ? zeroUsd : account.buyingPower, account.cash, account.equity],
  );
}

/** Our books and the broker's were compared from end to end, and agree or were made to. */
export async function recordReconciled(db: Db): Promise<void> {
  await db.query("update broker_accounts set reconciled_at = clock_timestamp() where id = $1::text", [theAccount]);
}

/** When our books and the broker's were last compared from end to end, by whichever process; null when never. */
export async function lastReconciledAt(db: Db): Promise<Date | null> {
  const { rows } = await db.query<{ reconciled_at: Date | null }>("select reconciled_at from broker_accounts where id = $1::text", [theAccount]);
  return rows[0]?.reconciled_at ?? null;
}
