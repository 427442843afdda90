import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";

/** A TCP proxy that loses what it is told to lose: what a phone's network does between a client and its server. */
export class LossyProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #lost: { readonly toClient: boolean; readonly toServer: boolean } = { toClient: false, toServer: false };
  /** Connections accepted so far. */
  accepted = 0;

  private constructor(upstreamPort: number) {
    this.#server = createServer((client) => {
      this.accepted += 1;
      const upstream = connect(upstreamPort, "127.0.0.1");
      this.#carry(client, upstream, () => this.#lost.toServer);
      this.#carry(upstream, client, () => this.#lost.toClient);
    });
  }

  static async before(origin: string): Promise<LossyProxy> {
    const proxy = new LossyProxy(Number(new URL(origin).port));
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("The proxy does not listen on a port");
    return `http://127.0.0.1:${address.port}`;
  }

  /** From now on, swallows what goes this way, until {@link cut}. */
  lose(direction: "toClient" | "toServer"): void {
    this.#lost = { ...this.#lost, [direction]: true };
  }

  /** Breaks every connection without a goodbye, and loses nothing on those that follow. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#lost = { toClient: false, toServer: false };
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  #carry(from: Socket, to: Socket, isLost: () => boolean): void {
    this.#sockets.add(from);
    from.on("data", (data) => {
      if (!isLost()) to.write(data);
    });
    from.on("error", () => from.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
