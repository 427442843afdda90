import { expect, test } from "vitest";
import { readActivities } from "./activities.ts";

const row = {
  id: "20240501160000000::11-22", activity_type: "FILL", transaction_time: "2024-05-01T16:00:00.123456Z", type: "partial_fill",
  price: "100.5", qty: "0.04", side: "sell", symbol: "SPY", order_id: "a-1", cum_qty: "0.04", leaves_qty: "0.06",
};
const only = (change: Record<string, unknown>) => readActivities([{ ...row, ...change }])[0]?.activity;

test("a fill has the execution id of the stream", () => {
  expect(readActivities([row])).toEqual([
    { id: row.id, activity: { executionId: "11-22", executedAt: new Date("2024-05-01T16:00:00.123Z"), alpacaOrderId: "a-1", symbol: "SPY", side: "sell", qty: "0.04", price: "100.5", completes: false } },
  ]);
});

test.each(["type", "execution_type"])("the last one of an order says so by its %s", (field) => {
  expect(only({ type: undefined, [field]: "fill" })).toMatchObject({ completes: true });
});

test.each(["type", "execution_type"])("a bust is told by its %s, and may leave out what was taken back", (field) => {
  expect(only({ [field]: "trade_bust", previous_id: "11-11" })).toMatchObject({ kind: "trade_bust", executionId: "11-22", previousExecutionId: "11-11", was: { qty: "0.04", price: "100.5" } });
  expect(only({ [field]: "trade_bust", qty: undefined, price: null })).toMatchObject({ kind: "trade_bust", previousExecutionId: null, was: null });
});

test("a correction says what holds instead, under either name for what it is about", () => {
  for (const name of ["previous_id", "previous_execution_id"]) expect(only({ execution_type: "trade_correct", [name]: "11-11" })).toMatchObject({ kind: "trade_correct", previousExecutionId: "11-11", qty: "0.04", price: "100.5" });
});

test.each([
  ["no list", { activities: [] }, "not a list"],
  ["no object", [null], "not an object"],
  ["no order", [{ ...row, order_id: "" }], "lacks its order_id"],
  ["no time", [{ ...row, transaction_time: "soon" }], "has no time"],
  ["no price", [{ ...row, price: null }], "lacks its price"],
  ["a correction to nothing", [{ ...row, type: "trade_correct", qty: null }], "lacks its qty"],
])("%s is nonsense", (_what, body, why) => {
  expect(() => readActivities(body)).toThrow(why);
});
