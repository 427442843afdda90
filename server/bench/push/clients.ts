/** A process full of clients; ordered about by `push.ts` over its channel. */
import { setTimeout as sleep } from "node:timers/promises";
import { connectLightly, type LightClient } from "./light-client.ts";
import type { Order, Person, Report, Tally } from "./messages.ts";

/** So many connect at the same time. */
const connectingAtOnce = 64;
/** What has not come by then is lost. */
const patienceMs = 120_000;
/** How long it is looked whether something comes twice after everything has come. */
const afterwardsMs = 250;

type Listener = { client: LightClient; start: number; last: number };

let listeners: Listener[] = [];
let tally: Tally = noneYet();
/** Resolved by the message that completes the expected number. */
let complete: { expected: number; resolve: () => void } | null = null;

function noneYet(): Tally {
  return { received: 0, missing: 0, repeated: 0, disordered: 0, connectionsLost: 0 };
}

function count(listener: Pick<Listener, "last">, seq: number): void {
  if (seq <= listener.last) {
    tally.repeated += 1;
    return;
  }
  if (seq !== listener.last + 1) tally.disordered += 1;
  listener.last = seq;
  tally.received += 1;
  if (complete !== null && tally.received >= complete.expected) complete.resolve();
}

async function connectOne({ port, token, lastSeq }: Person): Promise<Listener> {
  const listener = { last: lastSeq };
  let isCounting = false;
  const client = await connectLightly({
    port,
    token,
    onSeq: (seq) => {
      if (isCounting) count(listener, seq);
    },
    onLost: () => {
      tally.connectionsLost += 1;
    },
  });
  const seq = await client.sync(lastSeq);
  isCounting = true; // before: open questions, told again under their old numbers
  return Object.assign(listener, { client, start: seq, last: seq });
}

async function connectAll(people: readonly Person[]): Promise<void> {
  const waiting = [...people];
  const connecting = Array.from({ length: connectingAtOnce }, async () => {
    for (let person = waiting.pop(); person !== undefined; person = waiting.pop()) listeners.push(await connectOne(person));
  });
  await Promise.all(connecting);
}

async function expectMessages(messages: number): Promise<Tally> {
  const { promise, resolve } = Promise.withResolvers<void>();
  complete = { expected: messages * listeners.length, resolve };
  if (tally.received >= complete.expected) resolve();
  const patience = new AbortController();
  await Promise.race([promise, sleep(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
  complete = null;
  return { ...tally, missing: listeners.reduce((sum, { start, last }) => sum + Math.max(0, start + messages - last), 0) };
}

const report = (message: Report): void => void process.send?.(message);

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case "connect":
      tally = noneYet();
      await connectAll(order.people);
      return report({ kind: "connected" });
    case "expect":
      return report({ kind: "complete", tally: await expectMessages(order.messages) });
    case "disconnect":
      await sleep(afterwardsMs);
      for (const { client } of listeners) client.end();
      listeners = [];
      return report({ kind: "disconnected", tally });
  }
}

process.on("message", (order: Order) => {
  obey(order).catch((error: unknown) => report({ kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) }));
});
process.on("disconnect", () => process.exit());
