import type { ServerResponse } from "node:http";
import type { EncodedPayload } from "../protocol/prepared-message.ts";
import type { Transport, TransportOwner } from "./transport.ts";
import { writableHighWaterBytes } from "./transport.ts";

/** Server-Sent Events: the server's half of a connection whose client speaks through POST requests. Text only. */
export class ServerSentEventsTransport implements Transport {
  readonly name = "ServerSentEvents";
  readonly #response: ServerResponse;
  readonly #owner: TransportOwner;

  constructor(response: ServerResponse, owner: TransportOwner) {
    this.#response = response;
    this.#owner = owner;
  }

  /** Opens the stream. The first comment makes browsers report it as open at once. */
  start(): void {
    this.#response.writeHead(200, {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-cache, no-store",
      Pragma: "no-cache",
      // Proxies neither compress nor hold back what says this.
      "Content-Encoding": "identity",
      "X-Accel-Buffering": "no",
    });
    this.#response.write(":\r\n");
    this.#response.on("close", () => this.#owner.transportClosed(this, true, undefined));
    this.#response.on("error", () => this.#response.destroy());
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  send(data: string | Uint8Array): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#response.write(encodeEvent(typeof data === "string" ? data : Buffer.from(data).toString("utf8")));
  }

  sendEncoded(payload: EncodedPayload): void {
    this.send(payload.data);
  }

  whenWritable(): Promise<void> | undefined {
    const response = this.#response;
    if (response.writableLength <= writableHighWaterBytes || response.destroyed) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        response.off("drain", done);
        response.off("close", done);
        resolve();
      };
      response.on("drain", done);
      response.on("close", done);
    });
  }

  end(): void {
    this.#response.end();
  }

  terminate(): void {
    this.#response.destroy();
  }

  tick(): void {}
}

/** One event; line ends within the data become further `data:` lines, as the format demands. */
function encodeEvent(text: string): string {
  if (!text.includes("\n") && !text.includes("\r")) return `data: ${text}\r\n\r\n`;
  return `${text
    .split(/\r\n|\n|\r/)
    .map((line) => `data: ${line}\r\n`)
    .join("")}\r\n`;
}
