import { expect, it } from "vitest";
import { rewriteTable } from "./results.ts";

const row = (name: string, command: string, measured: string) => ({ name, goal: "≤ 2", measured, verdict: "met", spread: "1.0 … 2.0", pairs: 5, command, machine: "2 cores" });

it("replaces the rows of its own names, leaves the others, and sorts them", () => {
  const first = rewriteTable("", [row("warm tick", "tick", "1.20"), row("ingest of 500", "ingest", "1.50")]);
  const second = rewriteTable(first, [row("warm tick", "tick", "1.10"), row("a suppressed tick", "tick", "0.10")]);
  expect(second.split("\n").slice(2).map((line) => line.split("|").slice(1, 4).map((cell) => cell.trim()))).toEqual([
    ["ingest of 500", "≤ 2", "1.50"],
    ["a suppressed tick", "≤ 2", "0.10"],
    ["warm tick", "≤ 2", "1.10"],
  ]);
});

it("keeps a name that another benchmark has too", () => {
  const table = rewriteTable(rewriteTable("", [row("memory", "tick", "1")]), [row("memory", "load", "2")]);
  expect(table.split("\n")).toHaveLength(4);
});
