/** The history in `market_data_snapshots`, as it was recorded. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { Db } from "../../db/pool.ts";
import type { FactMetric } from "../ports.ts";

/** `batch`: the same for what one statement recorded. */
export type SnapshotRow = { id: string; batch: string; recordedAt: Date; feed: Feed; assetClass: AssetClass; symbol: string; metric: FactMetric; price: string; volume: string | null; asOf: Date };

/** Rows of one reading. */
const snapshotsPerPage = 5_000;

/** What was recorded of the symbols in [`from`, `to`), in the order of recording, page by page: `afterId` is the last one's `id`. */
export async function readRecordedFacts(db: Db, of: { symbols: readonly string[]; from: Date; to: Date; afterId: string }): Promise<SnapshotRow[]> {
  const { rows } = await db.query<{ id: string; batch: string; recorded_at: Date; feed: Feed; asset_class: AssetClass; symbol: string; metric: FactMetric; price: string; volume: string | null; as_of: Date }>(
    `select id::text as id, extract(epoch from recorded_at)::text as batch, recorded_at, feed, asset_class, symbol, metric, price::text, volume::text, as_of
       from market_data_snapshots s
      where symbol = any($1::text[]) and recorded_at >= $2::timestamptz and recorded_at < $3::timestamptz and s.id > $4::int8
      order by s.id limit $5::int4`,
    [of.symbols, of.from, of.to, of.afterId, snapshotsPerPage],
  );
  return rows.map((row) => ({ id: row.id, batch: row.batch, recordedAt: row.recorded_at, feed: row.feed, assetClass: row.asset_class, symbol: row.symbol, metric: row.metric, price: row.price, volume: row.volume, asOf: row.as_of }));
}
