/** A server that admits a client and ends it in the same breath, as one does that is being shut down. */
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createPool } from "../../src/db/pool.ts";

const message = (kind: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5, kind);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const authenticated = message("R", Buffer.alloc(4));
const readyForQuery = message("Z", Buffer.from("I"));
const shuttingDown = message("E", Buffer.from("SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"));

test("a connection that is ended in the moment it is given out fails its caller, and not the process", async () => {
  const server = createServer((socket) => {
    // Any first message is the client's greeting.
    socket.once("data", () => socket.end(Buffer.concat([authenticated, readyForQuery, shuttingDown])));
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server has no port");
  const uncaught: Error[] = [];
  const note = (error: Error): void => void uncaught.push(error);
  process.on("uncaughtException", note);
  onTestFinished(() => void process.off("uncaughtException", note));

  const pool = createPool({ url: `postgres://nod:secret@127.0.0.1:${bound.port}/nod`, applicationName: "unlucky", maxConnections: 1 });
  const client = await pool.connect();
  await expect(client.query("select 1")).rejects.toThrow(/connection/i);
  client.release(true);
  await pool.end();
  expect(uncaught).toEqual([]);
});
