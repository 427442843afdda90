import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below what Linux (from 32768 on), macOS and Windows (from 49152 on) give to outgoing connections. A port out of that range
 * can pass to any connection while its server is away; a client that keeps trying to reach the server can even connect to
 * itself on it, and then the server cannot come back.
 */
const lowest = 10_240;
const highest = 32_767;
const mostTries = 1_000;

/** A TCP port of the loopback interface that nothing listens on at this moment, fit for a server that is to come back on it. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const port = randomInt(lowest, highest + 1);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${lowest} and ${highest} in ${mostTries} tries`);
}

export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
