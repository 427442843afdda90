import { expect, test } from "vitest";
import { reconnectDelayMs } from "./stream-backoff.ts";

const delays = (code: number | null, random: number): number[] => Array.from({ length: 8 }, (_, n) => reconnectDelayMs(n + 1, code, random));

test("attempts wait 1, 2, 4 … 30 seconds", () => {
  expect(delays(null, 0)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test("chance takes up to a fifth away, and never adds", () => {
  expect(delays(null, 0.5)).toEqual([900, 1_800, 3_600, 7_200, 14_400, 27_000, 27_000, 27_000]);
  expect(Math.min(...delays(null, 1))).toBe(800);
});

test("a connection that is one too many waits until the other's lease has run out, refused keys as long as it gets", () => {
  expect(delays(406, 0).slice(0, 5)).toEqual([8_000, 8_000, 8_000, 8_000, 16_000]);
  expect(delays(402, 0)).toEqual(Array.from({ length: 8 }, () => 30_000));
  expect(delays(409, 0)[0]).toBe(30_000);
});
