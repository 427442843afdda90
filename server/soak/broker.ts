/** The broker as the soak sees it: a process with an address, whose prices it moves and whose book it reads at the end. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Book, KeyPair, WireOrder } from "@nod/alpaca-simulator";

export type BrokerAddress = { url: string; tradingStreamUrl: string; dataStreamUrl: string; keys: readonly KeyPair[] };

export type Broker = BrokerAddress & {
  pid: number;
  setPrice(symbol: string, price: string): Promise<void>;
  book(): Promise<Book>;
  /** At most five hundred of those that have not come to their end. */
  openOrders(): Promise<readonly WireOrder[]>;
  stop(): Promise<void>;
};

const callTimeoutMs = 120_000;

/** @throws when it does not start */
export async function startBroker(seed: string): Promise<Broker> {
  const child = fork(join(import.meta.dirname, "broker-process.ts"), [seed], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const exited = once(child, "exit");
  const [first] = await Promise.race([once(child, "message"), exited.then(() => [null])]);
  if (!isAddress(first) || child.pid === undefined) throw new Error("the broker's process did not start");
  const address = first;
  const [keys] = address.keys;
  if (keys === undefined) throw new Error("the simulator has no keys");
  const read = async (path: string): Promise<unknown> => {
    const response = await fetch(`${address.url}${path}`, { headers: { "APCA-API-KEY-ID": keys.keyId, "APCA-API-SECRET-KEY": keys.secretKey }, signal: AbortSignal.timeout(callTimeoutMs) });
    if (!response.ok) throw new Error(`the broker answers ${path} with ${response.status}`);
    return response.json();
  };
  return {
    ...address,
    pid: child.pid,
    setPrice: async (symbol, price) => {
      const response = await fetch(`${address.url}/_control/set-price`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ symbol, price }), signal: AbortSignal.timeout(callTimeoutMs) });
      if (!response.ok) throw new Error(`the broker does not take a price: ${await response.text()}`);
    },
    book: async () => {
      const book = await read("/_control/book");
      if (!isBook(book)) throw new Error("the broker's book is not one");
      return book;
    },
    openOrders: async () => {
      const orders = await read("/v2/orders?status=open&limit=500");
      if (!isOrders(orders)) throw new Error("the broker's open orders are not a list");
      return orders;
    },
    stop: async () => {
      child.disconnect();
      await exited;
    },
  };
}

/** Processes of this soak trust each other's shapes. */
const isAddress = (value: unknown): value is BrokerAddress => typeof value === "object" && value !== null && "url" in value && "keys" in value;
const isBook = (value: unknown): value is Book => typeof value === "object" && value !== null && "posts" in value && "accounts" in value;
const isOrders = (value: unknown): value is WireOrder[] => Array.isArray(value);
