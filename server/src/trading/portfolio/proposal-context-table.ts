/** What proposals depend on besides their rule: what the user holds and could sell, what the account is worth. */
import { isPositive, quantity, subtract, usd, zeroQuantity, type Quantity, type Usd } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import type { ProposalContext } from "../orders/proposal.ts";
import { isPersonal } from "../orders/proposal.ts";
import { sharedRuleOf, type CompiledCondition, type CompiledRule } from "../rules/compiled-rule.ts";

type Asked = { firebaseUid: string; rule: Pick<CompiledRule | CompiledCondition, "rule"> };

/** An account that was not heard of for longer is not known. */
const maxAccountAgeMinutes = 15;

/** For all of them in at most two statements, and in none when no proposal depends on anything. */
export async function readProposalContexts(db: Db, asked: readonly Asked[]): Promise<(of: Asked) => ProposalContext> {
  const personal = asked.filter(({ rule }) => isPersonal(sharedRuleOf(rule)));
  const sized = asked.some(({ rule }) => {
    const { on_answer_match: action } = sharedRuleOf(rule);
    return action.action === "propose_order" && "equity_pct" in action;
  });
  const [equity, sellable] = await Promise.all([sized ? readEquity(db) : null, personal.length === 0 ? null : readSellable(db, personal)]);
  return ({ firebaseUid, rule }) => ({ equity, sellable: sellable === null ? null : (sellable.get(`${rule.rule.symbol} ${firebaseUid}`) ?? zeroQuantity) });
}

async function readEquity(db: Db): Promise<Usd | null> {
  const { rows } = await db.query<{ equity: string }>({
    name: "read-equity",
    text: "select equity from broker_accounts where id = 'alpaca' and as_of > clock_timestamp() - $1::int4 * interval '1 minute'",
    values: [maxAccountAgeMinutes],
  });
  return rows[0] === undefined ? null : usd(rows[0].equity);
}

async function readSellable(db: Db, of: readonly Asked[]): Promise<Map<string, Quantity>> {
  const { rows } = await db.query<{ firebase_uid: string; symbol: string; held: string; selling: string }>({
    name: "read-sellable",
    text: `
      select u.firebase_uid, u.symbol, held.held, held.selling
      from (select distinct * from unnest($1::text[], $2::text[]) as u (firebase_uid, symbol)) as u
      cross join lateral (
        select coalesce(sum(case when o.side = 'buy' then o.filled_qty else -o.filled_qty end), 0) as held,
               coalesce(sum(o.qty - o.filled_qty) filter (where o.is_open and o.side = 'sell'), 0) as selling
        from trade_orders as o where o.firebase_uid = u.firebase_uid and o.symbol = u.symbol and (o.filled_qty > 0 or o.is_open)
      ) as held`,
    values: [of.map(({ firebaseUid }) => firebaseUid), of.map(({ rule }) => rule.rule.symbol)],
  });
  return new Map(
    rows.map((row) => {
      const left = subtract(quantity(row.held), quantity(row.selling));
      return [`${row.symbol} ${row.firebase_uid}`, isPositive(left) ? left : zeroQuantity];
    }),
  );
}
