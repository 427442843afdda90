import fc from "fast-check";
import { expect, test } from "vitest";
import { readCursor, writeCursor } from "./order-cursor.ts";

test("a cursor leads back to its order", () => {
  fc.assert(fc.property(fc.uuid(), (id) => readCursor(writeCursor(id)) === id));
});

test("a text that was never a cursor leads nowhere, or to an id", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const id = readCursor(text);
      return id === undefined || (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) && writeCursor(id) === text);
    }),
  );
  expect(readCursor("AAAA")).toBeUndefined();
});
