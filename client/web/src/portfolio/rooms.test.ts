import { expect, test } from "vitest";
import { roomsOf } from "./rooms.ts";

const room = { limit: "10", used: "3", left: "7" };
const always = { orders_per_day: room, notional_usd_per_4h: room, open_questions: room };

test("a limit that is not set is not shown", () => {
  expect(roomsOf(always).map(({ name }) => name)).toEqual(["Orders today", "Dollars in 4 hours", "Open questions"]);
});

test("every other one that is in force is, each symbol's by its name, and one that cannot be told says so", () => {
  const rooms = roomsOf({ ...always, open_orders: room, orders_per_minute: room, daily_loss_usd: null, gross_exposure_usd: room, position_usd: { SPY: room, IBM: null } });
  expect(rooms.slice(3).map(({ name, headroom }) => [name, headroom])).toEqual([
    ["Open orders", room],
    ["Orders in a minute", room],
    ["Loss today", null],
    ["All positions together", room],
    ["Position in SPY", room],
    ["Position in IBM", null],
  ]);
});
