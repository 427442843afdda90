/** A random one of the processes is killed every so often; the database is restarted once. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../chaos/random.ts";
import type { SoakDatabase } from "./database.ts";
import type { Fleet } from "./fleet.ts";
import { heldLeases, watchTakeOvers, type TakeOver } from "./take-over.ts";

export type Kills = { total: number; duringStart: number; takeOvers: TakeOver[]; databaseAwayMs: number | null };

/** A lease of a dead process is somebody else's by then, or the watch is given up. */
const longestWatchMs = 18_000;

/** Runs until the load is over. `say` is told each kill. */
export async function killNowAndThen(of: {
  fleet: Fleet; database: SoakDatabase; random: Random; everyMs: number; forMs: number; restartsDatabase: boolean; say: (line: string) => void;
}): Promise<Kills> {
  const { fleet, database, random, everyMs, forMs, say } = of;
  const began = performance.now();
  const kills: Kills = { total: 0, duringStart: 0, takeOvers: [], databaseAwayMs: null };
  const watches: Promise<void>[] = [];
  const restart = async (): Promise<void> => {
    await sleep(forMs / 2);
    kills.databaseAwayMs = await database.restart();
    say(`PostgreSQL was restarted in ${kills.databaseAwayMs.toFixed(0)} ms`);
  };
  const restarting = of.restartsDatabase ? restart() : Promise.resolve();
  for (let n = 1; n * everyMs < forMs; n += 1) {
    await sleep(Math.max(0, n * everyMs - (performance.now() - began)));
    const victim = random.pick(fleet.members);
    const held = await heldLeases(database.owner);
    const wasReady = await fleet.kill(victim);
    const diedAt = performance.now();
    kills.total += 1;
    if (!wasReady) kills.duringStart += 1;
    say(`kill ${n}: ${victim.name}, ${wasReady ? "under load" : "during its start"}`);
    if (victim.role === "worker") watches.push(watchTakeOvers(database.owner, held, diedAt, longestWatchMs).then((found) => void kills.takeOvers.push(...found)));
  }
  await Promise.all([...watches, restarting, sleep(Math.max(0, forMs - (performance.now() - began)))]);
  return kills;
}
