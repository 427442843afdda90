/** What a kill switch would do if it were set now. */
import type { OrderStatus } from "@nod/contract/order";
import type { Side } from "@nod/contract/primitives";
import { maxPreviewed, type KillSwitchMode, type KillSwitchPreview } from "@nod/contract/status";
import { price, quantity, usd, valueOf } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import { giveConfirmation } from "../risk/kill-switch-confirmations-table.ts";
import { uidOf, type KillSwitchScope } from "../risk/kill-switch-scope.ts";

type RawOrder = { id: string; symbol: string; side: Side; notional_usd: string | null; qty: string | null; status: OrderStatus };
type RawPreview = {
  at: Date;
  known: boolean;
  denies: RawOrder[];
  denies_count: number;
  cancels: RawOrder[];
  cancels_count: number;
  sells: { symbol: string; qty: string; price: string | null }[];
  sells_count: number;
};

/** With `flatten` it gives the token that the switch then wants. Null: there is no such user. */
export async function previewKillSwitch(db: Db, scope: KillSwitchScope, mode: KillSwitchMode): Promise<KillSwitchPreview | null> {
  const { rows } = await db.query<RawPreview>({ name: "preview-kill-switch", text: previewSql, values: [uidOf(scope), mode] });
  const row = rows[0];
  if (row === undefined) throw new Error("a select without a condition returned no row");
  if (!row.known) return null;
  const confirmation = mode === "flatten" ? await giveConfirmation(db, scope) : null;
  return {
    mode,
    scope: scope.scope,
    denies: row.denies.map(orderOf),
    cancels: row.cancels.map(orderOf),
    sells: row.sells.map((sell) => ({ symbol: sell.symbol, qty: quantity(sell.qty), market_value: sell.price === null ? null : valueOf(quantity(sell.qty), price(sell.price)) })),
    counts: { denies: row.denies_count, cancels: row.cancels_count, sells: row.sells_count },
    confirmation: confirmation === null ? null : { token: confirmation.token, expires_at: confirmation.expiresAt.toISOString() },
    server_time: row.at.toISOString(),
  };
}

const orderOf = (raw: RawOrder): KillSwitchPreview["denies"][number] => ({
  ...raw,
  notional_usd: raw.notional_usd === null ? null : usd(raw.notional_usd),
  qty: raw.qty === null ? null : quantity(raw.qty),
});

const ordersJson = `coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'symbol', o.symbol, 'side', o.side, 'notional_usd', o.notional_usd::text, 'qty', o.qty::text, 'status', o.status)
                                       order by o.created_at, o.id) filter (where o.nth <= ${maxPreviewed}), '[]')`;

/** $1: the user, null for everyone. $2: the mode. The same sets as the submit worker, the canceling and the flattening go by. */
const previewSql = `
  select clock_timestamp() as at,
         $1::text is null or exists (select from users where firebase_uid = $1::text) as known,
         denied.orders as denies, denied.count as denies_count, canceled.orders as cancels, canceled.count as cancels_count, sold.positions as sells, sold.count as sells_count
  from (
    select ${ordersJson} as orders, count(*)::int4 as count
    from (select *, row_number() over (order by created_at, id) as nth from trade_orders
          where ($1::text is null or firebase_uid = $1::text) and status = 'pending_submit' and side = 'buy') as o
  ) as denied
  cross join (
    select ${ordersJson} as orders, count(*)::int4 as count
    from (select *, row_number() over (order by created_at, id) as nth from trade_orders
          where ($1::text is null or firebase_uid = $1::text) and $2::text in ('cancel_only', 'flatten') and is_open and alpaca_order_id is not null and status <> 'pending_cancel') as o
  ) as canceled
  cross join (
    select coalesce(jsonb_agg(jsonb_build_object('symbol', h.symbol, 'qty', h.qty::text, 'price', l.price::text) order by h.symbol, h.qty) filter (where h.nth <= ${maxPreviewed}), '[]') as positions,
           count(*)::int4 as count
    from (
      select o.symbol, o.firebase_uid, sum(case when o.side = 'buy' then o.filled_qty else -o.filled_qty end) as qty, row_number() over (order by o.symbol, o.firebase_uid) as nth
      from trade_orders as o
      where ($1::text is null or o.firebase_uid = $1::text) and $2::text = 'flatten' and o.filled_qty > 0
      group by o.symbol, o.firebase_uid
      having sum(case when o.side = 'buy' then o.filled_qty else -o.filled_qty end) > 0
    ) as h
    left join lateral (
      select l.price from market_data_latest as l where l.symbol = h.symbol and l.metric = 'last_trade' order by l.as_of desc limit 1
    ) as l on true
  ) as sold`;
