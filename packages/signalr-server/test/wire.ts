import { Socket } from "node:net";
import { WebSocket } from "ws";

/** A WebSocket without a client above it: sends what no client would, and keeps what comes. */
export class Wire {
  readonly received: (string | Buffer)[] = [];
  readonly socket: WebSocket;
  /** Set when the server has closed. */
  closeCode: number | undefined;
  #changed: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data, isBinary) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.alloc(0);
      this.received.push(isBinary ? bytes : bytes.toString());
      this.#wake();
    });
    socket.on("close", (code) => {
      this.closeCode = code;
      this.#wake();
    });
    socket.on("error", () => {});
  }

  static async open(url: string): Promise<Wire> {
    const wire = new Wire(new WebSocket(url));
    await new Promise((resolve, reject) => {
      wire.socket.on("open", resolve);
      wire.socket.on("error", reject);
    });
    return wire;
  }

  /** Opens and shakes hands in JSON. */
  static async joined(url: string): Promise<Wire> {
    const wire = await Wire.open(url);
    wire.socket.send('{"protocol":"json","version":1}\u001e');
    await wire.until(() => wire.received.length > 0);
    // The answer to the handshake; a push of `onConnected` may already be behind it.
    wire.received.shift();
    return wire;
  }

  /** The connection below the WebSocket, for bytes that no WebSocket would send. */
  get tcp(): Socket {
    const below: unknown = Reflect.get(this.socket, "_socket");
    if (!(below instanceof Socket)) throw new Error("The socket is closed");
    return below;
  }

  send(message: object): void {
    this.socket.send(`${JSON.stringify(message)}\u001e`);
  }

  /** Everything received as JSON messages. */
  get messages(): Record<string, unknown>[] {
    return this.received.flatMap((data) => data.toString().split("\u001e").slice(0, -1)).map((record) => JSON.parse(record));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  closed(): Promise<void> {
    return this.until(() => this.closeCode !== undefined);
  }

  #wake(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}
