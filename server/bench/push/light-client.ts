/**
 * A client of the questions hub that costs next to nothing: it upgrades, shakes hands in SignalR's JSON protocol, calls `Sync`
 * and from then on only looks at the number at the end of each message (RFC 6455; HubProtocol.md).
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type ClientSettings = {
  port: number;
  token: string;
  /** Told of the number of each message. */
  onSeq: (seq: number) => void;
  /** It ended although nobody here ended it. */
  onLost: () => void;
};

export type LightClient = {
  /** Resolves with where the outbox stands when what was missed has been told. */
  sync(lastSeq: number): Promise<number>;
  end(): void;
};

const recordEnd = "\u001e";
const syncId = "sync";
/** A server that is busy says so, and is asked again. */
const retryMs = 500;
const maxAttempts = 120;

class BusyError extends Error {}

/** @throws when the server does not upgrade; @returns after the handshake */
export async function connectLightly({ port, token, onSeq, onLost }: ClientSettings): Promise<LightClient> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  const upgraded = Promise.withResolvers<void>();
  const greeted = Promise.withResolvers<void>();
  let synced = Promise.withResolvers<number>();
  let stage: "upgrade" | "handshake" | "open" | "ended" = "upgrade";
  let unread: Buffer = Buffer.alloc(0);

  const onRecord = (record: string): void => {
    if (stage === "handshake") {
      if (record !== "{}") greeted.reject(new Error(`the handshake was answered with ${record}`));
      stage = "open";
      return greeted.resolve();
    }
    if (record.startsWith('{"type":1,')) return onSeq(numberAfter(record, '"seq":'));
    if (record.includes(`"invocationId":"${syncId}"`)) {
      if (record.includes('"error":')) synced.reject(record.includes("unavailable") ? new BusyError(record) : new Error(record));
      else synced.resolve(numberAfter(record, '"seq":'));
    } else if (record.startsWith('{"type":7')) socket.destroy(new Error(`the server closed the connection: ${record}`));
  };
  const onFrames = (): void => {
    let at = 0;
    for (let frame = frameAt(unread, at); frame !== null; frame = frameAt(unread, at)) {
      at = frame.end;
      if (frame.opcode === 8) return void socket.end();
      if (frame.opcode === 1) for (const record of unread.toString("utf8", frame.start, frame.end).split(recordEnd)) if (record !== "") onRecord(record);
    }
    unread = unread.subarray(at);
  };
  socket.on("data", (data) => {
    unread = unread.length === 0 ? data : Buffer.concat([unread, data]);
    if (stage === "upgrade") {
      const headEnd = unread.indexOf("\r\n\r\n");
      if (headEnd === -1) return;
      const head = unread.toString("latin1", 0, headEnd);
      if (!head.startsWith("HTTP/1.1 101")) return void socket.destroy(new Error(`no upgrade: ${head.split("\r\n")[0]}`));
      unread = unread.subarray(headEnd + 4);
      stage = "handshake";
      upgraded.resolve();
    }
    onFrames();
  });
  socket.on("error", (error) => {
    for (const { reject } of [upgraded, greeted, synced]) reject(error);
  });
  socket.on("close", () => {
    if (stage === "ended") return;
    for (const { reject } of [upgraded, greeted, synced]) reject(new Error("the connection ended"));
    onLost();
  });
  synced.promise.catch(() => undefined); // nobody may be waiting for it
  greeted.promise.catch(() => undefined);

  socket.write(
    ["GET /hubs/questions HTTP/1.1", `Host: 127.0.0.1:${port}`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`, `Authorization: Bearer ${token}`, "", ""].join("\r\n"),
  );
  await upgraded.promise;
  send(socket, { protocol: "json", version: 1 });
  await greeted.promise;
  return {
    async sync(lastSeq) {
      for (let attempt = 1; ; attempt += 1) {
        synced = Promise.withResolvers();
        send(socket, { type: 1, invocationId: syncId, target: "Sync", arguments: [lastSeq] });
        try {
          return await synced.promise;
        } catch (error) {
          if (!(error instanceof BusyError) || attempt === maxAttempts) throw error;
        }
        await sleep(retryMs);
      }
    },
    end() {
      stage = "ended";
      socket.resetAndDestroy(); // thousands of ports would wait in TIME_WAIT
    },
  };
}

/** A masked text frame of less than 126 bytes: everything that is sent here. */
function send(socket: Socket, message: object): void {
  const payload = Buffer.from(`${JSON.stringify(message)}${recordEnd}`);
  const frame = Buffer.alloc(6 + payload.length); // with a mask of zeros, which changes nothing
  frame[0] = 0x81;
  frame[1] = 0x80 | payload.length;
  payload.copy(frame, 6);
  socket.write(frame);
}

type Frame = { opcode: number; start: number; end: number };

/** The unmasked frame that begins at `at`; null while it is not whole. */
function frameAt(data: Buffer, at: number): Frame | null {
  if (data.length < at + 2) return null;
  const opcode = data.readUInt8(at) & 0x0f;
  const short = data.readUInt8(at + 1) & 0x7f;
  const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < at + headerBytes) return null;
  const length = short < 126 ? short : short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2));
  const start = at + headerBytes;
  return data.length < start + length ? null : { opcode, start, end: start + length };
}

function numberAfter(record: string, key: string): number {
  const at = record.lastIndexOf(key);
  return at === -1 ? Number.NaN : Number.parseInt(record.slice(at + key.length, at + key.length + 16), 10);
}
