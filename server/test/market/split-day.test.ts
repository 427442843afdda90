/** AAPL's split of seven for one against a rule that asks at a fall of 1.5 %. */
import { afterEach, expect, test } from "vitest";
import { addDays, newYorkDate, newYorkInstant } from "../../src/core/trading-day.ts";
import { fetchAnew, readCoverage, completeHistory, wantHistory } from "../../src/trading/market/coverage-table.ts";
import { saveBars } from "../../src/trading/market/bars-table.ts";
import { price, quantity } from "../../src/core/decimal.ts";
import { recordSplits } from "../../src/trading/market/splits-table.ts";
import { startTick } from "../../src/workers/tick.ts";
import { createTestDatabase } from "../support/database.ts";
import { createFakeMarket } from "../support/fake-market.ts";
import { addUsers, configWith, dipRule } from "../support/trading-users.ts";
import { until } from "../support/until.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

test("a fall that is a split asks nobody, and a fall in new shares does", async () => {
  const database = await createTestDatabase();
  closers.push(() => database.drop());
  const { pool } = database;
  const now = Date.now();
  // Open on today's date in New York, whatever the hour of the test.
  const exDate = newYorkDate(new Date(now));
  await pool.query(
    `insert into market_sessions (market, is_open, trading_day, next_open, next_close, as_of) values ('us_equity', true, $1, now() + interval '1 day', now() + interval '1 hour', now())`,
    [exDate],
  );
  const days = { feed: "iex", assetClass: "us_equity", symbol: "AAPL", timeframe: "1Day" } as const;
  const covered = async (): Promise<void> => completeHistory(pool, (await readCoverage(pool)).map((row) => ({ ...row, to: new Date(now) })));
  await wantHistory(pool, [{ ...days, from: new Date(now - 30 * 86_400_000) }], addDays(exDate, -1));
  await covered();
  await recordSplits(pool, [{ symbol: "AAPL", exDate, ratio: "7" }]);

  const market = createFakeMarket();
  market.set("AAPL", "92.30", "645.57");
  const config = configWith([dipRule({ symbol: "AAPL" })]);
  await addUsers(database.ownerPool, "splits", { ...config, data_inputs: config.data_inputs.map((input) => ({ ...input, poll_interval_seconds: 5 })) }, ["alice"]);
  let ticks = 0;
  const errors: unknown[] = [];
  const tick = startTick({ pool, market, owner: "test", intervalMs: 200, ingestEnabled: true, evaluationEnabled: true, observer: { tickFinished: () => (ticks += 1), tickFailed: (error) => errors.push(error) } });
  closers.push(() => tick.stop());
  const asked = async (): Promise<string[]> => (await pool.query<{ price: string }>("select metadata->>'price' as price from questions order by created_at")).rows.map((row) => row.price);
  await until("the old close and the new price are known, and looked at", async () => {
    const known = (await pool.query("select from market_data_latest where symbol = 'AAPL'")).rowCount ?? 0;
    return known >= 2 && ticks >= 5;
  });
  expect(await asked()).toEqual([]);

  // The history is being fetched anew, and the previous close is still in old shares.
  await fetchAnew(pool, "iex", ["AAPL"], exDate);
  await saveBars(pool, { ...days, adjustment: "split" }, [{ symbol: "AAPL", startsAt: newYorkInstant(addDays(exDate, -1), "00:00"), open: price("92.8571"), high: price("93.0357"), low: price("92.0686"), close: price("92.2243"), volume: quantity("84816697") }]);
  const then = ticks;
  await until("it was looked at again", async () => ticks > then + 3);
  await covered();
  await until("it was looked at with the history complete", async () => ticks > then + 6);
  expect(await asked()).toEqual([]);

  // Now the close is in new shares, too: 92.3 is 0.08 % above it.
  market.set("AAPL", "92.30", "92.2243");
  await until("the new close is known", async () => (await pool.query("select from market_data_latest where symbol = 'AAPL' and metric = 'prev_close' and price = 92.2243")).rowCount === 1, 60_000);
  expect(await asked()).toEqual([]);
  market.set("AAPL", "90.10", "92.2243");
  await until("the fall in new shares is asked about", async () => (await asked()).length > 0, 60_000);
  expect(await asked()).toEqual(["90.1"]);
  expect(errors).toEqual([]);
}, 240_000);
