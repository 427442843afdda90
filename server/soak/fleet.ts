/** Two web and two worker processes, each started again whenever it is over, as a service manager does. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { startNodProcess, type NodProcess } from "../chaos/kills/nod-process.ts";

export type Role = "web" | "worker";

/** One start of a process. Ages and sizes from its start on. */
export type Life = { member: string; role: Role; startedMs: number; readyMs: number | null; samples: { ageMs: number; rssBytes: number }[] };

export type Member = { name: string; role: Role; address: string };

export type Fleet = {
  members: readonly Member[];
  /** All starts, also those that are over. */
  lives: readonly Life[];
  /** Ends of processes that nobody had asked for, with what they last said. */
  surprises: readonly string[];
  ready(): Promise<void>;
  /** As by the kernel when memory runs out. @returns whether it had become ready */
  kill(member: Member): Promise<boolean>;
  /** Everybody ends what is in flight and leaves. @returns what was said of those who did not in good order, or in time */
  stop(): Promise<string[]>;
};

/** A service manager's pause before it starts a process again. */
const restartPauseMs = 500;
const sampleEveryMs = 2_000;
const pageBytes = 4_096;
/** While the database is away a start fails, and is tried again. */
const mostStartsInARow = 40;

type Place = Member & { process: NodProcess; life: Life; isReady: boolean };

/** @param environmentOf all that a process of that name is told */
export function startFleet(members: readonly Member[], environmentOf: (member: Member) => Record<string, string>): Fleet {
  const began = performance.now();
  const lives: Life[] = [];
  const surprises: string[] = [];
  const expected = new WeakSet<NodProcess>();
  let isStopping = false;

  const start = (member: Member): Place => {
    const life: Life = { member: member.name, role: member.role, startedMs: performance.now() - began, readyMs: null, samples: [] };
    lives.push(life);
    return { ...member, process: startNodProcess(member.address, environmentOf(member)), life, isReady: false };
  };
  const places = members.map(start);

  const supervise = async (index: number): Promise<void> => {
    for (let inARow = 1; ; inARow += 1) {
      const place = places[index];
      if (place === undefined) return;
      const startedAt = performance.now();
      void place.process.ready().then((isReady) => {
        place.isReady = isReady;
        if (isReady) place.life.readyMs = performance.now() - startedAt;
      }, (error: unknown) => void surprises.push(String(error)));
      await place.process.ended;
      if (isStopping) return;
      if (place.isReady) inARow = 1;
      if (!expected.has(place.process) && (place.isReady || inARow >= mostStartsInARow)) surprises.push(`${place.name} ended by itself:\n${place.process.output().slice(-2_000)}`);
      await sleep(restartPauseMs);
      if (isStopping) return;
      places[index] = start(place);
    }
  };
  const supervisors = places.map((_, index) => supervise(index));

  const sample = async (): Promise<void> => {
    for (const { process: { pid, isRunning }, life } of places) {
      const rssBytes = isRunning() ? await rssOf(pid) : null;
      if (rssBytes !== null) life.samples.push({ ageMs: performance.now() - began - life.startedMs, rssBytes });
    }
  };
  const sampling = setInterval(() => void sample(), sampleEveryMs);
  const placeOf = (name: string): Place => {
    const place = places.find((each) => each.name === name);
    if (place === undefined) throw new RangeError(`nobody is called ${name}`);
    return place;
  };

  return {
    members,
    lives,
    surprises,
    ready: async () => {
      while (!places.every(({ isReady, process: { isRunning } }) => isReady && isRunning())) {
        if (surprises.length > 0) throw new Error(surprises.join("\n"));
        await sleep(50);
      }
    },
    kill: async ({ name }) => {
      const { process: killed, isReady } = placeOf(name);
      expected.add(killed);
      await killed.kill();
      return isReady;
    },
    stop: async () => {
      isStopping = true;
      clearInterval(sampling);
      const disorder: string[] = [];
      await Promise.all(
        places.map(async ({ name, process: running, isReady }) => {
          if (running.isRunning() && isReady) await running.stop().catch((error: unknown) => disorder.push(`${name}: ${String(error)}`));
          else await running.kill();
        }),
      );
      await Promise.all(supervisors);
      return disorder;
    },
  };
}

/** Resident memory; null when the process is gone, or where there is no /proc. */
export async function rssOf(pid: number): Promise<number | null> {
  const pages = await readFile(`/proc/${pid}/statm`, "utf8").then((text) => Number(text.split(" ")[1]), () => Number.NaN);
  return Number.isFinite(pages) ? pages * pageBytes : null;
}
