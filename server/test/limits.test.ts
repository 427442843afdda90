/** docs/limits.md says what the source says. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

type Row = { what: string; where: string; value: string; atTheLimit: string; test: string };

const page = await read("docs/limits.md");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| what |"))
  .map((line): Row => {
    const [what = "", where = "", value = "", atTheLimit = "", proof = "", ...more] = line.split("|").slice(1, -1).map((cell) => cell.trim());
    if (more.length > 0 || proof === "") throw new Error(`not five cells: ${line}`);
    return { what, where, value, atTheLimit, test: proof };
  });
const withValue = rows.filter(({ value }) => value !== "—");
const withTest = rows.filter(({ test: proof }) => proof.startsWith("`"));

test("every value is the one in the file that is named", async () => {
  const wrong: string[] = [];
  for (const { what, where, value } of withValue) {
    const [, path = "", name = ""] = /^`([^`]+)` `([^`]+)`$/.exec(where) ?? [];
    const source = (await read(path)).replaceAll(/(?<=\d)_(?=\d)/g, "");
    const number = value.replaceAll(",", "");
    // Where it is set, or where it is what holds unless another is given.
    if (!new RegExp(String.raw`\b${name}\b[^\n]*?(?:[:=]|\?\?) ${number}\b`).test(source)) wrong.push(`${what}: ${path} has no ${name} of ${value}`);
  }
  expect(wrong).toEqual([]);
  expect(withValue.length).toBeGreaterThan(45);
});

test("every test that is named is there", async () => {
  const missing: string[] = [];
  for (const { what, test: proof } of withTest) {
    const [, path = "", title = ""] = /^`([^`]+)` "(.+)"$/.exec(proof) ?? [];
    if (!(await read(path)).includes(`"${title}"`)) missing.push(`${what}: ${path} has no test "${title}"`);
  }
  expect(missing).toEqual([]);
  // The rest is Node's, a schema's, or follows from a statement.
  expect(rows.length - withTest.length).toBeLessThan(6);
});
