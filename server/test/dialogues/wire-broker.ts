/**
 * A broker on a loopback port that speaks Alpaca's HTTP and its trade stream and waits, at each POST and each DELETE, for the
 * dialogue to say what becomes of it. Everything else it answers at once from its book. The unmodified SDK talks to it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { Decimal } from "decimal.js";
import { WebSocketServer, type WebSocket } from "ws";
import { createWireBook, isWorking, type PostedOrder, type TradeUpdate, type WireBook, type WireOrder } from "./wire-book.ts";

/** A request that has not been answered yet. */
export type Waiting = { body: string; url: string; reply(status: number, body: unknown): void; replyRaw(body: string): void; reset(): void };

export type WireBroker = {
  readonly book: WireBook;
  readonly url: string;
  readonly streamUrl: string;
  /** What was POSTed, as it arrived, whatever came of it. */
  readonly posts: PostedOrder[];
  readonly waitingPosts: Waiting[];
  readonly waitingDeletes: Waiting[];
  /** Look-ups by client order id. */
  readonly lookups: string[];
  /** While set, everything that is read ends with a 503. */
  isDown: boolean;
  isOpen: boolean;
  /** Down the stream, as often as it is called. False: nobody listens. */
  tell(update: TradeUpdate): boolean;
  listeners(): number;
  /** Cuts the stream; with `holdOff`, whoever connects again waits for `letIn`. */
  cutStream(holdOff: boolean): void;
  letIn(): void;
  stop(): Promise<void>;
};

export async function startWireBroker(run: string): Promise<WireBroker> {
  const book = createWireBook(run);
  const sockets = new Set<Socket>();
  const streams = new WebSocketServer({ noServer: true });
  const listening = new Set<WebSocket>();
  let heldOff: (() => void)[] | null = null;

  const server = createServer((request, response) => {
    void route(broker, request, response).catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    const accept = (): void => streams.handleUpgrade(request, socket, head, (client) => converse(client, listening));
    if (heldOff === null) accept();
    else heldOff.push(accept);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const broker: WireBroker = {
    book,
    url: `http://127.0.0.1:${port}`,
    streamUrl: `ws://127.0.0.1:${port}/stream`,
    posts: [],
    waitingPosts: [],
    waitingDeletes: [],
    lookups: [],
    isDown: false,
    isOpen: true,
    tell: (update) => {
      for (const client of listening) send(client, { stream: "trade_updates", data: update });
      return listening.size > 0;
    },
    listeners: () => listening.size,
    cutStream: (holdOff) => {
      if (holdOff) heldOff = [];
      for (const client of listening) client.terminate();
    },
    letIn: () => {
      const waiting = heldOff ?? [];
      heldOff = null;
      for (const accept of waiting) accept();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      streams.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return broker;
}

async function route(broker: WireBroker, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://broker");
  const body = await text(request);
  const waiting: Waiting = {
    body,
    url: url.pathname,
    reply: (status, answer) => void response.writeHead(status, { "content-type": "application/json" }).end(answer === undefined ? "" : JSON.stringify(answer)),
    replyRaw: (answer) => void response.writeHead(200, { "content-type": "application/json" }).end(answer),
    reset: () => void response.socket?.resetAndDestroy(),
  };
  if (request.method === "POST") {
    broker.posts.push(JSON.parse(body) as PostedOrder);
    broker.waitingPosts.push(waiting);
  } else if (request.method === "DELETE") {
    broker.waitingDeletes.push(waiting);
  } else if (broker.isDown) {
    waiting.reply(503, { message: "service unavailable" });
  } else {
    read(broker, url, waiting);
  }
}

function read(broker: WireBroker, url: URL, { reply }: Waiting): void {
  const { book } = broker;
  const known = [...book.orders.values()].filter(({ client_order_id: id }) => !book.hidden.has(id));
  switch (url.pathname) {
    case "/v2/orders:by_client_order_id": {
      const id = url.searchParams.get("client_order_id") ?? "";
      broker.lookups.push(id);
      const found = known.find((order) => order.client_order_id === id);
      return found === undefined ? reply(404, { code: 40410000, message: `order not found for ${id}` }) : reply(200, found);
    }
    case "/v2/orders":
      return reply(200, known.filter(isWorking));
    case "/v2/account/activities/FILL": {
      const after = new Date(url.searchParams.get("after") ?? 0).getTime();
      return reply(200, book.activities.filter((activity) => Date.parse(String(activity["transaction_time"])) > after));
    }
    case "/v2/account":
      return reply(200, { id: "account", status: "ACTIVE", currency: "USD", buying_power: "100000", cash: "100000", equity: "100000", trading_blocked: false, account_blocked: false });
    case "/v2/positions":
      return reply(200, positionsOf([...book.orders.values()]));
    case "/v2/clock":
      return reply(200, { timestamp: inHours(0), is_open: broker.isOpen, next_open: inHours(broker.isOpen ? 24 : 2), next_close: inHours(broker.isOpen ? 3 : 9) });
    default:
      if (!url.pathname.startsWith("/v2/assets/")) return reply(404, { code: 40410000, message: "not found" });
      return reply(200, { id: "asset", class: "us_equity", symbol: url.pathname.slice("/v2/assets/".length), status: "active", tradable: true, fractionable: true });
  }
}

function positionsOf(orders: readonly WireOrder[]): Record<string, string>[] {
  const held = new Map<string, Decimal>();
  for (const { symbol, side, filled_qty: qty } of orders) held.set(symbol, (held.get(symbol) ?? new Decimal(0)).plus(side === "buy" ? qty : `-${qty}`));
  return [...held].filter(([, qty]) => !qty.isZero()).map(([symbol, qty]) => ({ symbol, asset_class: "us_equity", qty: qty.toFixed(), side: qty.isNegative() ? "short" : "long" }));
}

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

function converse(client: WebSocket, listening: Set<WebSocket>): void {
  client.on("close", () => listening.delete(client));
  client.on("error", () => client.terminate());
  client.on("message", (data) => {
    const { action } = JSON.parse(String(data)) as { action?: string };
    if (action === "authenticate") send(client, { stream: "authorization", data: { action, status: "authorized" } });
    if (action !== "listen") return;
    listening.add(client);
    send(client, { stream: "listening", data: { streams: ["trade_updates"] } });
  });
}

/** In binary frames, as the paper host sends it. */
function send(client: WebSocket, frame: unknown): void {
  client.send(Buffer.from(JSON.stringify(frame)));
}
