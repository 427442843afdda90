/**
 * Reading the latest facts of everything that is watched, from the table that is kept for it, against an indexed `DISTINCT ON`
 * over five million rows of history. `--quick` takes 100,000 rows and proves nothing.
 */
import { readLatestFactsOf } from "../src/trading/market/facts-table.ts";
import { openBenchDatabase } from "./support/bench-database.ts";
import { createResults } from "./support/results.ts";
import { note, sideBySide, timed } from "./support/side-by-side.ts";

const quick = process.argv.includes("--quick");
const rowCount = quick ? 100_000 : 5_000_000;
const symbolCount = 500;
const metrics = ["last_trade", "day_open", "prev_close"];
const rounds = quick ? 3 : 7;
const readsPerRound = 20;

const database = await openBenchDatabase();
try {
  const { pool, ownerPool } = database;
  const symbols = Array.from({ length: symbolCount }, (_, index) => `S${String(index).padStart(4, "0")}`);
  await ownerPool.query("select make_partitions('market_data_snapshots', 1)");
  note(`${rowCount.toLocaleString("en")} rows of history about ${symbolCount} symbols × ${metrics.length} metrics`);
  // As they come in: everything once, and again a moment later.
  await ownerPool.query(
    `insert into market_data_snapshots (symbol, asset_class, feed, metric, price, volume, as_of)
     select s, 'us_equity', 'iex', m, 100 + moment % 100, 100, now() - (($3::int4 - moment) * interval '1 second')
       from generate_series(1, $3::int4) as moment, unnest($1::text[]) as s, unnest($2::text[]) as m`,
    [symbols, metrics, Math.ceil(rowCount / symbolCount / metrics.length)],
  );
  await ownerPool.query(
    `insert into market_data_latest (feed, asset_class, symbol, metric, price, volume, as_of)
     select 'iex', 'us_equity', s, m, 100, 100, now() from unnest($1::text[]) as s, unnest($2::text[]) as m`,
    [symbols, metrics],
  );
  await ownerPool.query("vacuum analyze market_data_snapshots, market_data_latest");
  const expected = symbolCount * metrics.length;
  const { ratios } = await sideBySide(rounds, {
    latest: async () => {
      const tookMs = await timed(async () => {
        for (let read = 0; read < readsPerRound; read += 1) {
          const facts = await readLatestFactsOf(pool, symbols);
          if (facts.length !== expected) throw new Error(`${facts.length} latest facts`);
        }
      });
      return tookMs / readsPerRound;
    },
    distinctOn: () =>
      timed(async () => {
        const { rows } = await pool.query(
          `select distinct on (symbol, metric) feed, asset_class, symbol, metric, price, volume, as_of
             from market_data_snapshots where symbol = any($1::text[]) order by symbol, metric, as_of desc`,
          [symbols],
        );
        if (rows.length !== expected) throw new Error(`${rows.length} facts from the history`);
      }),
  });
  const results = createResults("latest", quick);
  results.figure({ name: `indexed DISTINCT ON over ${rowCount.toLocaleString("en")} rows ÷ the table of latest facts`, goal: { atLeast: 150 }, values: ratios("distinctOn", "latest") });
  await results.record(pool);
} finally {
  await database.close();
}
