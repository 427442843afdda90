import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { applySeed } from "../../src/db/seed.ts";
import { compileConfig } from "../../src/trading/config/compile.ts";
import { ensureUser, readTemplates } from "../../src/trading/config/config-table.ts";
import { resolveTemplate } from "../../src/trading/config/resolve.ts";
import { describeTemplates } from "../../src/trading/config/templates.ts";
import { chooseTemplate } from "../../src/trading/config/user-config.ts";
import { warningsOf } from "../../src/trading/config/config-warnings.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
const seeds = join(import.meta.dirname, "../../seeds");
const shipped = ["dip_confirm", "momentum_breakout", "mean_reversion", "anomaly_guard", "trailing_exit", "morning_gap", "crypto_dip"];

async function applyAll(): Promise<void> {
  for (const file of ["default_paper_watchlist.sql", ...readdirSync(join(seeds, "templates")).map((name) => join("templates", name))]) {
    await applySeed({ url: database.ownerUrl, file: join(seeds, file) });
  }
}
beforeAll(applyAll);

describe("the templates that ship", () => {
  test("are the default and seven more, and applying them again changes nothing", async () => {
    const before = await readTemplates(database.pool);
    expect(before.map(({ name }) => name)).toEqual(["default_paper_watchlist", ...before.map(({ name }) => name).slice(1)]);
    expect(before.map(({ name }) => name).toSorted()).toEqual(["default_paper_watchlist", ...shipped].toSorted());
    await applyAll();
    expect(await readTemplates(database.pool)).toEqual(before);
  });

  test("can all be used as they are: nothing in them is refused or warned of, and every rule is looked at", async () => {
    for (const { name, config } of await readTemplates(database.pool)) {
      const resolved = resolveTemplate(config);
      if (!resolved.ok) throw new Error(`${name}: ${JSON.stringify(resolved.errors)}`);
      expect(warningsOf(resolved.config, new Date("2026-03-03T15:00:00Z"))).toEqual([]);
      const compiled = compileConfig(resolved.config, "1.1");
      expect(compiled.frames.length + compiled.conditions.length).toBe(resolved.config.rules.length);
    }
    expect(describeTemplates(await readTemplates(database.pool))).toHaveLength(8);
  });

  test("can each be chosen by somebody with a document of his own", async () => {
    await ensureUser(database.pool, "alice");
    for (const name of shipped) expect(await chooseTemplate(database.pool, "alice", { template_name: name }, null)).toMatchObject({ kind: "saved", config: { templateName: name, enabled: true } });
  });
});
