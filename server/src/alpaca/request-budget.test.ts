import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BrokerUnavailableError } from "../trading/ports.ts";
import { createRequestBudget, roomForOrders, type CallUrgency } from "./request-budget.ts";

const never = new AbortController().signal;
const minuteMs = 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A budget, and what it let run so far, in that order. */
function openBudget(requestsPerMinute: number) {
  const budget = createRequestBudget(requestsPerMinute);
  const ran: CallUrgency[] = [];
  return {
    budget,
    ran,
    spend: (urgency: CallUrgency): void => void budget.spend(urgency, never, () => Promise.resolve(ran.push(urgency))),
    afterMs: (ms: number) => vi.advanceTimersByTimeAsync(ms),
  };
}

describe("a minute's calls", () => {
  test("go to the past for two fifths at most: prices of now never wait behind years of bars", async () => {
    const { ran, spend, afterMs } = openBudget(10);
    for (let n = 0; n < 12; n += 1) spend("history");
    await afterMs(1);
    expect(ran).toEqual(Array.from({ length: 4 }, () => "history"));
    for (let n = 0; n < 6; n += 1) spend("read");
    await afterMs(1);
    expect(ran.slice(4)).toEqual(Array.from({ length: 4 }, () => "read"));
    // In no stretch of a minute there are more, however many wait.
    for (let minute = 1; minute <= 3; minute += 1) {
      ran.length = 0;
      await afterMs(minuteMs);
      expect(ran.filter((urgency) => urgency === "history").length).toBeLessThanOrEqual(4);
    }
  });

  test("can be read off: what is left of the sliding minute, what waits, and what was not made", async () => {
    const { budget, spend, afterMs } = openBudget(10);
    expect(budget.reading()).toEqual({ limit: 10, left: 10, waiting: 0, refused: 0 });
    for (let n = 0; n < 9; n += 1) spend("read");
    await afterMs(1);
    expect(budget.reading()).toEqual({ limit: 10, left: 2, waiting: 1, refused: 0 });
    await expect(budget.spend("read", AbortSignal.abort(), () => Promise.resolve())).rejects.toThrow(BrokerUnavailableError);
    await afterMs(2 * minuteMs);
    expect(budget.reading()).toMatchObject({ waiting: 0, refused: 1 });
    await afterMs(minuteMs);
    expect(budget.reading()).toMatchObject({ left: 10 });
  });

  test("are never all used up by reads: orders and cancels have their part", async () => {
    const { ran, spend, afterMs } = openBudget(10);
    for (let n = 0; n < 12; n += 1) spend("read");
    await afterMs(1);
    expect(ran).toEqual(Array.from({ length: 8 }, () => "read"));
    spend("order");
    spend("cancel");
    await afterMs(1);
    expect(ran.slice(8)).toEqual(["order", "cancel"]);
  });

  test("leave a tenth to exits and cancels that other orders are not sent into, and an exit's goes before an order's", async () => {
    const { ran, spend, afterMs, budget } = openBudget(20);
    expect(roomForOrders(budget.reading())).toEqual({ any: 18, exits: 20 });
    for (let n = 0; n < 19; n += 1) spend("order");
    await afterMs(1);
    expect(roomForOrders(budget.reading())).toEqual({ any: -1, exits: 1 });
    spend("order");
    for (const urgency of ["order", "exit", "cancel"] as const) spend(urgency);
    await afterMs(minuteMs);
    expect(ran.slice(20, 22)).toEqual(["exit", "cancel"]);
  });

  test("are waited for by two hundred reads and no more: one that would be stale when its turn comes is refused at once", async () => {
    const budget = createRequestBudget(10);
    const [ran, refused]: [number[], unknown[]] = [[], []];
    for (let n = 0; n < 8 + 201; n += 1) budget.spend("read", never, () => Promise.resolve(ran.push(n))).catch((error: unknown) => refused.push(error));
    await vi.advanceTimersByTimeAsync(1);
    expect(ran).toHaveLength(8);
    expect(refused).toEqual([expect.any(BrokerUnavailableError)]);
  });

  test("that had to wait are made in the order of their urgency: cancels, orders, reads", async () => {
    const { ran, spend, afterMs } = openBudget(2);
    spend("order");
    spend("order");
    await afterMs(1);
    for (const urgency of ["read", "order", "order", "cancel"] as const) spend(urgency);
    await afterMs(1);
    expect(ran).toEqual(["order", "order"]);
    await afterMs(minuteMs);
    expect(ran.slice(2)).toEqual(["cancel", "order"]);
    await afterMs(minuteMs);
    expect(ran.slice(4)).toEqual(["order", "read"]);
  });
});
