/** The table `position_differences`, and what all users' orders have executed, which it is made from. */
import { quantity } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import type { ComparedPositions, PositionDifference, TradedSymbol } from "./compare-positions.ts";

/**
 * By symbol, of everybody's orders together. An order that the broker holds in another form than ours waits for an operator and
 * is not followed any more, so nothing moves by it. Reads every order that was filled: for now and then.
 */
export async function readTradedSymbols(db: Db): Promise<TradedSymbol[]> {
  const { rows } = await db.query<{ symbol: string; is_crypto: boolean; bought: string; sold: string; is_moving: boolean }>(
    `select symbol, bool_or(asset_class = 'crypto') as is_crypto,
            trim_scale(coalesce(sum(filled_qty) filter (where side = 'buy'), 0))::text as bought,
            trim_scale(coalesce(sum(filled_qty) filter (where side = 'sell'), 0))::text as sold,
            bool_or(is_open and not (status = 'unknown' and next_lookup_at is null)) as is_moving
       from trade_orders
      where filled_qty > 0 or is_open
      group by symbol`,
  );
  return rows.map((row) => ({ symbol: row.symbol, isCrypto: row.is_crypto, bought: quantity(row.bought), sold: quantity(row.sold), isMoving: row.is_moving }));
}

/** `missing`: the broker has less than our users own. `foreign`: it has more, of somebody else's. */
export type DifferenceKind = "missing" | "foreign";

type KeptDifference = PositionDifference & { kind: DifferenceKind };

/** `appeared` and `gone`: by this comparison. The counts are of all that are known. */
export type KnownDifferences = { missing: number; foreign: number; appeared: KeptDifference[]; gone: KeptDifference[] };

/** Keeps those that there are and forgets those that are no more; what was known of a symbol that moves stays. */
export async function keepDifferences(tx: Db, { differing, moving }: ComparedPositions): Promise<KnownDifferences> {
  const { rows } = await tx.query<{ what: "appeared" | "known" | "gone"; symbol: string; kind: DifferenceKind; broker_qty: string; our_qty: string }>(
    `with told as (
       select * from unnest($1::text[], $2::numeric[], $3::numeric[]) as t(symbol, broker_qty, our_qty)
     ), kept as (
       insert into position_differences as known (symbol, broker_qty, our_qty, since, seen_at)
       select symbol, broker_qty, our_qty, now(), now() from told
       on conflict (symbol) do update set
         broker_qty = excluded.broker_qty, our_qty = excluded.our_qty, seen_at = excluded.seen_at,
         since = case when (excluded.broker_qty < excluded.our_qty) = (known.broker_qty < known.our_qty) then known.since else excluded.since end
       returning symbol, kind, broker_qty, our_qty, since = seen_at as is_new
     ), gone as (
       delete from position_differences as known
        where known.symbol <> all($4::text[]) and not exists (select from told where told.symbol = known.symbol)
       returning symbol, kind, broker_qty, our_qty
     ), listed as (
       select case when is_new then 'appeared' else 'known' end as what, symbol, kind, broker_qty, our_qty from kept
       union all select 'gone', symbol, kind, broker_qty, our_qty from gone
       union all select 'known', symbol, kind, broker_qty, our_qty from position_differences where symbol = any($4::text[])
     )
     select what, symbol, kind, trim_scale(broker_qty)::text as broker_qty, trim_scale(our_qty)::text as our_qty from listed order by symbol`,
    [differing.map(({ symbol }) => symbol), differing.map(({ brokerQty }) => brokerQty), differing.map(({ ourQty }) => ourQty), moving],
  );
  const of = (wanted: (typeof rows)[number]["what"]) =>
    rows.filter(({ what }) => what === wanted).map(({ symbol, kind, broker_qty: broker, our_qty: ours }): KeptDifference => ({ symbol, kind, brokerQty: quantity(broker), ourQty: quantity(ours) }));
  const count = (wanted: DifferenceKind): number => rows.filter(({ what, kind }) => what !== "gone" && kind === wanted).length;
  return { missing: count("missing"), foreign: count("foreign"), appeared: of("appeared"), gone: of("gone") };
}
