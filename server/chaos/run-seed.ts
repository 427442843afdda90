/** One seed from its first price to the checker's verdict. */
import { setTimeout as sleep } from "node:timers/promises";
import { checkBooks, type Verdict } from "./checker/check.ts";
import { positionsAreShownAsTheyAre } from "./checker/laws/positions.ts";
import { createRandom, type Random } from "./random.ts";
import type { DatabaseKeeper } from "./stage/world-database.ts";
import { happenings, movePrices } from "./world/happenings.ts";
import { comeToRest } from "./world/rest.ts";
import { createWorld, type World } from "./world/world.ts";

export type SeedResult = Verdict & { seed: number; log: readonly string[] };

const fewestSteps = 10;
const mostSteps = 32;
/** A process that died is started again after some steps, as a supervisor would. */
const rebirthShare = 0.5;

export async function runSeed(databases: DatabaseKeeper, seed: number): Promise<SeedResult> {
  const random = createRandom(`nod chaos ${seed}`);
  const database = await databases.open();
  let isQuiet = false;
  try {
    const world = await createWorld(database, random);
    try {
      await live(world, random);
      const left = await comeToRest(world);
      const book = world.simulator.control.book();
      const verdict = await checkBooks({ database: database.owner, book });
      const unrest = left === null ? await positionsAreShownAsTheyAre(database.owner, book) : [{ law: "everything comes to rest", what: left, clientOrderId: null }];
      return { ...verdict, violations: [...unrest, ...verdict.violations], seed, log: world.log };
    } finally {
      isQuiet = await world.end();
    }
  } finally {
    await databases.giveBack(isQuiet);
  }
}

async function live(world: World, random: Random): Promise<void> {
  const steps = random.integer(fewestSteps, mostSteps);
  world.startLife();
  if (random.chance(0.35)) world.startLife();
  // Most worlds begin with a system that is up and has something to ask; some with one that is not there yet.
  if (random.chance(0.85)) await untilAsked(world, random.fork("first prices"));
  for (let step = 0; step < steps; step += 1) {
    const own = random.fork(`step ${step}`);
    if (world.alive().length === 0 && own.chance(rebirthShare)) world.startLife();
    const together = own.chance(0.25) ? 2 : 1;
    await Promise.all(Array.from({ length: together }, async (_, nth) => own.weighted(happenings)(world, own.fork(`happening ${nth}`))));
    if (own.chance(0.5)) await sleep(own.integer(0, 25));
  }
}

async function untilAsked(world: World, random: Random): Promise<void> {
  await world.untilReconciled();
  await movePrices(world, random);
  await world.waitFor(async () => (await world.owner.query("select from questions limit 1")).rows.length > 0);
}
