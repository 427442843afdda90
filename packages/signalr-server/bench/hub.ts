/**
 * Measures the hub beside bare `ws` and `socket.io`, in one run: each server in a process of its own, its clients in another.
 *
 *   node packages/signalr-server/bench/hub.ts [--quick]
 *
 * Prints a table and exits with 1 when a goal is missed. `--quick` uses 500 connections in place of 5,000, for CI.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import type { Answer, Command } from "./contenders/contender.ts";
import type { Dialect } from "./clients/raw-clients.ts";

const quick = process.argv.includes("--quick");
const connections = quick ? 500 : 5_000;
const rounds = quick ? 20 : 5;
const passes = quick ? 9 : 15;
const broadcasts = 10;

interface Entrant {
  readonly name: string;
  readonly file: string;
  readonly dialect: Dialect;
}

const entrants: readonly Entrant[] = [
  {
    name: "signalr-server",
    file: "signalr.ts",
    dialect: { path: "/hub?access_token=user-{n}", greeting: '{"protocol":"json","version":1}\u001e', pings: [{ frame: '{"type":6}\u001e', answer: "" }], preamble: 1 },
  },
  { name: "bare ws", file: "bare-ws.ts", dialect: { path: "/", greeting: "hello", pings: [], preamble: 0 } },
  {
    name: "socket.io",
    file: "socket-io.ts",
    dialect: { path: "/socket.io/?EIO=4&transport=websocket", greeting: "40", pings: [{ frame: "2", answer: "3" }], preamble: 2 },
  },
];

/** A server process with its clients. */
class Running {
  readonly name: string;
  readonly rates: number[] = [];
  readonly cpuPerPush: number[] = [];
  bytesPerConnection = 0;
  longestBlockMs = 0;
  readonly #server: ChildProcess;
  readonly #clients: ChildProcess;

  private constructor(name: string, server: ChildProcess, clients: ChildProcess) {
    this.name = name;
    this.#server = server;
    this.#clients = clients;
  }

  static async start({ name, file, dialect }: Entrant): Promise<Running> {
    const server = fork(new URL(`contenders/${file}`, import.meta.url), { execArgv: ["--expose-gc"] });
    const { port } = await answerOf<{ port: number }>(server);
    const clients = fork(new URL("clients/raw-clients.ts", import.meta.url));
    const running = new Running(name, server, clients);
    const before = (await running.ask({ kind: "memory" })).rssBytes ?? 0;
    clients.send({ port, connections, dialect });
    await answerOf(clients);
    while (((await running.ask({ kind: "connected" })).connected ?? 0) < connections) await new Promise((resolve) => setTimeout(resolve, 20));
    running.bytesPerConnection = (((await running.ask({ kind: "memory" })).rssBytes ?? 0) - before) / connections;
    return running;
  }

  async ask(command: Command): Promise<Answer> {
    this.#server.send(command);
    return answerOf<Answer>(this.#server);
  }

  /** Pushes distinct messages to every connection and notes how many arrived in a second. */
  async measurePush(): Promise<void> {
    const messages = connections * rounds;
    this.#clients.send({ expect: messages });
    await answerOf(this.#clients);
    const arrived = answerOf<{ receivedAt: string }>(this.#clients);
    const { startedAt = "0", cpuMicroseconds = 0 } = await this.ask({ kind: "push", connections, rounds });
    const { receivedAt } = await arrived;
    this.cpuPerPush.push(cpuMicroseconds / messages);
    this.rates.push((messages * 1e9) / Number(BigInt(receivedAt) - BigInt(startedAt)));
  }

  async measureBroadcast(): Promise<void> {
    this.longestBlockMs = (await this.ask({ kind: "broadcast", times: broadcasts })).longestBlockMs ?? 0;
  }

  stop(): void {
    this.#server.disconnect();
    this.#clients.disconnect();
  }
}

async function answerOf<Message = unknown>(child: ChildProcess): Promise<Message> {
  const [message] = await once(child, "message");
  return message;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const running: Running[] = [];
for (const entrant of entrants) running.push(await Running.start(entrant));
// In turns and in a rotating order, so that whatever else the machine does falls on all alike; the first turn warms the compilers up and does not count.
for (let pass = 0; pass <= passes; pass += 1) {
  for (let turn = 0; turn < running.length; turn += 1) await running[(pass + turn) % running.length]?.measurePush();
}
for (const one of running) {
  one.rates.shift();
  one.cpuPerPush.shift();
  await one.measureBroadcast();
}
for (const one of running) one.stop();

const [ours, ws, socketIo] = running;
if (ours === undefined || ws === undefined || socketIo === undefined) throw new Error("A contender is missing");
/** Of each turn by itself: neighbours in time are compared with each other. */
const wallRatioTo = (other: Running): number => median(ours.rates.map((rate, pass) => rate / (other.rates[pass] ?? Number.NaN)));
/**
 * Pushes in a second of processor time: each server is one thread that does nothing else, so on a quiet machine this is its
 * rate, and on a busy one it still is, while the clock on the wall measures the neighbours.
 */
const ratioTo = (other: Running): number => median(other.cpuPerPush.map((cost, pass) => cost / (ours.cpuPerPush[pass] ?? Number.NaN)));

console.log(`${connections} connections, ${rounds} rounds of distinct 300-byte messages, median of ${passes} turns\n`);
console.log("server           pushes/s   µs of CPU per push   bytes per idle connection   longest block in a broadcast");
for (const one of running) {
  console.log(
    `${one.name.padEnd(16)} ${Math.round(median(one.rates)).toLocaleString("en").padStart(8)}   ${median(one.cpuPerPush).toFixed(2).padStart(18)}   ${Math.round(one.bytesPerConnection)
      .toLocaleString("en")
      .padStart(25)}   ${one.longestBlockMs.toFixed(1).padStart(25)} ms`,
  );
}
const goals = [
  { what: "push rate against bare ws", value: ratioTo(ws), goal: 0.9, atLeast: true },
  { what: "push rate against socket.io", value: ratioTo(socketIo), goal: 1, atLeast: true },
  { what: "memory per idle connection against socket.io", value: ours.bytesPerConnection / socketIo.bytesPerConnection, goal: 0.65, atLeast: false },
  { what: "longest block in a broadcast, ms", value: ours.longestBlockMs, goal: 20, atLeast: false },
];
console.log(`\nby the wall clock: ${wallRatioTo(ws).toFixed(2)} of bare ws, ${wallRatioTo(socketIo).toFixed(2)} of socket.io\n`);
let missed = 0;
for (const { what, value, goal, atLeast } of goals) {
  const met = atLeast ? value >= goal : value <= goal;
  if (!met) missed += 1;
  console.log(`${met ? "met   " : "MISSED"} ${what}: ${value.toFixed(2)} (goal ${atLeast ? "≥" : "≤"} ${goal})`);
}
process.exitCode = missed === 0 ? 0 : 1;
