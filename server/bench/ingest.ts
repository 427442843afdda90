/**
 * What a feed brings of 500 and of 10,000 symbols, three facts each, into history and latest, against one `COPY` of the same rows
 * into the history. The rows are prepared before and not timed; ours are encoded, sent, compared with what is known, and put
 * into two tables. `--quick` proves nothing.
 */
import pg from "pg";
import { price, quantity } from "../src/core/decimal.ts";
import { newYorkDate } from "../src/core/trading-day.ts";
import { recordManyFacts } from "../src/trading/market/facts-table.ts";
import type { Fact } from "../src/trading/ports.ts";
import { openBenchDatabase } from "./support/bench-database.ts";
import { copyIn } from "./support/copy-in.ts";
import { createResults } from "./support/results.ts";
import { note, sideBySide, timed } from "./support/side-by-side.ts";

const quick = process.argv.includes("--quick");
const symbolCounts = quick ? [50, 500] : [500, 10_000];
const rounds = quick ? 3 : 9;
const metrics = ["last_trade", "day_open", "prev_close"] as const;

const database = await openBenchDatabase();
try {
  const { pool, ownerPool, ownerUrl } = database;
  await ownerPool.query("select make_partitions('market_data_snapshots', 1)");
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const results = createResults("ingest", quick);
  try {
    for (const count of symbolCounts) {
      note(`\n${count.toLocaleString("en")} symbols × ${metrics.length} metrics`);
      let nth = 0;
      const { ratios } = await sideBySide(rounds, {
        ingest: async () => {
          const facts = factsOf(count, (nth += 1));
          return timed(async () => {
            const recorded = await recordManyFacts(pool, facts);
            if (recorded !== facts.length) throw new Error(`${recorded} of ${facts.length} facts were recorded`);
          });
        },
        copy: async () => {
          const facts = factsOf(count, (nth += 1));
          const rows = Buffer.from(facts.map((fact) => [fact.symbol, fact.assetClass, fact.feed, fact.metric, fact.price, fact.volume ?? String.raw`\N`, fact.asOf.toISOString(), JSON.stringify(fact.raw)].join("\t")).join("\n"));
          return timed(() => copyIn(client, "copy market_data_snapshots (symbol, asset_class, feed, metric, price, volume, as_of, raw) from stdin", rows));
        },
      });
      results.figure({ name: `ingest of ${count.toLocaleString("en")} symbols × 3 metrics, history and latest ÷ one COPY of the same rows`, goal: { atMost: 2 }, values: ratios("ingest", "copy") });
    }
    await results.record(pool);
  } finally {
    await client.end();
  }
} finally {
  await database.close();
}

/** Prices that have moved since the round before, and what the feed said, as `raw` keeps it. */
function factsOf(count: number, nth: number): Fact[] {
  const asOf = new Date();
  return Array.from({ length: count }, (_, index) => `S${String(index).padStart(5, "0")}`).flatMap((symbol, index) =>
    metrics.map((metric, which): Fact => {
      const at = (100 + ((index * 7 + nth * 13 + which) % 5_000) / 100).toFixed(2);
      return { feed: "iex", assetClass: "us_equity", symbol, metric, price: price(at), volume: metric === "last_trade" ? quantity(String(nth + index)) : null, asOf, tradingDay: metric === "last_trade" ? null : newYorkDate(asOf), raw: { p: Number(at), s: 100, t: asOf.toISOString() } };
    }),
  );
}
