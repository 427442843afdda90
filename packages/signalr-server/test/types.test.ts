import { describe, expect, expectTypeOf, it } from "vitest";
import type { HubContext } from "../src/index.ts";
import { defineHub } from "../src/index.ts";

interface Server {
  sync(lastSeq: number): Promise<void>;
  count(upTo: number): AsyncIterable<number>;
  sum(start: number, items: AsyncIterable<number>): Promise<number>;
}
interface Client {
  receiveQuestion(question: { id: string }): void;
  pickColour(options: string[]): Promise<string>;
}

const hub = defineHub<Server, Client>({
  methods: {
    async sync(call, lastSeq) {
      await call.clients.caller.receiveQuestion({ id: String(lastSeq) });
    },
    async *count(call, upTo) {
      for (let n = 1; n <= upTo && !call.signal.aborted; n += 1) yield n;
    },
    sum: {
      streams: [1],
      async handler(_call, start, items) {
        let total = start;
        for await (const item of items) total += item;
        return total;
      },
    },
  },
});

describe("a hub's contracts", () => {
  it("type the handlers and the client proxies", () => {
    expect(Object.keys(hub.methods)).toEqual(["sync", "count", "sum"]);
    type Push = ReturnType<HubContext<Client>["clients"]["user"]>["receiveQuestion"];
    expectTypeOf<Push>().toEqualTypeOf<(question: { id: string }) => Promise<void>>();
    type Ask = HubContext<Client>["invokeClient"];
    expectTypeOf<Ask>().toBeFunction();
  });

  it("refuse a handler that breaks them", () => {
    defineHub<Server, Client>({
      methods: {
        ...hub.methods,
        // @ts-expect-error the contract says number
        async sync(_call, _lastSeq: string) {},
      },
    });
    defineHub<Server, Client>({
      methods: {
        ...hub.methods,
        // @ts-expect-error a method that receives a stream says where it stands
        async sum(_call, start, _items) {
          return start;
        },
      },
    });
  });
});
