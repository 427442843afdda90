/**
 * Figures with their goals, and `docs/benchmarks.md`, where they are kept. Only a run with `--record` writes there; each
 * benchmark replaces the rows of its own names and leaves everybody else's.
 */
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import type { Db } from "../../src/db/pool.ts";
import { median, note } from "./side-by-side.ts";

export type Goal = { atMost: number } | { atLeast: number } | { below: number };

/** @param values one for each pair of runs; the median counts */
export type Figure = { name: string; goal: Goal; unit?: "×" | "ms" | "MB"; values: readonly number[] };

export type Results = {
  /** Says the figure with its goal beside it, and keeps it for `record`. */
  figure(figure: Figure): void;
  /**
   * Writes what was said into `docs/benchmarks.md` when the command said `--record`.
   * @param db the PostgreSQL that was measured; null when none was
   */
  record(db: Db | null): Promise<void>;
};

type Row = { name: string; goal: string; measured: string; spread: string; pairs: number; verdict: string; command: string; machine: string };

/**
 * @param bench as in `npm run bench -- <bench>`
 * @param quick small sizes prove nothing: such a run says so, and is never recorded
 */
export function createResults(bench: string, quick: boolean): Results {
  const rows: Omit<Row, "machine">[] = [];
  return {
    figure({ name, goal, unit = "×", values }) {
      const measured = median(values);
      const verdict = isMet(goal, measured) ? "met" : "**missed**";
      const shown = show(measured, unit);
      note(`${name}: ${shown} (goal: ${showGoal(goal, unit)}) ${quick ? "— quick run, not a figure" : isMet(goal, measured) ? "— met" : "— MISSED"}`);
      rows.push({ name, goal: showGoal(goal, unit), measured: shown, spread: `${show(Math.min(...values), unit)} … ${show(Math.max(...values), unit)}`, pairs: values.length, verdict, command: bench });
    },
    async record(db) {
      if (!process.argv.includes("--record")) return;
      if (quick) throw new Error("a quick run is not recorded: leave --quick or --record away");
      const machine = await describeMachine(db);
      await keep(rows.map((row) => ({ ...row, machine })));
    },
  };
}

const isMet = (goal: Goal, measured: number): boolean => ("atMost" in goal ? measured <= goal.atMost : "below" in goal ? measured < goal.below : measured >= goal.atLeast);

function showGoal(goal: Goal, unit: string): string {
  const [sign, bound] = "atMost" in goal ? ["≤", goal.atMost] : "below" in goal ? ["<", goal.below] : ["≥", goal.atLeast];
  return unit === "×" ? `${sign} ${bound}` : `${sign} ${bound} ${unit}`;
}

function show(value: number, unit: string): string {
  const digits = value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
  return unit === "×" ? digits : `${digits} ${unit}`;
}

async function describeMachine(db: Db | null): Promise<string> {
  const postgres = db === null ? [] : [`PostgreSQL ${(await db.query<{ version: string }>("select current_setting('server_version') as version")).rows[0]?.version ?? ""}`];
  const processor = (cpus()[0]?.model ?? "unknown processor").replaceAll(/\s+/g, " ").trim();
  return [`${availableParallelism()} cores (${processor})`, `${Math.round(totalmem() / 2 ** 30)} GB`, `Node ${process.versions.node}`, ...postgres].join(", ");
}

const file = join(import.meta.dirname, "../../../docs/benchmarks.md");
const [begin, end] = ["<!-- figures -->", "<!-- end of figures -->"];
const heading = ["| what | goal | measured | | lowest … highest | pairs | `npm run bench --` | on |", "|---|---|---|---|---|---|---|---|"];

async function keep(fresh: readonly Row[]): Promise<void> {
  const text = await readFile(file, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/benchmarks.md has lost its lines "${begin}" and "${end}"`);
  await writeFile(file, `${text.slice(0, from + begin.length)}\n${rewriteTable(text.slice(from + begin.length, to), fresh)}\n${text.slice(to)}`);
}

/** Pure. A row is known by its benchmark and its name, in the order of both. */
export function rewriteTable(table: string, fresh: readonly Row[]): string {
  const rows = new Map<string, string>();
  const put = (line: string): void => {
    const cells = line.split("|").map((cell) => cell.trim());
    rows.set(`${cells.at(-3) ?? ""} ${cells[1] ?? ""}`, line);
  };
  for (const line of table.split("\n")) if (line.startsWith("| ") && !heading.includes(line)) put(line);
  for (const { name, goal, measured, verdict, spread, pairs, command, machine } of fresh) put(`| ${[name, goal, measured, verdict, spread, pairs, command, machine].join(" | ")} |`);
  return [...heading, ...[...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line)].join("\n");
}
