import { expect, test } from "vitest";
import { createAnnouncer } from "./announcer.ts";
import type { Db } from "./pool.ts";

/** A database that takes its time: what it was told so far, as "channel payload", a list for each statement. */
function slowDatabase() {
  const told: string[][] = [];
  let answer = (): void => undefined;
  const query = async (statement: { values: [string[], string[]] }): Promise<unknown> => {
    const [channels, payloads] = statement.values;
    told.push(channels.map((channel, n) => `${channel} ${payloads[n] ?? ""}`.trim()));
    await new Promise<void>((resolve) => (answer = resolve));
    return undefined;
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a Db the announcer uses this form alone
  return { db: { query } as unknown as Db, told, answer: async () => (answer(), new Promise((resolve) => setImmediate(resolve))) };
}

test("what is announced while one is on its way goes out together with the next, each once", async () => {
  const { db, told, answer } = slowDatabase();
  const announcer = createAnnouncer(db, () => undefined);
  announcer.announce([{ channel: "outbox", payload: "alice" }]);
  for (const payload of ["bob", "carol", "bob"]) announcer.announce([{ channel: "outbox", payload }, { channel: "orders", payload: "" }]);
  await answer();
  await answer();
  expect(told).toEqual([["outbox alice"], ["outbox bob", "outbox carol", "orders"]]);
});

test("one for everybody stands for all of its channel, and so does one when there are too many", async () => {
  const { db, told, answer } = slowDatabase();
  const announcer = createAnnouncer(db, () => undefined);
  announcer.announce([{ channel: "outbox", payload: "first" }]);
  for (let n = 0; n < 10_000; n += 1) announcer.announce([{ channel: "outbox", payload: `user-${n}` }]);
  announcer.announce([{ channel: "orders", payload: "" }]);
  announcer.announce([{ channel: "orders", payload: "one" }]);
  await answer();
  await answer();
  expect(told).toEqual([["outbox first"], ["outbox", "orders"]]);
});
