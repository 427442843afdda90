import { describe, expect, test } from "vitest";
import { ensureUser, readAllConfigs, readConfig, readConfigsChangedSince, type StoredConfigText } from "../../src/trading/config/config-table.ts";
import { readUserConfig, saveOwnConfig, toConfigResponse } from "../../src/trading/config/user-config.ts";
import { useTestDatabase } from "../support/database.ts";
import { applySeed } from "../support/seeds.ts";

const database = useTestDatabase();
applySeed(database, "default_paper_watchlist");

describe("a user's config", () => {
  test("a new user has the default template, however often he signs in at once", async () => {
    await Promise.all(Array.from({ length: 8 }, () => ensureUser(database.pool, "alice")));
    const config = await readUserConfig(database.pool, "alice");
    expect(config).toMatchObject({ kind: "in_force", templateName: "default_paper_watchlist", enabled: true, own: {}, leftOut: [] });
    expect(await readUserConfig(database.pool, "nobody")).toBeNull();
  });

  test("saving answers with what is in force now, and its rules in words", async () => {
    await ensureUser(database.pool, "bob");
    const saved = await saveOwnConfig(database.pool, "bob", { rules: [{ id: "dip_confirm", threshold_pct: -2.5 }] }, null);
    if (saved.kind !== "saved") throw new Error(saved.kind);
    const response = toConfigResponse(saved.config);
    expect(response.rule_texts["dip_confirm"]).toBe("When SPY is 2.5 % or more below its previous close, ask whether to buy $10 of it.");
    expect(await readUserConfig(database.pool, "bob")).toEqual(saved.config);
  });

  test("a writer who read an older revision is told the one of now, and changes nothing", async () => {
    await ensureUser(database.pool, "carol");
    const before = await readUserConfig(database.pool, "carol");
    const revision = before?.revision ?? "";
    expect(await saveOwnConfig(database.pool, "carol", { enabled: false }, revision)).toMatchObject({ kind: "saved", config: { enabled: false } });
    const late = await saveOwnConfig(database.pool, "carol", { enabled: true }, revision);
    expect(late).toEqual({ kind: "conflict", revision: (await readUserConfig(database.pool, "carol"))?.revision });
    expect(await readUserConfig(database.pool, "carol")).toMatchObject({ enabled: false });
  });

  test("of ten writers with the same revision, one is saved", async () => {
    await ensureUser(database.pool, "dave");
    const revision = (await readUserConfig(database.pool, "dave"))?.revision ?? "";
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => saveOwnConfig(database.pool, "dave", { guardrails: { max_orders_per_day: index } }, revision)));
    expect(outcomes.filter(({ kind }) => kind === "saved")).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === "conflict")).toHaveLength(9);
  });

  test("a bad document is refused with pointers, and the old one stays", async () => {
    await ensureUser(database.pool, "erin");
    expect(await saveOwnConfig(database.pool, "erin", { rules: [{ id: "dip_confirm", threshold_pct: 5 }] }, null)).toMatchObject({ kind: "invalid", errors: [{ pointer: "/rules/0/threshold_pct" }] });
    expect(await readUserConfig(database.pool, "erin")).toMatchObject({ own: {} });
    expect(await saveOwnConfig(database.pool, "nobody", {}, null)).toEqual({ kind: "not_found" });
  });
});

describe("reading what changed", () => {
  const namesSince = async (watermark: string): Promise<string[]> => (await readConfigsChangedSince(database.pool, watermark)).configs.map((config) => config.firebaseUid);

  test("a reader sees each change once it is committed, and then no more", async () => {
    const { watermark } = await readConfigsChangedSince(database.pool, "0");
    await ensureUser(database.pool, "frank");
    expect(await namesSince(watermark)).toContain("frank");
    // A transaction of anyone on the server holds the watermark back until it ends.
    let reached = watermark;
    await expect
      .poll(async () => {
        const { watermark: next, configs } = await readConfigsChangedSince(database.pool, reached);
        reached = next;
        return configs.length;
      })
      .toBe(0);
  });

  test("a change that commits late is not lost behind one that began after it", async () => {
    await ensureUser(database.pool, "late");
    await ensureUser(database.pool, "early");
    const { watermark } = await readConfigsChangedSince(database.pool, "0");
    const slow = await database.pool.connect();
    try {
      await slow.query("begin");
      await slow.query("update user_trading_config set enabled = false where firebase_uid = 'late'");
      await saveOwnConfig(database.pool, "early", { enabled: false }, null);
      const between = await readConfigsChangedSince(database.pool, watermark);
      expect(JSON.parse(between.configs.find(({ firebaseUid }) => firebaseUid === "early")?.ownText ?? "{}")).toEqual({ enabled: false });
      expect(between.configs.find(({ firebaseUid }) => firebaseUid === "late")?.enabled).not.toBe(false);
      await slow.query("commit");
      const { configs } = await readConfigsChangedSince(database.pool, between.watermark);
      expect(configs.find(({ firebaseUid }) => firebaseUid === "late")).toMatchObject({ enabled: false });
    } finally {
      slow.release();
    }
  });

  test("a changed template changes every user who holds it", async () => {
    await ensureUser(database.pool, "grace");
    const { watermark } = await readConfigsChangedSince(database.pool, "0");
    await database.ownerPool.query("update trading_config_templates set config = jsonb_set(config, '{guardrails,max_orders_per_day}', '7')");
    const { configs } = await readConfigsChangedSince(database.pool, watermark);
    expect(configs.map((config) => config.firebaseUid)).toContain("grace");
    expect(configs.every((config) => config.templateRevision === "2")).toBe(true);
  });

  /** The users of each page, and the configs of all. */
  const readAll = async (mostOfPage?: number): Promise<{ users: number[]; configs: StoredConfigText[] }> => {
    const [users, configs]: [number[], StoredConfigText[]] = [[], []];
    for await (const page of readAllConfigs(database.pool, null, mostOfPage)) {
      users.push(page.configs.length);
      configs.push(...page.configs);
    }
    return { users, configs };
  };

  test("reading all in pages gives each user once, as reading him alone does", async () => {
    const { rows } = await database.pool.query<{ firebase_uid: string }>("select firebase_uid from user_trading_config order by firebase_uid");
    for (const most of [1, 2, rows.length, undefined]) {
      const { users, configs } = await readAll(most);
      expect(Math.max(...users)).toBe(Math.min(rows.length, most ?? Infinity));
      expect(configs.map((config) => config.firebaseUid)).toEqual(rows.map((row) => row.firebase_uid));
      const { ownText = "", ...bob } = configs.find((config) => config.firebaseUid === "bob") ?? {};
      expect({ ...bob, own: JSON.parse(ownText) }).toEqual(await readConfig(database.pool, "bob"));
    }
  });

  test("the larger the documents, the fewer are read at once", async () => {
    // Random text is not compressed: some 64 kB each.
    await database.ownerPool.query(
      `with people as (insert into users (firebase_uid) select 'heavy_' || n from generate_series(1, 600) n returning firebase_uid),
            heavy as (select jsonb_build_object('note', string_agg(md5(random()::text), '')) as config from generate_series(1, 2000))
       insert into user_trading_config (firebase_uid, template_name, config) select firebase_uid, 'default_paper_watchlist', config from people, heavy`,
    );
    await database.ownerPool.query("vacuum analyze user_trading_config");
    const { users, configs } = await readAll();
    expect(Math.max(...users)).toBeLessThan(600);
    expect(Math.max(...users)).toBeGreaterThanOrEqual(250);
    expect(new Set(configs.map((config) => config.firebaseUid)).size).toBe(configs.length);
    expect(configs.filter(({ firebaseUid }) => firebaseUid.startsWith("heavy_"))).toHaveLength(600);
  });
});
