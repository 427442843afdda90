/** `npm run replay`: what a config would have asked over recorded days, or over the bars that the database holds. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ReplayReport } from "@nod/contract/preview";
import type { TradingConfig } from "@nod/contract/trading-config";
import type { QuestionStatus } from "@nod/contract/question";
import { ConfigError, readConfig } from "./config.ts";
import { NotADecimalError, usd, type Usd } from "./core/decimal.ts";
import { addDays, newYorkInstant } from "./core/trading-day.ts";
import { openDatabase } from "./db/open-database.ts";
import { createPool, type Pool } from "./db/pool.ts";
import { readGivenAnswers } from "./pipeline/given-answers-table.ts";
import { openRecordedPast } from "./recorded-moments.ts";
import { compileConfig } from "./trading/config/compile.ts";
import { resolveTemplate } from "./trading/config/resolve.ts";
import { defaultCosts } from "./trading/replay/costs.ts";
import { recordedAnswers } from "./trading/replay/recorded-answers.ts";
import { approveAll, replay, skipAll, type Answers } from "./trading/replay/replay.ts";
import { printReport, reportOf } from "./trading/replay/report.ts";
import { replayStored } from "./trading/preview/replay-stored.ts";
import { marketsOf } from "./trading/replay/replayed-rule.ts";

const usage = "usage: npm run replay -- --from 2013-10-08 --to 2013-10-08 --config FILE [--answers approve_all|skip_all|recorded --uid USER] [--cash 10000] [--data FOLDER | --database [--facts]] [--json]";
const statementTimeoutMs = 60_000;
const recordings = join(import.meta.dirname, "../../packages/alpaca-simulator/data");

/** Somebody typed what cannot be done. */
class NotReplayed extends Error {
  override readonly name = "NotReplayed";
}

type Wish = { from: string; to: string; config: TradingConfig; answers: Answers; /** Whose answers are given again, instead. */ answersOf: string | null; cash: Usd; folder: string; usesDatabase: boolean; source: "bars" | "facts"; asJson: boolean };

/** Paths are as the person who typed them sees them, which under npm is not this process's folder. */
const pathOf = (typed: string): string => resolve(process.env["INIT_CWD"] ?? ".", typed);

function readWish(args: string[]): Wish {
  const { values } = parseArgs({
    args,
    options: {
      from: { type: "string" }, to: { type: "string" }, config: { type: "string" }, answers: { type: "string", default: "approve_all" }, cash: { type: "string", default: "10000" },
      data: { type: "string" }, database: { type: "boolean", default: false }, facts: { type: "boolean", default: false }, uid: { type: "string" }, json: { type: "boolean", default: false },
    },
  });
  const answers = new Map([["approve_all", approveAll], ["skip_all", skipAll], ["recorded", skipAll]]).get(values.answers);
  if (values.from === undefined || values.config === undefined || answers === undefined) throw new NotReplayed(usage);
  const answersOf = values.answers === "recorded" ? (values.uid ?? null) : null;
  const needsDatabase = values.facts || values.answers === "recorded";
  if (needsDatabase && !values.database) throw new NotReplayed("--facts and --answers recorded are read from the database: add --database");
  if (values.answers === "recorded" && answersOf === null) throw new NotReplayed("--answers recorded wants --uid: whose answers");
  const to = values.to ?? values.from;
  for (const date of [values.from, to]) if (!isDate(date)) throw new NotReplayed(`${date} is not a date like 2013-10-08`);
  const file = pathOf(values.config);
  const resolved = resolveTemplate(readJson(file));
  if (!resolved.ok) throw new NotReplayed([`${file} is not a config:`, ...resolved.errors.map(({ pointer, message }) => `  ${pointer === "" ? "/" : pointer}: ${message}`)].join("\n"));
  const folder = values.data === undefined ? recordings : pathOf(values.data);
  return { from: values.from, to, config: resolved.config, answers, answersOf, cash: usd(values.cash), folder, usesDatabase: values.database, source: values.facts ? "facts" : "bars", asJson: values.json };
}

const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text);

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new NotReplayed(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function overRecordings({ from, to, config, answers, cash, folder }: Wish): ReplayReport {
  const past = openRecordedPast(folder);
  const markets = marketsOf(compileConfig(config, "replayed"));
  const range = { from, to };
  const days = past.sessions(range).map(({ tradingDay }) => tradingDay);
  const missing = past.missing(markets, range);
  const result = replay({ config, moments: past.moments(markets, range), answers, startsWithUsd: cash, costs: defaultCosts });
  return reportOf(result, { days, costs: defaultCosts, missing, isCutShort: false });
}

async function overDatabase({ from, to, config, answers, answersOf, cash, source }: Wish): Promise<ReplayReport> {
  const settings = readConfig(process.env);
  const database = await openDatabase({ url: settings.databaseUrl ?? undefined, workerUrl: settings.databaseWorkerUrl ?? undefined, ownerUrl: settings.databaseOwnerUrl ?? undefined, dataFolder: settings.dataFolder, inUse: "join" });
  try {
    const pool = createPool({ url: database.workerUrl, applicationName: "nod-replay", maxConnections: 1, statementTimeoutMs });
    try {
      const given = answersOf === null ? answers : await answersGivenBy(pool, answersOf, { from, to });
      return await replayStored(pool, { config, source, answers: given, startsWithUsd: cash, costs: defaultCosts, range: { from, to }, now: new Date(), maxMs: Infinity });
    } finally {
      await pool.end();
    }
  } finally {
    await database.stop();
  }
}

async function answersGivenBy(pool: Pool, uid: string, { from, to }: { from: string; to: string }): Promise<Answers> {
  const rows = await readGivenAnswers(pool, uid, { from: newYorkInstant(from, "00:00"), to: newYorkInstant(addDays(to, 1), "00:00") });
  return recordedAnswers(rows.map(({ ruleId, askedAt, status, amount }) => ({ ruleId, askedAtMs: askedAt.getTime(), says: saidBy(status), amountUsd: amount === null ? null : usd(amount) })));
}

const saidBy = (status: QuestionStatus): "approve" | "skip" | "nothing" => (status === "approved" ? "approve" : status === "rejected" ? "skip" : "nothing");

try {
  const wish = readWish(process.argv.slice(2));
  const report = wish.usesDatabase ? await overDatabase(wish) : overRecordings(wish);
  console.log(wish.asJson ? JSON.stringify(report, null, 2) : printReport(report));
} catch (error) {
  const isTypo = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  if (!(error instanceof NotReplayed || error instanceof ConfigError || error instanceof NotADecimalError || isTypo)) throw error;
  console.error(isTypo ? `${error.message}\n${usage}` : error.message);
  process.exitCode = 1;
}
