/** `npm run replay`, as it is typed. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ReplayReport } from "@nod/contract/preview";
import { compileValidator } from "@nod/contract/validators";
import { useTestDatabase } from "../support/database.ts";
import { storeDays } from "../support/stored-days.ts";

const program = join(import.meta.dirname, "../../src/replay-days.ts");
const example = join(import.meta.dirname, "../../../docs/examples/october-2013.json");
const readReport = compileValidator(ReplayReport);

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nod-replay-"));
});
afterEach(() => rm(folder, { recursive: true }));

let environment: Record<string, string> = {};
const run = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((done) => {
    execFile(process.execPath, [program, ...args], { cwd: folder, env: { PATH: process.env["PATH"], INIT_CWD: folder, ...environment } }, (error, stdout, stderr) => done({ code: error === null ? 0 : 1, stdout, stderr }));
  });
const day = ["--from", "2013-10-08", "--to", "2013-10-08"];

describe("over the bars of a database", { timeout: 180_000 }, () => {
  const database = useTestDatabase();

  test("says what it says over the recordings, and what is not stored", async () => {
    const stored = await storeDays(database.pool, ["2013-10-08"], ["SPY", "AIG"]);
    environment = { DATABASE_URL: database.url };
    const on = ["--from", stored.dateOf("2013-10-08"), "--database", "--config", example, "--json"];
    const [bars, facts] = await Promise.all([run(...on), run(...on, "--facts", "--answers", "recorded", "--uid", "nobody")]);
    environment = {};
    expect(bars).toMatchObject({ code: 0 });
    // Without IBM's card, which only told something.
    expect(JSON.parse(bars.stdout)).toMatchObject({ trading_days: 1, asked: 3, made_usd: "-0.45", missing: [{ symbol: "IBM" }] });
    expect(JSON.parse(facts.stdout)).toMatchObject({ asked: 0, missing: [{ message: "no facts are stored of these days" }, { symbol: "AIG" }, { symbol: "IBM" }] });
  });
});

describe("npm run replay", { timeout: 180_000 }, () => {
  test("tells what would have been asked on 2013-10-08, what it would have made, and what holding would have", async () => {
    const { code, stdout } = await run(...day, "--config", example);
    expect(code).toBe(0);
    expect(stdout).toContain("asked 4 times");
    expect(stdout).toContain("2013-10-08T15:49:00.000Z  AIG at 48.2  aig_dip");
    expect(stdout).toContain("sell 1 at 47.976 (stop loss), fee $0.01");
    expect(stdout).toMatch(/equity \$10000 -> \$9999\.55 \(-\$0\.45\)/);
    // SPY from 167.45 to 165.48, AIG from 48.80 to 47.70.
    expect(stdout).toContain("SPY -1.176 %, AIG -2.254 %");
  });

  test("gives the report of the contract as JSON, the same bytes each time", async () => {
    const [first, second] = await Promise.all([run(...day, "--config", example, "--json"), run(...day, "--config", example, "--json")]);
    expect(second.stdout).toBe(first.stdout);
    expect(readReport(JSON.parse(first.stdout))).toMatchObject({ ok: true, value: { asked: 4, trading_days: 1, missing: [], win_rate_pct: "0" } });
  });

  test("with every card skipped nothing is bought", async () => {
    const { stdout } = await run(...day, "--config", example, "--answers", "skip_all", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ asked: 4, made_usd: "0", fees_usd: "0", win_rate_pct: null });
  });

  test("names each fault of a config at its place, a day that is none, and what was not recorded", async () => {
    await writeFile(join(folder, "wrong.json"), JSON.stringify({ version: 1, rulez: [] }));
    expect(await run(...day, "--config", "wrong.json")).toMatchObject({ code: 1, stderr: expect.stringContaining("/rulez") });
    expect(await run("--from", "2013-13-08", "--config", example)).toMatchObject({ code: 1, stderr: "2013-13-08 is not a date like 2013-10-08\n" });
    expect(await run(...day, "--config", example, "--facts")).toMatchObject({ code: 1, stderr: expect.stringContaining("--database") });
    expect(await run("--config", example)).toMatchObject({ code: 1, stderr: expect.stringContaining("usage") });
    expect(await run(...day, "--config", example, "--answer", "x")).toMatchObject({ code: 1, stderr: expect.stringContaining("--answer") });
    expect(await run("--from", "2013-11-29", "--config", example)).toMatchObject({ code: 0, stdout: expect.stringContaining("missing: SPY: no minutes were recorded") });
  });
});
