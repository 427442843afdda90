import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonTextArray, nullableTextArray, textArray } from "../../src/db/text-array.ts";
import { useTestDatabase } from "../support/database.ts";

const database = useTestDatabase();
const readBack = async (literal: string): Promise<unknown> => (await database.pool.query<{ read: unknown }>("select $1::text[] as read", [literal])).rows[0]?.read;

test.each([[[]], [["", "null", "NULL", "{}", ",", '"', "\\", '\\"', " a ", "é", "\n\t", "😀"]]])("what is sent is what arrives: %j", async (elements) => {
  expect(await readBack(textArray(elements))).toEqual(elements);
});

test.each([[[null, "a", null]], [["null", null, '"', "\\"]], [[]]])("what is missing arrives as missing: %j", async (elements) => {
  expect(await readBack(nullableTextArray(elements))).toEqual(elements);
  const json = elements.map((element) => (element === null ? null : JSON.stringify(element)));
  expect(await readBack(jsonTextArray(json))).toEqual(json);
});

test("any text and any JSON arrives as it was", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""))), fc.array(fc.json()), async (texts, documents) => {
      const json = documents.map((document) => JSON.stringify(JSON.parse(document)));
      expect(await readBack(textArray(texts))).toEqual(texts);
      expect(await readBack(jsonTextArray(json))).toEqual(json);
    }),
    { numRuns: 60 },
  );
});
