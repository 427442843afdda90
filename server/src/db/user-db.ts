/**
 * Statements on behalf of one user, under row security (migration 0013): the web's role sees the rows of the user that its
 * transaction names, and without a name none.
 *
 *   const { rows } = await dbOfUser(pool, uid).query("select … from trade_orders");
 *   await withTransaction(pool, (tx) => asUser(tx, uid, () => setKillSwitch(tx, …)));
 */
import type pg from "pg";
import { inOnePacket, undo } from "./pipelined-transaction.ts";
import type { Db, Pool } from "./pool.ts";

/** Each statement in a transaction of its own that names the user, begin and commit included in one round trip. */
export function dbOfUser(pool: Pool, firebaseUid: string): Db {
  const query = async (statement: string | pg.QueryConfig<unknown[]>, values?: unknown[]): Promise<pg.QueryResult> => {
    const client = await pool.connect();
    // While it is checked out, a lost connection also rejects its running statements; the event alone must not end the process.
    const onError = (): void => undefined;
    client.on("error", onError);
    try {
      const [, , result] = await inOnePacket(client, () =>
        Promise.all([client.query("begin"), client.query(naming(firebaseUid)), client.query(statement, values), client.query("commit")]),
      );
      client.release();
      return result;
    } catch (error) {
      await undo(client);
      throw error;
    } finally {
      client.off("error", onError);
    }
  };
  return { query };
}

/** Names the user for the rest of the transaction; `work`'s first statement goes out in the same round trip. */
export async function asUser<Result>(tx: Db, firebaseUid: string, work: () => Promise<Result>): Promise<Result> {
  const [, result] = await Promise.all([tx.query(naming(firebaseUid)), work()]);
  return result;
}

const naming = (firebaseUid: string): pg.QueryConfig<unknown[]> => ({ name: "name-user", text: "select set_config('nod.uid', $1::text, true)", values: [firebaseUid] });
