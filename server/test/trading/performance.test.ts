import { Performance } from "@nod/contract/performance";
import type { PerformanceRange } from "@nod/contract/performance";
import { compileValidator } from "@nod/contract/validators";
import { beforeEach, describe, expect, test } from "vitest";
import { newUuid } from "../../src/core/ids.ts";
import { addDays, newYorkDate, newYorkInstant } from "../../src/core/trading-day.ts";
import { dbOfUser } from "../../src/db/user-db.ts";
import { readPerformance } from "../../src/trading/portfolio/performance-table.ts";
import { useTestDatabase } from "../support/database.ts";
import { addTraders } from "../support/trading-floor.ts";

const database = useTestDatabase();
const validate = compileValidator(Performance);
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The last session began three hours ago and goes on for two; the one before closed a day before that began. */
let uid = "";
let opened: Date;
beforeEach(async () => {
  uid = `u_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [uid]);
  await database.ownerPool.query("truncate market_calendar, market_bars, market_bar_coverage, market_data_latest, market_splits");
  opened = new Date(Math.floor(Date.now() / minuteMs) * minuteMs - 180 * minuteMs);
  await session(opened, 300, 0);
  await session(new Date(opened.getTime() - dayMs - 390 * minuteMs), 390, 1);
});

const after = (minutes: number): Date => new Date(opened.getTime() + minutes * minuteMs);
const before = (days: number): Date => new Date(opened.getTime() - days * dayMs);

/** Counted back from today, so that no two are of one date, whatever the hour and the clocks. */
async function session(opensAt: Date, minutes: number, daysAgo: number): Promise<void> {
  await database.ownerPool.query(
    "insert into market_calendar (trading_day, opens_at, closes_at) values ((now() at time zone 'America/New_York')::date - $3::int4, $1::timestamptz, $1::timestamptz + $2::int4 * interval '1 minute')",
    [opensAt, minutes, daysAgo],
  );
}

async function minute(symbol: string, at: Date, close: string): Promise<void> {
  await database.ownerPool.query("insert into market_bars (feed, asset_class, symbol, timeframe, starts_at, open, high, low, close, volume, adjustment) values ('iex', 'us_equity', $1, '1Min', $2, $3, $3, $3, $3, 1, 'raw')", [symbol, at, close]);
}

async function last(symbol: string, price: string, asOf = new Date()): Promise<void> {
  await database.ownerPool.query(
    `insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of) values ('iex', 'us_equity', $1, 'last_trade', $2, $3)
     on conflict (symbol, metric, feed, asset_class) do update set price = excluded.price, as_of = excluded.as_of`,
    [symbol, price, asOf],
  );
}

type Trade = { side?: "buy" | "sell"; symbol?: string; qty: string; price: string; at: Date; fills?: [qty: string, price: string, at: Date][] };
async function traded({ side = "buy", symbol = "SPY", qty, price, at, fills = [] }: Trade, of = uid): Promise<void> {
  const orderId = newUuid();
  await database.ownerPool.query(
    `with i as (insert into trade_intents (id, firebase_uid, origin, symbol, asset_class, side, order_type, qty, mode, facts) values (gen_random_uuid(), $2::text, 'rule', $3::text, 'us_equity', $4::text, 'market', $5::numeric, 'paper', '{}') returning id)
     insert into trade_orders (id, firebase_uid, intent_id, client_order_id, symbol, asset_class, side, order_type, qty, reserved_notional_usd, mode, status, trading_day, approval_expires_at, filled_qty, filled_avg_price, filled_at, created_at)
     select $1::uuid, $2::text, i.id, 'nod-' || left($1::uuid::text, 20), $3::text, 'us_equity', $4::text, 'market', $5::numeric, 10, 'paper', 'filled', ($7::timestamptz at time zone 'America/New_York')::date, $7::timestamptz, $5::numeric, $6::numeric, $7::timestamptz, $7::timestamptz from i`,
    [orderId, of, symbol, side, qty, price, at],
  );
  for (const [n, [each, atPrice, when]] of fills.entries()) {
    await database.ownerPool.query("insert into fills (execution_id, order_id, firebase_uid, symbol, side, qty, price, executed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)", [`${orderId}-${n}`, orderId, of, symbol, side, each, atPrice, when]);
  }
}

async function performance(range: PerformanceRange, of = uid): Promise<Performance> {
  const read = await readPerformance(dbOfUser(database.webPool, of), of, range);
  expect(validate(read)).toMatchObject({ ok: true });
  return read;
}
const at = (read: Performance, instant: Date): unknown => read.points.find((point) => point.at === instant.toISOString());

describe("the day's curve", () => {
  test("goes in steps of five minutes from the first fill, at the close of the minute before each, and ends with the last trade", async () => {
    await traded({ qty: "2", price: "100", at: after(62) });
    await minute("SPY", after(60), "99");
    await minute("SPY", after(64), "101");
    await minute("SPY", after(90), "103.5");
    await last("SPY", "102");
    const read = await performance("1d");
    expect(read.since).toBe(after(62).toISOString());
    expect(read.points[0]).toEqual({ at: after(62).toISOString(), value_usd: "0", result_usd: "0" });
    expect(at(read, after(65))).toMatchObject({ value_usd: "202", result_usd: "2" });
    expect(at(read, after(90))).toMatchObject({ result_usd: "2" });
    expect(at(read, after(95))).toMatchObject({ result_usd: "7" });
    expect(read.points.at(-1)).toMatchObject({ value_usd: "204", result_usd: "4" });
    expect(read.change_usd).toBe("4");
    // From the 62nd minute to the 180th: the fill, 24 steps, now; the last step may be this very instant.
    expect(read.points.length).toBeGreaterThanOrEqual(25);
  });

  test("begins at the close before it for what was held then: the daily bar's, or the fact that the session began with", async () => {
    await traded({ qty: "1", price: "90", at: before(5) });
    await last("SPY", "102");
    expect(await performance("1d")).toMatchObject({ points: { 0: { value_usd: null } }, change_usd: null, unpriced: ["SPY"] });
    await database.ownerPool.query(
      `insert into market_data_latest (feed, asset_class, symbol, metric, price, as_of, trading_day) values ('iex', 'us_equity', 'SPY', 'prev_close', 100, now(), (select max(trading_day) from market_calendar))`,
    );
    expect(await performance("1d")).toMatchObject({ points: { 0: { at: before(1).toISOString(), value_usd: "100", result_usd: "10" } }, change_usd: "2" });
  });

  test("counts each execution at its own time and price, and an order of which they are not all known as one", async () => {
    await traded({ qty: "2", price: "101", at: after(100), fills: [["1", "100", after(10)], ["1", "102", after(98)]] });
    await traded({ symbol: "IBM", qty: "2", price: "50", at: after(100), fills: [["1", "50", after(10)]] });
    for (const minutes of [12, 104]) await minute("SPY", after(minutes), "103");
    for (const minutes of [12, 104]) await minute("IBM", after(minutes), "51");
    await last("SPY", "103");
    await last("IBM", "51");
    const read = await performance("1d");
    expect(at(read, after(15))).toMatchObject({ value_usd: "103", result_usd: "3" });
    expect(at(read, after(105))).toMatchObject({ value_usd: "308", result_usd: "6" });
  });

  test("has no point of a price that is unknown, and says whose", async () => {
    await traded({ qty: "1", price: "100", at: after(1) });
    await traded({ symbol: "IBM", qty: "1", price: "50", at: after(20) });
    await minute("SPY", after(2), "101");
    await last("SPY", "101");
    await last("IBM", "51", before(9));
    const read = await performance("1d");
    expect(at(read, after(10))).toMatchObject({ result_usd: "1" });
    expect(at(read, after(25))).toMatchObject({ value_usd: null, result_usd: null });
    expect(read).toMatchObject({ unpriced: ["IBM"], change_usd: null });
  });
});

describe("the curve of months", () => {
  test("goes from close to close by daily bars that are whole, and otherwise by the day's last minute", async () => {
    const today = newYorkDate(new Date());
    const closeOf = (daysAgo: number): Date => newYorkInstant(addDays(today, -daysAgo), "16:00");
    for (const days of [20, 19, 18]) await session(new Date(closeOf(days).getTime() - 390 * minuteMs), 390, days);
    await traded({ qty: "1", price: "100", at: new Date(closeOf(20).getTime() - 60 * minuteMs) });
    await traded({ side: "sell", qty: "0.5", price: "120", at: new Date(closeOf(19).getTime() - 60 * minuteMs) });
    const dayOf = (days: number, close: string): Promise<unknown> =>
      database.ownerPool.query(
        `insert into market_bars (feed, asset_class, symbol, timeframe, starts_at, open, high, low, close, volume) select 'iex', 'us_equity', 'SPY', '1Day', date_trunc('day', $1::timestamptz at time zone 'America/New_York') at time zone 'America/New_York', $2, $2, $2, $2, 1`,
        [new Date(closeOf(days).getTime() - 1), close],
      );
    await dayOf(20, "110");
    await dayOf(19, "118");
    await dayOf(18, "999");
    await database.ownerPool.query("insert into market_bar_coverage (feed, asset_class, symbol, timeframe, covered_from, covered_to, adjusted_as_of) values ('iex', 'us_equity', 'SPY', '1Day', $1, date_trunc('day', $2::timestamptz at time zone 'America/New_York') at time zone 'America/New_York' + interval '1 hour', current_date)", [before(40), new Date(closeOf(19).getTime() - 1)]);
    await minute("SPY", new Date(closeOf(18).getTime() - 2 * minuteMs), "116");
    await last("SPY", "130");
    const read = await performance("1m");
    expect(at(read, closeOf(20))).toMatchObject({ value_usd: "110", result_usd: "10" });
    expect(at(read, closeOf(19))).toMatchObject({ value_usd: "59", result_usd: "19" });
    expect(at(read, closeOf(18))).toMatchObject({ value_usd: "58", result_usd: "18" });
    expect(read.points.at(-1)).toMatchObject({ value_usd: "65", result_usd: "25" });
    expect((await performance("3m")).since).toBe(read.since);
  });
});

test("is the user's own: another's fills are nowhere in it, and who has none has no curve", async () => {
  const other = `o_${newUuid().slice(0, 8)}`;
  await addTraders(database.ownerPool, [other]);
  await traded({ qty: "1", price: "100", at: after(5) }, other);
  await last("SPY", "150");
  expect(await performance("1d")).toMatchObject({ since: null, points: [], change_usd: null });
  expect((await performance("1d", other)).points.length).toBeGreaterThan(1);
});
