/**
 * Thousands of WebSocket clients in one process, as cheap as can be: they count frames and look into none but the first ones.
 * The same for every contender, so that what differs is the server.
 */
import type { Socket } from "node:net";
import { connect } from "node:net";
import { randomBytes } from "node:crypto";

/** How a contender is joined: the path of client number n, and what it says first. */
export interface Dialect {
  readonly path: string;
  readonly greeting: string;
  /** Control messages of the library that must be answered, by their first characters. */
  readonly pings: readonly { readonly frame: string; readonly answer: string }[];
  /** Frames that arrive before the first push. */
  readonly preamble: number;
}

interface Instructions {
  readonly port: number;
  readonly connections: number;
  readonly dialect: Dialect;
}

/** Connections that may be half-open at once. */
const parallelConnects = 64;

let received = 0;
let awaited = Number.POSITIVE_INFINITY;

process.on("message", (message: Instructions | { readonly expect: number }) => {
  if ("expect" in message) {
    awaited = received + message.expect;
    process.send?.({ expecting: true });
  } else void joinAll(message).then(() => process.send?.({ joined: true }));
});
process.on("disconnect", () => process.exit(0));

async function joinAll({ port, connections, dialect }: Instructions): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: parallelConnects }, async () => {
      while (next < connections) {
        const index = next;
        next += 1;
        await join(port, dialect, index);
      }
    }),
  );
}

function join(port: number, dialect: Dialect, index: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let preamble = dialect.preamble;
    let rest: Buffer | undefined;
    let upgraded = false;
    socket.on("error", reject);
    socket.on("connect", () => socket.write(upgradeRequest(dialect.path.replace("{n}", String(index)))));
    socket.on("data", (chunk: Buffer) => {
      let data = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      if (!upgraded) {
        const end = data.indexOf("\r\n\r\n");
        if (end === -1) return void (rest = data);
        if (!data.toString("latin1", 0, 12).startsWith("HTTP/1.1 101")) return reject(new Error(data.toString("latin1", 0, end)));
        upgraded = true;
        data = data.subarray(end + 4);
        socket.write(clientFrame(dialect.greeting));
        if (preamble === 0) resolve();
      }
      rest = eachFrame(data, (payload) => {
        if (answered(socket, dialect, payload)) return;
        if (preamble > 0) {
          preamble -= 1;
          if (preamble === 0) resolve();
          return;
        }
        received += 1;
        if (received === awaited) process.send?.({ receivedAt: process.hrtime.bigint().toString() });
      });
    });
  });
}

/** Short frames may be pings of the library's own. */
function answered(socket: Socket, dialect: Dialect, payload: Buffer): boolean {
  if (payload.length > 16) return false;
  const text = payload.toString("latin1");
  const ping = dialect.pings.find(({ frame }) => text === frame);
  if (ping === undefined) return false;
  if (ping.answer !== "") socket.write(clientFrame(ping.answer));
  return true;
}

/** Calls back for every whole frame and returns what is left over. */
function eachFrame(data: Buffer, visit: (payload: Buffer) => void): Buffer | undefined {
  let offset = 0;
  while (data.length - offset >= 2) {
    const short = (data[offset + 1] ?? 0) & 0x7f;
    const header = short < 126 ? 2 : 4;
    if (data.length - offset < header) break;
    const length = short < 126 ? short : data.readUInt16BE(offset + 2);
    if (data.length - offset < header + length) break;
    visit(data.subarray(offset + header, offset + header + length));
    offset += header + length;
  }
  return offset === data.length ? undefined : data.subarray(offset);
}

function upgradeRequest(path: string): string {
  const key = randomBytes(16).toString("base64");
  return [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    // What a browser sends along, so that the servers keep realistic headers.
    "User-Agent: Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Accept-Language: en-GB,en;q=0.9",
    "Cache-Control: no-cache",
    "\r\n",
  ].join("\r\n");
}

/** A masked text frame under 126 bytes, with a mask of zeros. */
function clientFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | Buffer.byteLength(text), 0, 0, 0, 0]), Buffer.from(text)]);
}
