import { describe, expect, it } from "vitest";
import { StreamFailure, discardStream, pumpStream } from "./stream-pump.ts";

const never = new Promise<never>(() => {});

/** A stream of 1, 2, 3 that tells whether it was ended properly. */
function countedStream() {
  const state = { ended: false };
  async function* items() {
    try {
      yield* [1, 2, 3];
    } finally {
      state.ended = true;
    }
  }
  return { state, items: items() };
}

function call() {
  const onCancel: (() => void) | undefined = undefined;
  return { cancelled: false, onCancel };
}

describe("a stream to the client", () => {
  it("is sent item by item until it ends", async () => {
    const sent: unknown[] = [];
    const { items } = countedStream();
    await pumpStream(items, call(), "1", { send: ({ item }) => sent.push(item), whenWritable: () => undefined });
    expect(sent).toEqual([1, 2, 3]);
  });

  it("is ended, and fails, when an item cannot be written", async () => {
    const { state, items } = countedStream();
    const send = () => {
      throw new TypeError("A function cannot be written");
    };
    const pumped = pumpStream(items, call(), "1", { send, whenWritable: () => undefined });
    await expect(pumped).rejects.toThrow(StreamFailure);
    expect(state.ended).toBe(true);
  });

  it("is left at once when it is cancelled while it waits for the client or for itself", async () => {
    for (const waiting of ["client", "stream"] as const) {
      const cancellable: { cancelled: boolean; onCancel: (() => void) | undefined } = call();
      const items = waiting === "client" ? countedStream().items : { [Symbol.asyncIterator]: () => ({ next: () => never }) };
      const pumped = pumpStream(items, cancellable, "1", { send: () => {}, whenWritable: () => never });
      await new Promise((resolve) => setImmediate(resolve));
      cancellable.cancelled = true;
      cancellable.onCancel?.();
      await pumped;
    }
  });
});

describe("a stream that nobody wants", () => {
  it("is ended, and may object without consequence", async () => {
    const { state, items } = countedStream();
    await items.next();
    await discardStream(items);
    expect(state.ended).toBe(true);
    const next = () => never;
    await discardStream({ next, return: () => Promise.reject(new Error("no")) });
    await discardStream({
      next,
      return: () => {
        throw new Error("no");
      },
    });
    await discardStream({ next });
  });
});
