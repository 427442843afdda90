import { describe, expect, it } from "vitest";
import { createServerClock } from "./server-clock.ts";

describe("the server's clock on a device whose own clock is wrong", () => {
  const at = (ms: number) => ({ server_time: new Date(ms).toISOString() });

  it("is the device's until the server has been heard", () => {
    expect(createServerClock(() => 5_000).now()).toBe(5_000);
  });

  it("takes the middle of the round trip as the moment the server spoke", () => {
    const clock = createServerClock(() => 1_000_000);
    clock.observe(at(1_060_000), 1_000_000, 1_000_200);
    expect(clock.now()).toBe(1_000_000 + 59_900);
  });

  it("prefers the sample with the shortest round trip, and forgets it after a minute", () => {
    const clock = createServerClock(() => 0);
    clock.observe(at(10_000), 0, 20);
    clock.observe(at(19_000), 5_000, 8_000);
    expect(clock.now()).toBe(9_990);
    clock.observe(at(90_000), 70_000, 72_000);
    expect(clock.now()).toBe(19_000);
  });

  it("ignores replies that carry no time", () => {
    const clock = createServerClock(() => 7);
    clock.observe({ orders: [] }, 0, 1);
    clock.observe({ server_time: "soon" }, 0, 1);
    clock.observe(null, 0, 1);
    expect(clock.now()).toBe(7);
  });
});
