import type { Duplex } from "node:stream";
import type { RawData } from "ws";
import { WebSocket } from "ws";
import type { EncodedPayload } from "../protocol/prepared-message.ts";
import type { Transport, TransportOwner } from "./transport.ts";
import { writableHighWaterBytes } from "./transport.ts";
import { asciiWebSocketFrame, encodeWebSocketFrame } from "./websocket-frame.ts";

/** A peer that does not answer our close frame is cut after this. */
const closeTimeoutMs = 5_000;

/** What the parser's close codes mean: RFC 6455, section 7.4.1. */
const refusals: Readonly<Record<number, string>> = {
  1007: "The message is not valid UTF-8.",
  1008: "The message comes in too many fragments.",
  1009: "The message is larger than the server takes.",
};

/** A `ws` socket that knows its transport, and answers an empty close frame with 1000 where `ws` would echo nothing (1005). */
export class HubWebSocket extends WebSocket {
  transport: WebSocketTransport | undefined;

  override close(code?: number, data?: string | Buffer): void {
    // A code without a reason comes from `ws`'s parser: whoever else closes gives a reason, be it an empty one.
    if (code !== undefined && data === undefined) this.transport?.refused(code);
    super.close(code ?? 1000, data);
  }
}

/**
 * The WebSocket transport. `ws` does the handshake and reads; data frames are written to the socket directly, each as one
 * buffer in one call. That is safe beside `ws`'s own control frames because compression is never negotiated, so `ws` never
 * holds a frame back. It is also what makes a push cheaper than `WebSocket.send` (see bench/).
 */
export class WebSocketTransport implements Transport {
  readonly name = "WebSockets";
  readonly #webSocket: HubWebSocket;
  readonly #socket: Duplex;
  readonly #owner: TransportOwner;
  #error: Error | undefined;

  constructor(webSocket: HubWebSocket, socket: Duplex, owner: TransportOwner) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#owner = owner;
  }

  /** Starts to listen. The listeners are shared functions, not closures: a connection costs no function objects. */
  start(): void {
    this.#webSocket.transport = this;
    this.#webSocket.on("message", onMessage);
    this.#webSocket.on("close", onClose);
    this.#webSocket.on("error", onError);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  send(data: string | Uint8Array): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return;
    const ascii = typeof data === "string" ? asciiWebSocketFrame(data) : undefined;
    if (ascii === undefined) this.#socket.write(encodeWebSocketFrame(data));
    else this.#socket.write(ascii, "latin1");
  }

  sendEncoded(payload: EncodedPayload): void {
    if (this.#webSocket.readyState !== WebSocket.OPEN) return;
    payload.webSocketFrame ??= encodeWebSocketFrame(payload.data);
    this.#socket.write(payload.webSocketFrame);
  }

  whenWritable(): Promise<void> | undefined {
    const socket = this.#socket;
    if (socket.writableLength <= writableHighWaterBytes || socket.destroyed) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      };
      socket.on("drain", done);
      socket.on("close", done);
    });
  }

  end(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
    setTimeout(() => this.#webSocket.terminate(), closeTimeoutMs).unref();
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  tick(): void {}

  /** The parser gives up, and a close frame is about to follow: the last moment for a word of the hub's. */
  refused(code: number): void {
    this.#owner.refused(refusals[code] ?? "The WebSocket frame is malformed.");
  }

  received(data: RawData, isBinary: boolean): void {
    const webSocket = this.#webSocket;
    // Arrays of fragments and ArrayBuffers come only to those who set another `binaryType`.
    if (!Buffer.isBuffer(data)) return;
    const wait = this.#owner.received(data, !isBinary);
    if (wait === undefined) return;
    webSocket.pause();
    void wait.then(() => webSocket.resume());
  }

  failed(error: Error): void {
    this.#error = error;
  }

  /** A close frame of the client's is a goodbye, whatever its code; a socket that just ends (1006) is not. */
  closed(code: number): void {
    this.#webSocket.transport = undefined;
    this.#owner.transportClosed(this, code !== 1006 && this.#error === undefined, this.#error);
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  if (this instanceof HubWebSocket) this.transport?.received(data, isBinary);
}

function onClose(this: WebSocket, code: number): void {
  if (this instanceof HubWebSocket) this.transport?.closed(code);
}

function onError(this: WebSocket, error: Error): void {
  if (this instanceof HubWebSocket) this.transport?.failed(error);
}
