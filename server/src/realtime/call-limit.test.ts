import { expect, test } from "vitest";
import { createCallLimit } from "./call-limit.ts";

test("each user has his own minute's worth of calls, and a new one when the minute is over", () => {
  let now = 0;
  const limit = createCallLimit(2, () => now);
  expect([limit.refuse("alice"), limit.refuse("alice"), limit.refuse("alice")]).toEqual([null, null, { retryAfterSeconds: 60 }]);
  expect(limit.refuse("bob")).toBeNull();
  now = 59_500;
  expect(limit.refuse("alice")).toEqual({ retryAfterSeconds: 1 });
  now = 60_000;
  expect(limit.refuse("alice")).toBeNull();
});
