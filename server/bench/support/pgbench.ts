/** PostgreSQL's own load generator, in C, sending the statements that we send. */
import { execFile } from "node:child_process";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Sent } from "./statement-recorder.ts";

const run = promisify(execFile);

/** The program's place, or null where this machine has none: the embedded binaries do not include it. */
export async function findPgbench(): Promise<string | null> {
  const places = (process.env["PATH"] ?? "").split(":").map((folder) => join(folder, "pgbench"));
  for (const place of places) {
    if (await access(place).then(() => true, () => false)) return place;
  }
  return null;
}

export type PgbenchRun = { url: string; clients: number; perClient: number; firstNumber: number; script: string };

/** @returns transactions per second, without the time to connect */
export async function runPgbench(pgbench: string, { url, clients, perClient, firstNumber, script }: PgbenchRun): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "nod-pgbench-"));
  try {
    const file = join(folder, "answer.sql");
    await writeFile(file, `\\set k :k + 1\n\\set n :base + :client_id * ${perClient} + :k\n${script}`);
    const args = ["-n", "-M", "prepared", "-c", String(clients), "-j", "2", "-t", String(perClient), "-D", "k=-1", "-D", `base=${firstNumber}`, "-f", file, url];
    const { stdout } = await run(pgbench, args, { timeout: 600_000 });
    const tps = /tps = ([\d.]+)/.exec(stdout)?.[1];
    const failed = /number of failed transactions: (\d+)/.exec(stdout)?.[1] ?? "0";
    if (tps === undefined || failed !== "0") throw new Error(`pgbench did not run through:\n${stdout}`);
    return Number(tps);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The statements as a pgbench script, in the same round trips. `names` says which values are another one's for each
 * number: their SQL takes the place of the value as it was recorded.
 */
export function toPgbenchScript(trips: readonly (readonly Sent[])[], names: ReadonlyMap<string, string>): string {
  return trips.map((trip) => `\\startpipeline\n${trip.map((sent) => `${toSql(sent, names)};`).join("\n")}\n\\endpipeline\n`).join("");
}

function toSql({ text, values }: Sent, names: ReadonlyMap<string, string>): string {
  const withoutComments = text.replaceAll(/--.*$/gm, "");
  return withoutComments.replaceAll(/\$(\d+)/g, (_whole, number: string) => literal(values[Number(number) - 1], names)).trim();
}

function literal(value: unknown, names: ReadonlyMap<string, string>): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return `array[${value.map((each) => literal(each, names)).join(", ")}]`;
  const text = value instanceof Date ? value.toISOString() : typeof value === "object" ? JSON.stringify(value) : String(value);
  // A colon before a word would be a variable of pgbench's, also within quotes.
  return names.get(text) ?? `'${text.replaceAll("'", "''").replaceAll(/:(?=[A-Za-z_])/g, ": ")}'`;
}
