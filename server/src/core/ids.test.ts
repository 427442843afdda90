import { expect, test } from "vitest";
import { clientOrderIdOf, derivedUuid } from "./ids.ts";

test("the same parts give the same id, other parts another", () => {
  expect(derivedUuid("intent", "a")).toBe(derivedUuid("intent", "a"));
  expect(derivedUuid("intent", "a")).not.toBe(derivedUuid("intent", "b"));
  expect(derivedUuid("ab", "c")).not.toBe(derivedUuid("a", "bc"));
});

test("a derived id is a version 8 UUID", () => {
  expect(derivedUuid("x")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a client order id stays within 48 characters", () => {
  expect(clientOrderIdOf(derivedUuid("x"))).toHaveLength(36);
});
