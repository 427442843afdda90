import { setImmediate as nextTurn } from "node:timers/promises";

/** One kind of server under test, after it has started to listen. */
export interface Contender {
  readonly port: number;
  /** Connections that are ready to receive. */
  connected(): number;
  /** Sends one message to one connection; distinct for each. */
  push(connection: number, message: BenchMessage): void;
  /** Sends one message to all connections, as the library would have it done. */
  broadcast(message: BenchMessage): Promise<void>;
}

export interface BenchMessage {
  readonly id: string;
  readonly seq: number;
  readonly symbol: string;
  readonly text: string;
}

/** What the benchmark asks of a server process, and what it answers. */
export type Command =
  | { readonly kind: "connected" }
  | { readonly kind: "memory" }
  | { readonly kind: "push"; readonly connections: number; readonly rounds: number }
  | { readonly kind: "broadcast"; readonly times: number };

export interface Answer {
  readonly connected?: number;
  readonly rssBytes?: number;
  /** Monotonic nanoseconds, comparable between the processes of one machine. */
  readonly startedAt?: string;
  /** Processor time the server spent on pushing, user and system together. */
  readonly cpuMicroseconds?: number;
  readonly longestBlockMs?: number;
}

const filler = "It was the best of times, it was the worst of times. ".repeat(6);

/** About 300 bytes of JSON, different every time. */
export function benchMessage(connection: number, round: number): BenchMessage {
  const id = `question-${connection}-${round}`;
  return { id, seq: round, symbol: `SYM${connection % 500}`, text: filler.slice(0, 250 - id.length) };
}

/** Serves the benchmark's commands over IPC. */
export function serveCommands(contender: Contender): void {
  process.on("message", (command: Command) => {
    void execute(contender, command).then((answer) => process.send?.(answer));
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.({ port: contender.port });
}

async function execute(contender: Contender, command: Command): Promise<Answer> {
  switch (command.kind) {
    case "connected":
      return { connected: contender.connected() };
    case "memory":
      return { rssBytes: await settledMemory() };
    case "push": {
      const before = process.cpuUsage();
      const startedAt = process.hrtime.bigint().toString();
      for (let round = 0; round < command.rounds; round += 1) {
        for (let connection = 0; connection < command.connections; connection += 1) {
          contender.push(connection, benchMessage(connection, round));
          // Every library gets the same chance to let its sockets breathe.
          if (connection % 500 === 499) await nextTurn();
        }
      }
      const { user, system } = process.cpuUsage(before);
      return { startedAt, cpuMicroseconds: user + system };
    }
    case "broadcast":
      return { longestBlockMs: await longestBlock(contender, command.times) };
  }
}

async function settledMemory(): Promise<number> {
  for (let pass = 0; pass < 4; pass += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return process.memoryUsage.rss();
}

/**
 * The longest the event loop was kept from its next turn during broadcasts, in milliseconds of the thread's own processor
 * time: time that other processes took from this one is not the library's doing.
 */
async function longestBlock(contender: Contender, times: number): Promise<number> {
  let longest = 0;
  let last = threadMs();
  let watching = true;
  const watch = (): void => {
    const now = threadMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (watching) setImmediate(watch);
  };
  watch();
  for (let time = 0; time < times; time += 1) {
    await contender.broadcast(benchMessage(0, time));
    // Until the sockets have drained, so that broadcasts do not pile up.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  watching = false;
  return longest;
}

function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
