/** The load processes as the soak sees them. */
import { fork } from "node:child_process";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isRecord } from "./load/hub-line.ts";
import type { LoadCommand, LoadFigures, LoadOrder, LoadReport, Reply } from "./load/messages.ts";
import type { PhoneMemory } from "./load/phone.ts";

export type LoadTotals = { connected: number; replies: number; unanswered: number; waiting: number; refused: Record<string, number>; answerMs: number[]; reconnectMs: number[] };

export type Load = {
  pids: readonly number[];
  totals(): LoadTotals;
  answerNoMore(): void;
  /** The last number of each user. */
  where(): Promise<Map<string, number>>;
  /** Closes the connections and writes down what the phones know. */
  end(): Promise<void>;
  replies(): AsyncIterable<Reply>;
  memories(): AsyncIterable<PhoneMemory>;
};

type Helper = { send(command: LoadCommand): void; leave(): void; pid: number; figures: LoadFigures | null; reported(say: LoadReport["say"]): Promise<LoadReport> };

const patienceMs = 300_000;

/** `orders`: one for each process. */
export function startLoad(orders: readonly LoadOrder[]): Load {
  const answerMs: number[] = [];
  const reconnectMs: number[] = [];
  const helpers = orders.map((order): Helper => {
    const child = fork(join(import.meta.dirname, "load-process.ts"), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const helper: Helper = {
      pid: child.pid ?? 0,
      figures: null,
      send: (command) => void child.send(command),
      leave: () => child.disconnect(),
      reported: (say) => {
        const { promise, resolve, reject } = Promise.withResolvers<LoadReport>();
        const timer = setTimeout(() => reject(new Error(`a load process did not report ${JSON.stringify(say)} in time`)), patienceMs);
        const look = (report: LoadReport): void => {
          if (report.say !== say) return;
          clearTimeout(timer);
          child.off("message", look);
          resolve(report);
        };
        child.on("message", look);
        return promise;
      },
    };
    child.on("message", (report: LoadReport) => {
      if (report.say !== "figures") return;
      helper.figures = report.figures;
      answerMs.push(...report.figures.answerMs);
      reconnectMs.push(...report.figures.reconnectMs);
    });
    helper.send({ say: "begin", order });
    return helper;
  });
  const sum = (of: (figures: LoadFigures) => number): number => helpers.reduce((total, { figures }) => total + (figures === null ? 0 : of(figures)), 0);
  const all = async (command: LoadCommand, say: LoadReport["say"]): Promise<LoadReport[]> =>
    Promise.all(helpers.map((helper) => {
      const reported = helper.reported(say);
      helper.send(command);
      return reported;
    }));
  return {
    pids: helpers.map(({ pid }) => pid),
    totals: () => {
      const refused: Record<string, number> = {};
      for (const { figures } of helpers) for (const [why, n] of Object.entries(figures?.refused ?? {})) refused[why] = (refused[why] ?? 0) + n;
      return { connected: sum((each) => each.connected), replies: sum((each) => each.replies), unanswered: sum((each) => each.unanswered), waiting: sum((each) => each.waiting), refused, answerMs, reconnectMs };
    },
    answerNoMore: () => helpers.forEach((helper) => helper.send({ say: "answer_no_more" })),
    where: async () => new Map((await all({ say: "where" }, "where")).flatMap((report) => (report.say === "where" ? Object.entries(report.seqs) : []))),
    end: async () => {
      await all({ say: "end" }, "ended");
      for (const helper of helpers) helper.leave();
    },
    replies: () => linesOf(orders.map(({ repliesFile }) => repliesFile), isReply),
    memories: () => linesOf(orders.map(({ memoriesFile }) => memoriesFile), isMemory),
  };
}

/** Of files that this soak's own processes wrote. */
async function* linesOf<Line>(files: readonly string[], isLine: (value: unknown) => value is Line): AsyncGenerator<Line, undefined> {
  for (const file of files) {
    for await (const text of createInterface({ input: createReadStream(file) })) {
      const line: unknown = JSON.parse(text);
      if (!isLine(line)) throw new TypeError(`${file} has a line that is none of its own`);
      yield line;
    }
  }
  return undefined;
}

const isReply = (value: unknown): value is Reply => isRecord(value) && typeof value["questionId"] === "string" && typeof value["result"] === "string";
const isMemory = (value: unknown): value is PhoneMemory => isRecord(value) && typeof value["lastSeq"] === "number" && Array.isArray(value["asked"]);
