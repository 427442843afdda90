import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { createGracefulServer, type GracefulServer } from "../../src/http/graceful-server.ts";

let running: GracefulServer | null = null;
const agent = new Agent({ keepAlive: true });
afterEach(async () => {
  agent.destroy();
  await running?.stop(0, () => Promise.resolve());
});

/** Answers `/slow` when told to, and everything else at once. */
async function start(): Promise<{ graceful: GracefulServer; finish: () => void; fetch: (path: string) => Promise<IncomingMessage>; begun: () => number }> {
  const waiting: (() => void)[] = [];
  const graceful = createGracefulServer((request, response) => {
    if (request.url === "/slow") waiting.push(() => response.end("done"));
    else response.end("ok");
  });
  running = graceful;
  const port = await graceful.listen(0, "127.0.0.1");
  return {
    graceful,
    finish: () => waiting.splice(0).forEach((each) => each()),
    begun: () => waiting.length,
    fetch: (path) => new Promise((resolve, reject) => get({ host: "127.0.0.1", port, path, agent }, resolve).on("error", reject)),
  };
}

test("what is in flight is finished, idle connections do not hold it up, and nothing new is taken", async () => {
  const { graceful, finish, fetch, begun } = await start();
  await text(await fetch("/quick")); // leaves an idle connection behind
  const slow = fetch("/slow");
  await expect.poll(begun).toBe(1);
  let hubEnded = false;
  const hubMayEnd = Promise.withResolvers<void>();
  const stopped = graceful.stop(60_000, async () => {
    await hubMayEnd.promise;
    hubEnded = true;
  });
  expect(graceful.isStopping).toBe(true);
  await expect(fetch("/quick").then(text)).rejects.toThrow(/ECONNREFUSED|ECONNRESET|EPIPE|socket hang up/);
  finish();
  expect(await text(await slow)).toBe("done");
  hubMayEnd.resolve();
  await expect(stopped).resolves.toEqual({ cut: 0 });
  expect(hubEnded).toBe(true);
});

test("what does not finish in time is cut and counted", async () => {
  const { graceful, fetch, begun } = await start();
  const slow = fetch("/slow").then(text);
  slow.catch(() => undefined);
  await expect.poll(begun).toBe(1);
  await expect(graceful.stop(100, () => Promise.resolve())).resolves.toEqual({ cut: 1 });
  await expect(slow).rejects.toThrow(/aborted|socket hang up|ECONNRESET/);
});

test("of sockets there are so many; one more is closed at once, and let in when one has gone", async () => {
  const full = createGracefulServer((_request, response) => void response.end("ok"), 1);
  const port = await full.listen(0, "127.0.0.1");
  const first = connect(port, "127.0.0.1");
  try {
    await once(first, "connect");
    await expect.poll(() => new Promise<number>((resolve) => full.server.getConnections((_error, count) => resolve(count)))).toBe(1);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
    first.destroy();
    await expect.poll(() => fetch(`http://127.0.0.1:${port}/`).then((response) => response.status, () => 0), { timeout: 20_000 }).toBe(200);
  } finally {
    first.destroy();
    await full.stop(0, () => Promise.resolve());
  }
});

test("a request with longer headers than anybody needs is refused", async () => {
  const { graceful } = await start();
  const address = graceful.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const answered = await fetch(`http://127.0.0.1:${port}/quick`, { headers: { "X-Long": "x".repeat(17_000) } });
  expect(answered.status).toBe(431);
});

test("a port that is taken is an error at the start", async () => {
  const { graceful } = await start();
  const address = graceful.server.address();
  const other = createGracefulServer(() => undefined);
  await expect(other.listen(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1")).rejects.toMatchObject({ code: "EADDRINUSE" });
});
