import { expect, test } from "vitest";
import { startInterval } from "./interval.ts";

const never = 3_600_000;
const fail = (error: unknown): void => {
  throw error;
};

test("it runs at once, and again when woken, without waiting for the interval", async () => {
  let runs = 0;
  const loop = startInterval({ intervalMs: never, minGapMs: 1, onError: fail, run: async () => void (runs += 1) });
  await expect.poll(() => runs).toBe(1);
  loop.wake();
  await expect.poll(() => runs).toBe(2);
  await loop.stop();
  loop.wake();
  expect(runs).toBe(2);
});

test("a run that wants another sooner gets it", async () => {
  let runs = 0;
  const loop = startInterval({
    intervalMs: never,
    minGapMs: 1,
    onError: fail,
    run: async () => {
      runs += 1;
      return { nextInMs: 1 };
    },
  });
  await expect.poll(() => runs).toBeGreaterThan(3);
  await loop.stop();
});

test("never two at a time; woken ten times during a run, it runs once more", async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const gate = Promise.withResolvers<void>();
  const loop = startInterval({
    intervalMs: never,
    minGapMs: 1,
    onError: fail,
    run: async () => {
      runs += 1;
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
      return undefined;
    },
  });
  for (let n = 0; n < 10; n += 1) loop.wake();
  gate.resolve();
  await expect.poll(() => runs).toBe(2);
  await loop.stop();
  expect([most, runs]).toEqual([1, 2]);
});

test("an error is reported and the loop goes on", async () => {
  const errors: unknown[] = [];
  let runs = 0;
  const loop = startInterval({
    intervalMs: never,
    minGapMs: 1,
    retryMs: 1,
    onError: (error) => errors.push(error),
    run: async () => {
      runs += 1;
      if (runs < 3) throw new Error(`failed ${runs}`);
      return undefined;
    },
  });
  await expect.poll(() => runs).toBe(3);
  await loop.stop();
  expect(errors).toEqual([new Error("failed 1"), new Error("failed 2")]);
});

test("stopping waits for what runs", async () => {
  const gate = Promise.withResolvers<void>();
  let finished = false;
  const loop = startInterval({
    intervalMs: never,
    onError: fail,
    run: async () => {
      await gate.promise;
      finished = true;
      return undefined;
    },
  });
  const stopped = loop.stop();
  gate.resolve();
  await stopped;
  expect(finished).toBe(true);
});
