import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DenialCode } from "../src/denial.ts";
import { guardrailList, guardrailsDocument } from "../src/guardrail-catalogue.ts";
import { Guardrails } from "../src/trading-config.ts";

const file = join(import.meta.dirname, "../../../docs/guardrails.md");

test("docs/guardrails.md is what the catalogue says today (npm run guardrails -w @nod/contract)", async () => {
  expect(await readFile(file, "utf8")).toBe(guardrailsDocument());
});

test("every code is told once, and every key of a config's guardrails that denies has one", () => {
  const { guardrails } = guardrailList();
  expect(guardrails.map(({ code }) => code).toSorted()).toEqual(DenialCode.enum.toSorted());
  const named = new Set(guardrails.map(({ set_by: key }) => key));
  // How many questions may be open is the asking's limit, and time to take an approval back is no limit; a fall from the
  // day's best sets the kill switch. None of them denies by itself.
  expect(Object.keys(Guardrails.properties).filter((key) => !named.has(key))).toEqual(["max_open_questions", "undo_seconds", "max_drawdown_usd"]);
});
