import { WebSocket, type RawData } from "ws";
import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { DataStreamHandlers, DataStreamPort, StreamWish } from "../trading/market/stream-port.ts";
import { reconnectDelayMs } from "./stream-backoff.ts";
import { readFrames, type StreamFrame } from "./stream-frames.ts";
import { createSubscriptions } from "./stream-subscriptions.ts";

export type DataStreamSettings = { url: string; keyId: string; secretKey: string; feed: Feed; assetClass: AssetClass };

/** Time and chance, so that a test can be the one that has them. */
export type StreamTiming = {
  nowMs(): number;
  /** The returned function takes it back. */
  after(ms: number, task: () => void): () => void;
  random(): number;
};

const systemTiming: StreamTiming = {
  nowMs: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** From the first byte to the confirmed subscription, and from each change of it to its confirmation. */
const answerTimeoutMs = 15_000;
const pingEveryMs = 5_000;
/** Neither a frame nor an answer to a ping for so long: the connection is dead, whatever its socket says. */
export const silentAfterMs = 15_000;
/** A connection that held this long makes up for the failures before it. */
const stableAfterMs = 30_000;
/** Closes by itself: 405 leaves the connection as it is. */
const symbolLimitExceeded = 405;

/**
 * Alpaca's stream of market data behind trading's port. It is not the SDK's: that one passes its errors on without their code,
 * stops for good after ten 406es, keeps symbols that a 405 refused and has no watch over a silent connection.
 */
export function createAlpacaDataStream(settings: DataStreamSettings, timing: StreamTiming = systemTiming): DataStreamPort {
  return {
    feed: settings.feed,
    assetClass: settings.assetClass,
    start(handlers) {
      const subscriptions = createSubscriptions();
      let connection: Connection | null = null;
      let takeBackAttempt: (() => void) | null = null;
      let failures = 0;
      let stopped = false;

      const connect = (): void => {
        connection = openConnection(settings, timing, handlers, subscriptions, (failure) => {
          connection = null;
          if (failure.heldMs >= stableAfterMs) failures = 0;
          failures += 1;
          takeBackAttempt = timing.after(reconnectDelayMs(failures, failure.code, timing.random()), connect);
        });
      };
      connect();

      return {
        want(wishes: readonly StreamWish[]) {
          subscriptions.want(wishes);
          connection?.subscribe();
        },
        async stop() {
          if (stopped) return;
          stopped = true;
          takeBackAttempt?.();
          await connection?.close();
        },
      };
    },
  };
}

type Failure = { code: number | null; heldMs: number };
type Connection = { subscribe(): void; close(): Promise<void> };
type Subscriptions = ReturnType<typeof createSubscriptions>;

function textOf(data: RawData): string {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
  return bytes.toString("utf8");
}

/** One connection, from its first byte to its end; `onFailed` is called once, and not after `close`. */
function openConnection(settings: DataStreamSettings, timing: StreamTiming, handlers: DataStreamHandlers, subscriptions: Subscriptions, onFailed: (failure: Failure) => void): Connection {
  const socket = new WebSocket(settings.url, { perMessageDeflate: false, handshakeTimeout: answerTimeoutMs });
  const openedAtMs = timing.nowMs();
  let heardAtMs = openedAtMs;
  let answerDueMs = openedAtMs + answerTimeoutMs;
  let authenticated = false;
  let told: ReadonlySet<string> | null = null;
  let over = false;
  let code: number | null = null;
  let takeBackWatch: () => void = () => undefined;
  subscriptions.forget();

  const send = (message: Readonly<Record<string, unknown>>): void => {
    answerDueMs = timing.nowMs() + answerTimeoutMs;
    socket.send(JSON.stringify(message));
  };
  const end = (reason: string): void => {
    if (over) return;
    over = true;
    takeBackWatch();
    socket.terminate();
    if (told !== null) handlers.onDown(reason);
    onFailed({ code, heldMs: timing.nowMs() - openedAtMs });
  };
  const subscribe = (): void => {
    if (over || !authenticated) return;
    const message = subscriptions.next();
    if (message !== null) return send(message);
    if (!subscriptions.isSettled()) return;
    answerDueMs = Infinity;
    if (told === subscriptions.confirmed()) return;
    told = subscriptions.confirmed();
    handlers.onSubscribed(told);
  };
  const receive = (frame: StreamFrame): void => {
    switch (frame.kind) {
      case "facts":
        return handlers.onFacts(frame.facts);
      case "halt":
        return handlers.onHalt(frame.word);
      case "connected":
        return send({ action: "auth", key: settings.keyId, secret: settings.secretKey });
      case "authenticated":
        authenticated = true;
        return subscribe();
      case "subscription":
        subscriptions.confirm(frame);
        return subscribe();
      case "error":
        if (frame.code === symbolLimitExceeded) {
          subscriptions.refused();
          return subscribe();
        }
        code = frame.code;
        return end(`the stream says ${frame.code}: ${frame.message}`);
      case "nothing":
    }
  };
  const watch = (): void => {
    const nowMs = timing.nowMs();
    if (nowMs - heardAtMs >= silentAfterMs) return end("the stream is silent");
    if (nowMs >= answerDueMs) return end("the stream does not answer");
    if (socket.readyState === WebSocket.OPEN) socket.ping();
    takeBackWatch = timing.after(pingEveryMs, watch);
  };

  const hear = (): void => {
    heardAtMs = timing.nowMs();
  };
  socket.on("pong", hear);
  socket.on("ping", hear);
  socket.on("message", (data) => {
    hear();
    if (over) return;
    const frames = readFrames(textOf(data), settings);
    if (frames === null) end("the stream sent something that is not a list of frames");
    else for (const frame of frames) if (!over) receive(frame);
  });
  // The error's own words name the address and nothing secret; its close follows.
  socket.on("error", (error) => end(`the stream failed (${error.message.slice(0, 200)})`));
  socket.on("close", () => end("the stream was closed"));
  takeBackWatch = timing.after(pingEveryMs, watch);

  return {
    subscribe,
    close: () =>
      new Promise((resolve) => {
        over = true;
        takeBackWatch();
        if (socket.readyState === WebSocket.CLOSED) return resolve();
        socket.once("close", () => resolve());
        socket.terminate();
      }),
  };
}
