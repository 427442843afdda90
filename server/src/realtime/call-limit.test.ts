import { expect, test } from "vitest";
import { createCallLimit } from "./call-limit.ts";

test("each user has his own minute's worth of calls, and a new one when the minute is over", () => {
  let now = 0;
  const limit = createCallLimit(2, () => now);
  expect([limit.admits("alice"), limit.admits("alice"), limit.admits("alice")]).toEqual([true, true, false]);
  expect(limit.admits("bob")).toBe(true);
  now = 60_000;
  expect(limit.admits("alice")).toBe(true);
});

test("no number of users makes it grow without end", () => {
  const limit = createCallLimit(1, () => 0);
  for (let n = 0; n < 200_000; n += 1) limit.admits(`user-${n}`);
  expect(limit.admits("user-0")).toBe(true); // forgotten with the rest when there were too many
});
