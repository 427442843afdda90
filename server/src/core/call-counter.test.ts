import { expect, test } from "vitest";
import { createCallCounter } from "./call-counter.ts";

test("each key has a window of its own, which begins with its first call", () => {
  let now = 0;
  const counter = createCallCounter({ windowMs: 60_000, maxKeys: 10, now: () => now });
  expect([counter.count("alice").hits, counter.count("alice").hits, counter.count("bob").hits]).toEqual([1, 2, 1]);
  now = 59_999;
  expect(counter.count("alice")).toEqual({ hits: 3, endsAtMs: 60_000 });
  now = 60_000;
  expect(counter.count("alice")).toEqual({ hits: 1, endsAtMs: 120_000 });
});

test("a hundred thousand keys take no more room than the limit, and whoever goes on calling stays counted", () => {
  const counter = createCallCounter({ windowMs: 60_000, maxKeys: 1_000, now: () => 0 });
  for (let n = 0; n < 100_000; n += 1) {
    counter.count(`stranger-${n}`);
    if (n % 500 === 0) counter.count("persistent");
  }
  expect(counter.size).toBe(1_000);
  expect(counter.count("persistent").hits).toBe(201);
  expect(counter.count("stranger-0").hits).toBe(1);
});

test("what is forgotten begins anew", () => {
  const counter = createCallCounter({ windowMs: 60_000, maxKeys: 10, now: () => 0 });
  counter.count("alice");
  counter.forget("alice");
  expect(counter.count("alice").hits).toBe(1);
});
