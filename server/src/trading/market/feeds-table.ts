/** The table `market_feeds`: when each feed was last read, for those who do not read it themselves. */
import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { Db } from "../../db/pool.ts";

export type FeedReading = { group: { feed: Feed; assetClass: AssetClass }; lastFetchedAt: Date };

/** Moves readings forward, never back. */
export async function recordFeedReadings(db: Db, readings: readonly FeedReading[]): Promise<void> {
  if (readings.length === 0) return;
  await db.query({
    name: "record-feed-readings",
    text: `insert into market_feeds as known (feed, asset_class, last_fetched_at)
           select * from unnest($1::text[], $2::text[], $3::timestamptz[]) as r (feed, asset_class, at) order by feed, asset_class
           on conflict (feed, asset_class) do update set last_fetched_at = greatest(known.last_fetched_at, excluded.last_fetched_at)`,
    values: [readings.map(({ group }) => group.feed), readings.map(({ group }) => group.assetClass), readings.map(({ lastFetchedAt }) => lastFetchedAt)],
  });
}

export async function readFeedReadings(db: Db): Promise<FeedReading[]> {
  const { rows } = await db.query<{ feed: Feed; asset_class: AssetClass; last_fetched_at: Date }>("select feed, asset_class, last_fetched_at from market_feeds");
  return rows.map((row) => ({ group: { feed: row.feed, assetClass: row.asset_class }, lastFetchedAt: row.last_fetched_at }));
}
