/** A network between two programs of a test, which can be cut, and can swallow everything without a word. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { freePort } from "../../src/db/free-port.ts";

export type TcpProxy = {
  port: number;
  /** `refusing`: connections are cut and new ones refused. `silent`: nothing comes through and nothing is closed. */
  become(state: "open" | "refusing" | "silent"): Promise<void>;
  close(): Promise<void>;
};

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer((near) => {
    const far = connect(target);
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.on("data", (data) => void (isSilent || to.write(data)));
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        if (!isSilent) to.destroy();
      });
    }
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy has no port");
    return address.port;
  };
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const refuse = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    cut();
    await closed;
  };
  // One that it can come back on, whoever tries to connect meanwhile.
  const port = await listen(await freePort());
  return {
    port,
    async become(state) {
      isSilent = state === "silent";
      if (state === "refusing") await refuse();
      else if (!server.listening) await listen(port);
      if (state === "open") cut(); // what was swallowed stays lost
    },
    close: async () => {
      isSilent = false;
      await refuse();
    },
  };
}
