/** Several processes on one PostgreSQL, a world at a time in each: a world takes over the clock of its process. */
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { SeedResult } from "../run-seed.ts";
import type { Addresses } from "../stage/database.ts";
import type { ToCrew, FromCrew } from "./messages.ts";

export type CrewWork = { addresses: Addresses; jobs: number; seeds: Iterator<number, undefined>; finished: (result: SeedResult) => void };

/** @throws what keeps a member from its work; the others are ended then */
export async function runCrew(work: CrewWork): Promise<void> {
  const crew: ChildProcess[] = [];
  try {
    await Promise.all(Array.from({ length: work.jobs }, async (_, n) => runMember(work, `chaos_${n + 1}`, (member) => crew.push(member))));
  } finally {
    for (const member of crew) if (member.exitCode === null) member.kill("SIGKILL");
  }
}

function runMember({ addresses, seeds, finished }: CrewWork, name: string, born: (member: ChildProcess) => void): Promise<void> {
  const member = fork(join(import.meta.dirname, "member.ts"), { serialization: "advanced" });
  born(member);
  const send = (message: ToCrew): void => void member.send(message);
  let atWork: number | null = null;
  const next = (): void => {
    atWork = seeds.next().value ?? null;
    send(atWork === null ? { kind: "over" } : { kind: "run", seed: atWork });
  };
  return new Promise((resolve, reject) => {
    member.on("message", (message: FromCrew) => {
      if (message.kind === "finished") finished(message.result);
      next();
    });
    member.once("error", reject);
    member.once("exit", (code, signal) => {
      if (code === 0 && atWork === null) resolve();
      else reject(new Error(`a process of the simulation ended (${signal ?? code}) while it ran seed ${atWork ?? "none"}`));
    });
    send({ kind: "begin", addresses, name });
  });
}
