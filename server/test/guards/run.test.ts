import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withoutGuard, type Removal } from "../../guards/removal.ts";
import { removals } from "../../guards/removals.ts";
import { BaselineNotGreen, describeTried, tryRemovals, type Tried } from "../../guards/try-removals.ts";
import { verdictOf } from "../../guards/verdict.ts";

const root = join(import.meta.dirname, "../../..");
const decide = { file: "server/src/trading/risk/decide.test.ts" };

const tried = (chosen: readonly Removal[]): Promise<Tried[]> =>
  tryRemovals(chosen, { root, environment: process.env, atOnce: 1, signal: new AbortController().signal, onBaseline: () => undefined, onTried: () => undefined });
const named = (name: string): Removal => {
  const found = removals.find((removal) => removal.name === name);
  if (found === undefined) throw new Error(`no removal is called ${name}`);
  return found;
};
const scratchFolders = async (): Promise<string[]> => (await readdir(tmpdir())).filter((name) => name.startsWith(`nod-guards-${process.pid}-`));

/** Starting vitest in vitest takes its time. */
const timeoutMs = 240_000;

describe("a guard that is taken away", () => {
  test("is missed by a test or survives, code that makes no sense proves nothing, and the repository is as it was", { timeout: timeoutMs }, async () => {
    const [guardrail, limit] = [named("A kill switch stops nothing at the answer"), named("Who names no limit on open orders has none")];
    const of = { law: 5 } as const;
    const place = { of, file: "server/src/trading/risk/size.ts", find: 'intent.side === "sell";', tests: [decide] } as const;
    const before = await Promise.all([guardrail, limit, place].map(({ file }) => readFile(join(root, file), "utf8")));
    const outcomes = await tried([
      guardrail,
      // Of a package: it is the copy's that is run.
      limit,
      { ...place, name: "Nothing", replace: 'intent.side !== "buy";' },
      { ...place, name: "Half a statement", replace: "intent.side === ;" },
      { ...place, name: "Something that is not there", replace: "isASell(intent);" },
      // The one before left nothing behind.
      { ...guardrail, name: "The first once more" },
    ]);
    expect(outcomes.map(({ removal, verdict }) => ({ [removal.name]: verdict }))).toEqual([
      { [guardrail.name]: { kind: "red", test: expect.stringContaining("a kill switch is on: kill_switch_active") } },
      { [limit.name]: { kind: "red", test: expect.stringContaining("more orders are open than anyone gets who names no limit") } },
      { Nothing: { kind: "green", tests: expect.any(Number) } },
      { "Half a statement": { kind: "no_proof", why: expect.stringContaining("decide.test.ts: ") } },
      { "Something that is not there": { kind: "no_proof", why: expect.stringContaining("ReferenceError: isASell is not defined") } },
      { "The first once more": { kind: "red", test: expect.stringContaining("a kill switch is on: kill_switch_active") } },
    ]);
    expect(outcomes.slice(2, 4).map(describeTried)).toEqual([
      expect.stringMatching(/^✗ law 5: Nothing \(.*\n {4}nobody misses it: server\/src\/trading\/risk\/decide\.test\.ts$/),
      expect.stringMatching(/^✗ law 5: Half a statement \(.*\n {4}nothing is proven: /),
    ]);
    expect(await Promise.all([guardrail, limit, place].map(({ file }) => readFile(join(root, file), "utf8")))).toEqual(before);
    expect(await scratchFolders()).toEqual([]);
  });

  test("is not even tried where its tests are not there before", { timeout: timeoutMs }, async () => {
    const removal: Removal = { ...named("A kill switch stops nothing at the answer"), tests: [{ ...decide, named: "no test of this name" }] };
    await expect(tried([removal])).rejects.toThrow(BaselineNotGreen);
    expect(await scratchFolders()).toEqual([]);
  });
});

test("a text that does not stand in its file once is removed from nowhere", () => {
  const removal = { name: "Anything", file: "a.ts", find: "one", replace: "" };
  expect(withoutGuard(removal, "before one after")).toBe("before  after");
  expect(() => withoutGuard(removal, "one and one")).toThrow('a.ts holds "one" 2 times and not once: Anything');
  expect(() => withoutGuard(removal, "two")).toThrow("0 times");
});

describe("what a run of tests proves", () => {
  const passed = { name: "it holds", passed: true, errors: [] };
  const failed = (name: string, message: string) => ({ name: "it fails", passed: false, errors: [{ name, message }] });

  test("with a failed assertion, or with an error of the code under test: that the guard is missed", () => {
    expect(verdictOf({ tests: [passed, failed("AssertionError", "expected 1 to be 2")], unloaded: [] })).toEqual({ kind: "red", test: "it fails" });
    expect(verdictOf({ tests: [failed("error", "duplicate key value violates unique constraint")], unloaded: [] })).toMatchObject({ kind: "red" });
  });

  test("without: that it is not", () => {
    expect(verdictOf({ tests: [passed, passed], unloaded: [] })).toEqual({ kind: "green", tests: 2 });
  });

  test.each([
    ["SyntaxError", "Unexpected token ';'"],
    ["ReferenceError", "gate is not defined"],
    ["TypeError", "Cannot read properties of undefined (reading 'id')"],
    ["error", 'syntax error at or near "from"'],
    ["error", "column o.undo does not exist"],
    ["AssertionError", 'expected [ error: syntax error at or near ")" ] to deeply equal []'],
  ])("with code that makes no sense (%s: %s): nothing", (name, message) => {
    expect(verdictOf({ tests: [passed, failed(name, message)], unloaded: [] })).toEqual({ kind: "no_proof", why: `it fails: ${name}: ${message}` });
  });

  test("with a file that could not be loaded, or with no test at all: nothing", () => {
    expect(verdictOf({ tests: [], unloaded: [{ file: "a.test.ts", message: "Cannot find module" }] })).toEqual({ kind: "no_proof", why: "a.test.ts: Cannot find module" });
    expect(verdictOf({ tests: [], unloaded: [] })).toEqual({ kind: "no_proof", why: "no test ran" });
  });
});
