import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { guardrailCatalogue } from "@nod/contract/guardrail-catalogue";
import { describe, expect, test } from "vitest";
import { describeSubject, laws, promises, withoutGuard, type GuardrailSubject } from "../../guards/removal.ts";
import { removals } from "../../guards/removals.ts";

const root = join(import.meta.dirname, "../../..");
const read = (file: string): Promise<string> => readFile(join(root, file), "utf8");

const ofGuardrails = removals.map(({ of }) => of).filter((of): of is GuardrailSubject => "guardrail" in of);

/** The names on a list of guardrails, as it is written. */
function listedIn(source: string, list: string): string[] {
  const [, names = "", without = ""] = new RegExp(String.raw`const ${list}: readonly .*\[\] = \[([^\]]*)\](\.slice\(1\))?`).exec(source) ?? [];
  const all = names.split(",").map((name) => name.trim()).filter((name) => name !== "");
  return without === "" ? all : all.slice(1);
}

describe("the list of removals", () => {
  test("takes every guardrail of the catalogue away, at each moment at which it is looked at", () => {
    const wanted = Object.entries(guardrailCatalogue).flatMap(([code, { stages }]) => stages.map((stage) => `${code} ${stage}`));
    const removed = new Set(ofGuardrails.map(({ guardrail, stage }) => `${guardrail} ${stage}`));
    expect(wanted.filter((each) => !removed.has(each))).toEqual([]);
  });

  test.each([
    ["server/src/trading/risk/decide.ts", "guardrails", 37],
    ["server/src/trading/risk/clear-to-send.ts", "sendGuardrails", 9],
    ["server/src/trading/risk/clear-to-send.ts", "finalGuardrails", 2],
    ["server/src/trading/risk/exit-guardrails.ts", "exitGuardrails", 9],
    ["server/src/trading/risk/exit-guardrails.ts", "exitSendGuardrails", 6],
  ])("takes away each that stands on a list: %s, %s", async (file, list, atLeast) => {
    const source = await read(file);
    const names = listedIn(source, list);
    expect(names.length).toBeGreaterThanOrEqual(atLeast);
    const without = removals.filter((removal) => removal.file === file).map((removal) => listedIn(withoutGuard(removal, source), list));
    expect(names.filter((name) => !without.some((left) => !left.includes(name)))).toEqual([]);
  });

  test.each(Object.keys(laws))("has more than one for law %s", (law) => {
    expect(removals.filter(({ of }) => "law" in of && String(of.law) === law).length).toBeGreaterThan(1);
  });

  test.each(Object.keys(promises))("has more than one for the promise of %s", (promise) => {
    expect(removals.filter(({ of }) => "promise" in of && of.promise === promise).length).toBeGreaterThan(1);
  });

  test("calls no two of them the same, and removes nothing twice", () => {
    const names = removals.map(({ of, name }) => `${describeSubject(of)}: ${name}`);
    expect(new Set(names).size).toBe(names.length);
    const texts = removals.map(({ file, find, replace }) => JSON.stringify([file, find, replace]));
    expect(new Set(texts).size).toBe(texts.length);
  });

  test("speaks of sources and of tests that are there, each text once", async () => {
    const sources = new Map<string, string>();
    for (const file of new Set(removals.flatMap((removal) => [removal.file, ...removal.tests.map((proof) => proof.file)]))) {
      if (existsSync(join(root, file))) sources.set(file, await read(file));
    }
    const problems: string[] = [];
    for (const removal of removals) {
      try {
        const source = sources.get(removal.file);
        if (source === undefined) problems.push(`there is no ${removal.file}: ${removal.name}`);
        else if (withoutGuard(removal, source) === source) problems.push(`nothing is removed: ${removal.name}`);
      } catch (error) {
        problems.push(String(error));
      }
      for (const { file, named } of removal.tests) {
        const tests = sources.get(file);
        if (tests === undefined) problems.push(`there is no ${file}: ${removal.name}`);
        else if (named !== undefined && !tests.includes(named)) problems.push(`${file} has no test named ${JSON.stringify(named)}: ${removal.name}`);
      }
    }
    expect(problems).toEqual([]);
  });
});
