import { describe, expect, it } from "vitest";
import { documentSchema, ruleSchemas } from "./contract-schemas.ts";
import { pathOf, schemasAt, type Json } from "./json-schema.ts";

const namesAt = (document: Json, path: (string | number)[]): string[] => [...new Set(schemasAt(documentSchema, document, path).flatMap(({ properties }) => Object.keys(properties ?? {})))];

describe("what may stand at a place of a config", () => {
  it("knows the document's parts and a rule's fields", () => {
    expect(namesAt({}, [])).toEqual(expect.arrayContaining(["rules", "guardrails", "restraint"]));
    expect(namesAt({ rules: [{}] }, ["rules", 0])).toEqual(expect.arrayContaining(["id", "threshold_pct", "on_answer_match"]));
    expect(schemasAt(documentSchema, {}, ["mode"])).toMatchObject([{ enum: ["paper", "live"] }]);
  });

  it("leaves out the shapes that what is written already speaks against", () => {
    const crossing = { rules: [{ when: { op: "crosses_above", left: "last" } }] };
    expect(namesAt(crossing, ["rules", 0, "when"])).toEqual(expect.arrayContaining(["all", "op", "right"]));
    const operators = schemasAt(documentSchema, { rules: [{ when: { value: "last", low: 1, high: 2 } }] }, ["rules", 0, "when", "op"]).flatMap((schema) => schema.enum ?? []);
    expect(operators).toEqual(expect.arrayContaining(["between", "enters"]));
    expect(operators).not.toContain("<");
  });

  it("goes through conditions inside conditions", () => {
    expect(namesAt({ rules: [{ when: { all: [{ not: {} }] } }] }, ["rules", 0, "when", "all", 0, "not"])).toContain("held_for");
  });

  it("has a form for each kind of rule", () => {
    expect(Object.entries(ruleSchemas).map(([, book]) => schemasAt(book, {}, []).length)).toEqual([1, 1, 1, 1, 1]);
  });
});

it("reads JSON pointers", () => {
  expect(pathOf("")).toEqual([]);
  expect(pathOf("/rules/3/a~1b~0c")).toEqual(["rules", 3, "a/b~c"]);
});
