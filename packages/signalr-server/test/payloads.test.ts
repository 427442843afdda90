import { afterEach, describe, expect, it } from "vitest";
import { join, run, stopAll } from "./chatty-hub.ts";
import { combinations } from "./running-server.ts";
import { Wire } from "./wire.ts";

afterEach(stopAll);

describe.each(combinations)("payloads, $name", ({ transport, protocol }) => {
  it("of a megabyte and beyond the BMP arrive whole where the limit allows", async () => {
    const { origin } = await run({ maximumReceiveBytes: 2_000_000, maximumBufferedBytes: 4_000_000 });
    const { connection } = await join(`${origin}/hub`, { transport, protocol });
    const large = "é🌍\n".repeat(150_000);
    expect(await connection.invoke("echo", large)).toBe(large);
    await connection.stop();
  });

  it("hold bytes and 64-bit integers", async () => {
    const { origin, context } = await run();
    const { connection } = await join(`${origin}/hub`, { transport, protocol });
    const received = new Promise<unknown[]>((resolve) => connection.on("data", (...args: unknown[]) => resolve(args)));
    await context.clients.all.data(new Uint8Array([0, 127, 255]), 2n ** 60n);
    const [bytes, long] = await received;
    expect(long).toBe(2 ** 60);
    if (protocol === "json") expect(bytes).toBe("AH//");
    else expect([...(bytes instanceof Uint8Array ? bytes : [])]).toEqual([0, 127, 255]);
    if (protocol === "messagepack") {
      const echoed = await connection.invoke<Uint8Array>("echo", new Uint8Array([1, 2, 3]));
      expect([...echoed]).toEqual([1, 2, 3]);
      expect(await connection.invoke("echo", new Date(1_700_000_000_123))).toEqual(new Date(1_700_000_000_123));
    }
    await connection.stop();
  });
});

describe("fragments", () => {
  it("of a megabyte become one message again", async () => {
    const { origin } = await run({ maximumReceiveBytes: 2_000_000, maximumBufferedBytes: 4_000_000 });
    const wire = await Wire.joined(`${origin.replace("http", "ws")}/hub`);
    const text = "🌍".repeat(262_144);
    const bytes = Buffer.from(`{"type":1,"invocationId":"1","target":"echo","arguments":["${text}"]}\u001e`);
    // Cut every 65,537 bytes: in the middle of characters too.
    for (let start = 0; start < bytes.length; start += 65_537) {
      wire.socket.send(bytes.subarray(start, start + 65_537), { binary: false, fin: start + 65_537 >= bytes.length });
    }
    await wire.until(() => wire.messages.some((message) => message["result"] === text));
    wire.socket.close();
  });
});
