import { describe, expect, it } from "vitest";
import { createConnection, modeOf } from "./connection.ts";

describe("what is known about the connection", () => {
  it("is live only while the hub is, and polling while calls still get through", () => {
    const connection = createConnection(() => 7, true);
    expect(modeOf(connection.read())).toBe("connecting");
    connection.hubIs("live");
    expect(modeOf(connection.read())).toBe("live");
    connection.hubIs("interrupted");
    expect(modeOf(connection.read())).toBe("polling");
  });

  it("is offline from the first call without a reply until something is heard again", () => {
    let now = 7;
    const connection = createConnection(() => now, true);
    connection.hubIs("live");
    connection.silence();
    expect(modeOf(connection.read())).toBe("offline");
    now = 9;
    connection.heard();
    expect(modeOf(connection.read())).toBe("live");
    expect(connection.read().lastHeardAtMs).toBe(9);
  });

  it("stays offline while the device says so, whatever still comes in from before", () => {
    const connection = createConnection(() => 7, true);
    connection.hubIs("live");
    connection.deviceIs("offline");
    connection.heard();
    connection.hubIs("live");
    expect(modeOf(connection.read())).toBe("offline");
    connection.deviceIs("online");
    expect(modeOf(connection.read())).toBe("live");
  });

  it("tells those who listen, and nobody after they have left", () => {
    const connection = createConnection(() => 0, true);
    let told = 0;
    const leave = connection.subscribe(() => (told += 1));
    connection.silence();
    leave();
    connection.heard();
    expect(told).toBe(1);
  });
});
