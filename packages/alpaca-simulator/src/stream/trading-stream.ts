import type { WebSocket } from "ws";
import type { TradeUpdate } from "../book/desk.ts";
import { accountOf, type KeyPair } from "../http/credentials.ts";
import { readFrame } from "./frames.ts";
import type { StreamFaultBoard } from "./stream-faults.ts";

type Connection = { socket: WebSocket; account: string | undefined; listening: boolean };

/** `/stream`: authenticate, listen, `trade_updates`. JSON, in binary frames as the paper host sends it. */
export class TradingStream {
  readonly #keys: readonly KeyPair[];
  readonly #faults: StreamFaultBoard;
  readonly #connections = new Set<Connection>();

  constructor(keys: readonly KeyPair[], faults: StreamFaultBoard) {
    this.#keys = keys;
    this.#faults = faults;
  }

  /** Accounts that are listening now, one entry for each connection. */
  get listeners(): string[] {
    return [...this.#connections].flatMap((connection) => (connection.listening && connection.account !== undefined ? [connection.account] : []));
  }

  connect(socket: WebSocket): void {
    const connection: Connection = { socket, account: undefined, listening: false };
    this.#connections.add(connection);
    socket.on("close", () => this.#connections.delete(connection));
    socket.on("error", () => socket.terminate());
    socket.on("message", (data, isBinary) => this.#receive(connection, readFrame(data, isBinary, "json")));
  }

  publish(account: string, update: TradeUpdate): void {
    const frame = { stream: "trade_updates", data: update };
    const each = (act: (socket: WebSocket) => void): void => {
      for (const connection of this.#connections) if (connection.listening && connection.account === account) act(connection.socket);
    };
    this.#faults.deliver("trade_updates", account, update.event, {
      send: () => each((socket) => send(socket, frame)),
      sendMalformed: () => each((socket) => socket.send(Buffer.from('{"stream":"trade_updates","data":{"ev'))),
      disconnect: () => each((socket) => socket.terminate()),
    });
  }

  /** Cuts the connections of an account, or all. */
  drop(account: string | undefined): void {
    for (const connection of this.#connections) if (account === undefined || connection.account === account) connection.socket.terminate();
  }

  #receive(connection: Connection, message: Record<string, unknown> | undefined): void {
    const { socket } = connection;
    if (message === undefined) return send(socket, { action: "error", data: { error_message: "invalid syntax" } });
    if (message["action"] === "authenticate" || message["action"] === "auth") {
      const data = message["action"] === "auth" ? { key_id: message["key"], secret_key: message["secret"] } : { ...asRecord(message["data"]) };
      connection.account = accountOf(this.#keys, data["key_id"], data["secret_key"]);
      const status = connection.account === undefined ? "unauthorized" : "authorized";
      return send(socket, { stream: "authorization", data: { action: "authenticate", status } });
    }
    if (message["action"] === "listen") {
      if (connection.account === undefined) return send(socket, { stream: "authorization", data: { action: "listen", status: "unauthorized" } });
      const asked = asRecord(message["data"])["streams"];
      const streams = Array.isArray(asked) ? asked.filter((stream) => stream === "trade_updates") : [];
      connection.listening = streams.length > 0;
      return send(socket, { stream: "listening", data: { streams } });
    }
    send(socket, { action: "error", data: { error_message: `unknown action ${String(message["action"])}` } });
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function send(socket: WebSocket, frame: unknown): void {
  if (socket.readyState === socket.OPEN) socket.send(Buffer.from(JSON.stringify(frame)));
}
