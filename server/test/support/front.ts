/** What stands before several web processes: takes connections, and hands each on to the process that is given at the moment. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export type Front = {
  /** `http://127.0.0.1:40000` */
  url: string;
  /** From now on new connections go there; those that stand stay where they are. */
  leadTo(url: string): void;
  close(): Promise<void>;
};

export async function startFront(firstUrl: string): Promise<Front> {
  let target = new URL(firstUrl);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the front has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    leadTo(url) {
      target = new URL(url);
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
