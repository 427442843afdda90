/**
 * As little of a SignalR client as this load needs, so that thousands fit into a process: one WebSocket without negotiation,
 * JSON, pings. Each speaks from a loopback address of its own, as phones have addresses of their own.
 */
import { WebSocket, type RawData } from "ws";
import { questionsHubPath } from "@nod/contract/hub";
import { failureOf, isRecord, toldOf, type HubLine, type OpenLine } from "./hub-line.ts";

const endOfMessage = "\u001e";
const [invocation, completion, ping, close] = [1, 3, 6, 7];
const openTimeoutMs = 30_000;
const callTimeoutMs = 30_000;
const pingEveryMs = 10_000;
/** The server pings every fifteen seconds. */
const silenceMs = 45_000;

type Waiting = { resolve: (result: unknown) => void; reject: (error: Error) => void };

export const openLightLine: OpenLine = async ({ address, token, localAddress, onTold }) => {
  const socket = new WebSocket(`${address.replace(/^http/, "ws")}${questionsHubPath}`, { headers: { Authorization: `Bearer ${token}` }, localAddress, perMessageDeflate: false, handshakeTimeout: openTimeoutMs });
  const waiting = new Map<string, Waiting>();
  const over = Promise.withResolvers<void>();
  const greeted = Promise.withResolvers<void>();
  let calls = 0;
  let heardAt = performance.now();
  let isGreeted = false;
  const send = (message: unknown): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message) + endOfMessage);
  };
  const heard = (message: Readonly<Record<string, unknown>>): void => {
    if (!isGreeted) {
      isGreeted = true;
      if (message["error"] === undefined) greeted.resolve();
      else greeted.reject(new Error(textIn(message["error"])));
    } else if (message["type"] === invocation && Array.isArray(message["arguments"])) {
      const told = toldOf(String(message["target"]), message["arguments"][0]);
      if (told !== null) onTold(told);
    } else if (message["type"] === completion) {
      const call = waiting.get(String(message["invocationId"]));
      waiting.delete(String(message["invocationId"]));
      if (message["error"] === undefined) call?.resolve(message["result"]);
      else call?.reject(failureOf(textIn(message["error"])));
    } else if (message["type"] === close) socket.close();
  };
  socket.on("message", (data) => {
    heardAt = performance.now();
    for (const text of textOf(data).split(endOfMessage)) {
      const message: unknown = text === "" ? null : JSON.parse(text);
      if (isRecord(message)) heard(message);
    }
  });
  socket.on("open", () => send({ protocol: "json", version: 1 }));
  const pinging = setInterval(() => {
    if (performance.now() - heardAt > silenceMs) socket.terminate();
    else send({ type: ping });
  }, pingEveryMs);
  const end = (error: Error): void => {
    clearInterval(pinging);
    greeted.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    over.resolve();
  };
  socket.on("error", end);
  socket.on("close", (code) => end(new Error(`the connection was closed (${code})`)));
  await greeted.promise;
  return lineOf(socket, over.promise, (method, args) => {
    const invocationId = String((calls += 1));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(invocationId, { resolve, reject });
    const timer = setTimeout(() => socket.terminate(), callTimeoutMs);
    send({ type: invocation, invocationId, target: method, arguments: args });
    return promise.finally(() => clearTimeout(timer));
  });
};

function lineOf(socket: WebSocket, closed: Promise<void>, call: (method: string, args: readonly (string | number)[]) => Promise<unknown>): HubLine {
  return {
    closed,
    close: () => socket.close(),
    invoke: (method, ...args) => (socket.readyState === WebSocket.OPEN ? call(method, args) : Promise.reject(new Error("the connection is closed"))),
  };
}

const textIn = (error: unknown): string => (typeof error === "string" ? error : JSON.stringify(error));

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.from(data instanceof ArrayBuffer ? new Uint8Array(data) : data).toString("utf8");
}
