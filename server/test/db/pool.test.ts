import { describe, expect, test } from "vitest";
import { createPool, PoolBusyError } from "../../src/db/pool.ts";
import { isDatabaseUnavailable } from "../../src/db/unavailable.ts";
import { useTestDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

const database = useTestDatabase();

describe("what a query gives back", () => {
  test("money and large numbers keep every digit, alone and in arrays", async () => {
    const { rows } = await database.pool.query(
      `select 123456789012345678.123456789::numeric as money, 9007199254740993::int8 as large,
              array[0.1, 0.20]::numeric[] as moneys, array[9007199254740993]::int8[] as larges`,
    );
    expect(rows).toEqual([{ money: "123456789012345678.123456789", large: "9007199254740993", moneys: ["0.1", "0.20"], larges: ["9007199254740993"] }]);
  });

  test("a trading day stays the day it is, and a moment is a Date", async () => {
    const { rows } = await database.pool.query("select date '2025-03-09' as day, array[date '2025-03-09'] as days, timestamptz '2025-03-09T07:00:00Z' as moment");
    expect(rows).toEqual([{ day: "2025-03-09", days: ["2025-03-09"], moment: new Date("2025-03-09T07:00:00Z") }]);
  });

  test("other pools in the process keep pg's own parsers", async () => {
    const { rows } = await database.pool.query("select 7::int4 as small, 'x' as text, '{\"a\": [1]}'::jsonb as document, true as yes");
    expect(rows).toEqual([{ small: 7, text: "x", document: { a: [1] }, yes: true }]);
  });
});

describe("limits", () => {
  test("a statement that runs too long is ended, and its connection is usable again", async () => {
    const pool = createPool({ url: database.url, applicationName: "impatient", maxConnections: 1, statementTimeoutMs: 100 });
    try {
      await expect(pool.query("select pg_sleep(30)")).rejects.toMatchObject({ code: "57014" });
      // On a machine that stalls even this may run too long, once.
      await expect.poll(() => pool.query("select 1 as one").then(({ rows }) => rows, () => [])).toEqual([{ one: 1 }]);
      expect(pool.totalCount).toBe(1);
    } finally {
      await pool.end();
    }
  });

  test("a caller does not wait for ever for a connection of a busy pool", async () => {
    const pool = createPool({ url: database.url, applicationName: "busy", maxConnections: 1, connectTimeoutMs: 200 });
    // The first connection has no more time than a caller who waits; a machine that stalls may need several attempts.
    const held = await until("a connection is there", () => pool.connect().catch(() => null));
    try {
      await expect(pool.query("select 1")).rejects.toThrow(/timeout/);
    } finally {
      held.release();
      await pool.end();
    }
  });

  test("of callers that wait for a connection there are so many; one more is refused at once, and none when there is room again", async () => {
    const pool = createPool({ url: database.url, applicationName: "crowded", maxConnections: 1, maxWaiting: 2, connectTimeoutMs: 60_000 });
    const held = await pool.connect();
    try {
      const waiting = [pool.query("select 1"), pool.connect().then((client) => client.release())];
      for (const refused of await Promise.allSettled([pool.query("select 2"), pool.connect()])) {
        if (refused.status === "fulfilled") throw new Error("a third caller was let in");
        expect(refused.reason).toBeInstanceOf(PoolBusyError);
        expect(isDatabaseUnavailable(refused.reason)).toBe(true);
      }
      held.release();
      await Promise.all(waiting);
      await expect(pool.query("select 3 as three")).resolves.toMatchObject({ rows: [{ three: 3 }] });
    } finally {
      await pool.end();
    }
  });

  test("a connection lost while idle is reported and replaced", async () => {
    const lost: Error[] = [];
    const pool = createPool({ url: database.url, applicationName: "unlucky", maxConnections: 1, onIdleConnectionLost: (error) => lost.push(error) });
    try {
      await pool.query("select 1");
      await database.ownerPool.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'unlucky'");
      await expect.poll(() => lost.length).toBe(1);
      await expect(pool.query("select 1 as one")).resolves.toMatchObject({ rows: [{ one: 1 }] });
    } finally {
      await pool.end();
    }
  });

  test("the application's role owns nothing and cannot change the schema", async () => {
    const { rows } = await database.pool.query("select current_user as role, (select count(*)::int4 from pg_class where relowner = current_user::regrole) as owned");
    expect(rows).toEqual([{ role: "nod_app", owned: 0 }]);
    await expect(database.pool.query("create table mine (id int)")).rejects.toMatchObject({ code: "42501" });
  });
});
