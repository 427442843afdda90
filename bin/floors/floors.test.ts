import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findViolations } from "./floors.ts";
import { readSourceGraph } from "./source-graph.ts";

const repository = join(import.meta.dirname, "../..");

test("this repository holds its floors", async () => {
  const graph = await readSourceGraph(repository);
  expect(graph.edges.length).toBeGreaterThan(50); // an empty graph would hold anything
  expect(findViolations(graph)).toEqual([]);
});

describe("in a small house", () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "nod-floors-"));
    await plant({
      "packages/contract/package.json": '{ "name": "@nod/contract", "exports": { "./*": "./src/*.ts" } }',
      "packages/signalr-server/package.json": '{ "name": "@nod/signalr-server", "exports": { ".": "./src/index.ts" } }',
      "packages/contract/src/question.ts": "export type Question = { id: string };",
      "packages/signalr-server/src/index.ts": "export const hub = 1;",
      "server/src/core/decimal.ts": "export const zero = 0; export type Usd = string;",
      "server/src/db/pool.ts": 'import { zero } from "../core/decimal.ts"; export const size = zero;',
      "server/src/trading/ports.ts": 'import type { Question } from "@nod/contract/question"; export type Asked = Question;',
      "server/src/http/app.ts": 'import { size } from "../db/pool.ts"; import type { Asked } from "../trading/ports.ts"; export const app: Asked[] = []; export { size };',
      "server/src/main.ts": 'import { app } from "./http/app.ts"; import { hub } from "@nod/signalr-server"; export const all = [app, hub];',
      "client/web/src/card.tsx": 'import type { Question } from "@nod/contract/question"; export const card = (q: Question) => <p>{q.id}</p>;',
    });
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  async function plant(files: Record<string, string>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  }

  async function violationsWith(files: Record<string, string>): Promise<string[]> {
    await plant(files);
    return findViolations(await readSourceGraph(root));
  }

  test("imports that run downward are fine", async () => {
    expect(await violationsWith({})).toEqual([]);
  });

  test.each([
    ["a value", 'import { app } from "../http/app.ts"; export { app };'],
    ["a type", 'import type { Asked } from "../trading/ports.ts"; export type X = Asked;'],
    ["a type among values", 'import { type Asked } from "../trading/ports.ts"; export type X = Asked;'],
    ["a type in an expression", 'export type X = import("../trading/ports.ts").Asked;'],
    ["a re-export", 'export * from "../trading/ports.ts";'],
    ["a re-exported type", 'export type { Asked } from "../trading/ports.ts";'],
    ["a dynamic import", 'export const later = () => import("../http/app.ts");'],
    ["a require", 'declare const require: (name: string) => unknown; export const old = require("../http/app.ts");'],
    ["an import for its effect", 'import "../http/app.ts";'],
  ])("%s from a floor above is caught, with file and line", async (_form, text) => {
    const [violation, ...others] = await violationsWith({ "server/src/db/planted.ts": `// a comment\n${text}` });
    expect(violation).toMatch(/^server\/src\/db\/planted\.ts:2 imports server\/src\/(http\/app|trading\/ports)\.ts: db is on floor 1, (http|trading) above it on [24]$/);
    expect(others).toEqual([]);
  });

  test("neighbours on a floor do not know each other", async () => {
    expect(await violationsWith({ "server/src/workers/tick.ts": 'import type { app } from "../http/app.ts"; export type X = typeof app;' })).toEqual([
      "server/src/workers/tick.ts:1 imports server/src/http/app.ts: workers and http are neighbours on floor 4",
    ]);
  });

  test("nothing imports the composition root", async () => {
    expect(
      await violationsWith({ "server/src/config.ts": "export type Config = { port: number };", "server/src/workers/tick.ts": 'import type { Config } from "../config.ts"; export type X = Config;' }),
    ).toEqual(["server/src/workers/tick.ts:1 imports server/src/config.ts: workers is on floor 4, the composition root above it on 6"]);
  });

  test.each([
    ["values", 'import { b } from "./b.ts"; export const a = () => b;', 'import { a } from "./a.ts"; export const b = () => a;'],
    ["types only", 'import type { B } from "./b.ts"; export type A = B[];', 'import type { A } from "./a.ts"; export type B = A | string;'],
  ])("two files of one room in a circle of %s are caught", async (_kind, a, b) => {
    expect(await violationsWith({ "server/src/core/a.ts": a, "server/src/core/b.ts": b })).toEqual([
      "files import each other in a circle: server/src/core/a.ts → server/src/core/b.ts → server/src/core/a.ts",
    ]);
  });

  test("a longer circle is shown in full", async () => {
    const link = (next: string): string => `import type { T } from "./${next}.ts"; export type { T };`;
    expect(await violationsWith({ "server/src/core/a.ts": link("b"), "server/src/core/b.ts": link("c"), "server/src/core/c.ts": link("a") })).toEqual([
      "files import each other in a circle: server/src/core/a.ts → server/src/core/b.ts → server/src/core/c.ts → server/src/core/a.ts",
    ]);
  });

  test("rooms of the domain may know each other, but not in a circle, even when no file does", async () => {
    const rules = { "server/src/trading/rules/fire.ts": 'import { limit } from "../risk/limit.ts"; export const fire = limit;', "server/src/trading/risk/limit.ts": "export const limit = 1;" };
    expect(await violationsWith(rules)).toEqual([]);
    expect(
      await violationsWith({ "server/src/trading/risk/verdict.ts": 'import type { Rule } from "../rules/rule.ts"; export type Verdict = Rule;', "server/src/trading/rules/rule.ts": "export type Rule = string;" }),
    ).toEqual(["rooms of server/src/trading know each other in a circle: risk → rules → risk"]);
  });

  test.each([
    ["packages/signalr-server/src/wire.ts", "@nod/contract/question", "packages/signalr-server must not know packages/contract"],
    ["packages/contract/src/more.ts", "../../../server/src/core/decimal.ts", "packages/contract must not know server"],
    ["client/web/src/sneak.ts", "../../../server/src/core/decimal.ts", "client/web must not know server"],
    ["client/web/src/sneak.ts", "@nod/signalr-server", "client/web must not know packages/signalr-server"],
    ["server/src/core/sneak.ts", "../../test/support.ts", "server must not know server/test"],
  ])("%s does not import %s", async (file, specifier, complaint) => {
    const [violation] = await violationsWith({ "server/test/support.ts": "export const support = 1;", [file]: `export type * from "${specifier}";` });
    expect(violation).toMatch(new RegExp(`^${file}:1 imports .*: ${complaint}$`));
  });

  test("a new room must be given a floor", async () => {
    expect(await violationsWith({ "server/src/helpers/x.ts": "export const x = 1;" })).toEqual(["server/src/helpers stands on no floor: give it one in bin/floors/house.ts"]);
  });
});
