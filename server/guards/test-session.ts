/** Runs tests of a tree, in a vitest of its own that stays between the runs (`vitest-session.ts`). */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Proof } from "./removal.ts";
import { verdictOf, type RunReport, type Verdict } from "./verdict.ts";
import type { RunRequest } from "./vitest-session.ts";

export type SessionSettings = { folder: string; environment: Readonly<Record<string, string | undefined>>; workers: number; signal: AbortSignal };

export type TestSession = {
  /** Up to the first test that fails. Where every proof names its tests only those run. */
  run(tests: readonly Proof[], of: { changed: string | null; timeoutMs: number }): Promise<Verdict>;
  /** The next run begins with a new database. */
  renew(): Promise<void>;
  end(): Promise<void>;
};

const startTimeoutMs = 120_000;
const endTimeoutMs = 20_000;
const keptOutput = 2_000;

export function openTestSession(settings: SessionSettings): TestSession {
  let current: Promise<Vitest> | null = null;
  let changedBefore: string[] = [];
  const end = async (): Promise<void> => {
    const ending = current;
    current = null;
    changedBefore = [];
    await (await ending)?.end();
  };
  return {
    async run(tests, { changed, timeoutMs }) {
      current ??= startVitest(settings);
      const vitest = await current;
      const names = tests.map(({ named }) => named);
      const changedNow = changed === null ? [] : [join(settings.folder, changed)];
      const request: RunRequest = {
        files: [...new Set(tests.map(({ file }) => join(settings.folder, file)))],
        named: names.every((named) => named !== undefined) ? [...new Set(names)].map(literally).join("|") : null,
        // What was changed for the run before is as it was again.
        changed: [...changedBefore, ...changedNow],
      };
      changedBefore = changedNow;
      const report = await vitest.ask(request, timeoutMs);
      if (report !== null) return verdictOf(report);
      await end();
      return { kind: "no_proof", why: `the tests did not end within ${timeoutMs / 1_000} s: ${vitest.lastWords()}` };
    },
    renew: end,
    end,
  };
}

type Vitest = { ask(request: RunRequest, timeoutMs: number): Promise<RunReport | null>; lastWords(): string; end(): Promise<void> };

async function startVitest({ folder, environment, workers, signal }: SessionSettings): Promise<Vitest> {
  signal.throwIfAborted();
  // A vitest that is started by one would take itself for one of its workers.
  const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("VITEST") && name !== "TEST"));
  const child = fork(join(folder, "server/guards/vitest-session.ts"), [String(workers)], { cwd: folder, env, execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text: string) => (words = (words + text).slice(-keptOutput)));
  /** What it says next; null when it says nothing any more, or not in time. */
  const next = async (timeoutMs: number): Promise<unknown> => {
    const heard = new AbortController();
    const until = { signal: heard.signal };
    try {
      const message = once(child, "message", until).then(([first]: unknown[]) => first);
      return await Promise.race([message, ...[once(child, "exit", until), once(signal, "abort", until), sleep(timeoutMs, null, until)].map((end) => end.then(() => null))]);
    } finally {
      heard.abort();
    }
  };
  if ((await next(startTimeoutMs)) !== "ready") {
    await endChild(child);
    signal.throwIfAborted();
    throw new Error(`vitest could not be started in ${folder}: ${words}`);
  }
  return {
    ask: async (request, timeoutMs) => {
      signal.throwIfAborted();
      if (!child.connected) return null;
      child.send(request);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by vitest-session.ts
      const report = (await next(timeoutMs)) as RunReport | null;
      signal.throwIfAborted();
      return report;
    },
    lastWords: () => words.trim(),
    end: () => endChild(child),
  };
}

/** Asked to end it takes its PostgreSQL along; one that does not is killed, and the next run clears up after it. */
async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  const patience = new AbortController();
  await Promise.race([exited, sleep(endTimeoutMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
  patience.abort();
  child.kill("SIGKILL");
}

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
