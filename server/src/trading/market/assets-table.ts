/** The table `assets`: what the broker says may be done with each symbol that is watched. */
import type { AssetClass } from "@nod/contract/primitives";
import type { Db } from "../../db/pool.ts";
import type { BrokerAsset } from "../ports.ts";

export type WatchedSymbol = { assetClass: AssetClass; symbol: string };

/** Symbols that there are prices of and that the broker was not asked about within `olderThanSeconds`, the longest unheard of first. */
export async function assetsToAskFor(db: Db, of: { olderThanSeconds: number; limit: number }): Promise<WatchedSymbol[]> {
  const { rows } = await db.query<{ asset_class: AssetClass; symbol: string }>({
    name: "assets-to-ask-for",
    text: `
      select l.asset_class, l.symbol
      from (select distinct asset_class, symbol from market_data_latest) as l
      left join assets as a on a.symbol = l.symbol and a.asset_class = l.asset_class
      where a.as_of is null or a.as_of < clock_timestamp() - $1::int4 * interval '1 second'
      order by a.as_of nulls first, l.symbol
      limit $2::int4`,
    values: [of.olderThanSeconds, of.limit],
  });
  return rows.map((row) => ({ assetClass: row.asset_class, symbol: row.symbol }));
}

/** Keeps what the broker said. An asset that it does not know, or knows as one of another class, cannot be traded. */
export async function recordAsset(db: Db, { assetClass, symbol }: WatchedSymbol, told: BrokerAsset | null): Promise<void> {
  const asset = told?.assetClass === assetClass ? told : null;
  await db.query(
    `insert into assets (asset_class, symbol, is_tradable, is_fractionable, min_order_qty, as_of)
     values ($1::text, $2::text, $3::boolean, $4::boolean, $5::numeric, clock_timestamp())
     on conflict (symbol, asset_class) do update
       set is_tradable = excluded.is_tradable, is_fractionable = excluded.is_fractionable, min_order_qty = excluded.min_order_qty, as_of = excluded.as_of`,
    [assetClass, symbol, asset?.isTradable ?? false, asset?.isFractionable ?? false, asset?.minOrderQty ?? null],
  );
}
