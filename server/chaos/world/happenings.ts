/** What can happen in a world, and how often. Each draws all its chance from the stream that it is given. */
import { setTimeout as sleep } from "node:timers/promises";
import type { KillSwitchMode } from "@nod/contract/status";
import { withTransaction } from "../../src/db/transaction.ts";
import { readConfig, writeOwnConfig } from "../../src/trading/config/config-table.ts";
import { clearKillSwitch, setKillSwitch, type KillSwitchScope } from "../../src/trading/risk/kill-switch-table.ts";
import { giveConfirmation } from "../../src/trading/risk/kill-switch-confirmations-table.ts";
import type { Random } from "../random.ts";
import { answerEverything, answerSomething, takeSomethingBack } from "./answers.ts";
import { restate, storm, troublePosts, troubleReads, troubleStream, writeCourse } from "./broker-trouble.ts";
import { createOverride } from "./scenario.ts";
import type { World } from "./world.ts";

export type Happening = (world: World, random: Random) => Promise<void> | void;

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
/** A question is asked, or an order is sent, in about this time. */
const shortWaitMs = [5, 60] as const;
/** Who is no part of the world minds no busy machine. */
const patient = { timeoutMs: 2 * minute };

export const happenings: readonly (readonly [number, Happening])[] = [
  [14, movePrices],
  [14, answerSomething],
  [10, answerEverything],
  [3, takeSomethingBack],
  [4, letTimePass],
  [1, changeDay],
  [5, troublePosts],
  [3, troubleReads],
  [2, storm],
  [3, troubleStream],
  [3, writeCourse],
  [3, restate],
  [4, planDeath],
  [2, kill],
  [1, stayAway],
  [3, breakCommits],
  [2, cutDatabase],
  [2, bearSecond],
  [1, retireOne],
  [4, turnKillSwitch],
  [3, changeConfig],
  [1, closeMarket],
  [1, setDatabaseClock],
  [5, wait],
];

async function wait(_world: World, random: Random): Promise<void> {
  await sleep(random.integer(...shortWaitMs));
}

/** Symbols swing away from their previous close, mostly far enough for every rule, and the next poll sees it. */
export async function movePrices(world: World, random: Random): Promise<void> {
  for (const { name, prevClose } of world.scenario.symbols) {
    if (random.chance(0.25)) continue;
    const basisPoints = random.weighted([[6, random.integer(-480, -310)], [1, random.integer(-290, 290)], [2, random.integer(310, 400)], [2, random.integer(-345, -335)]]);
    const price = (prevClose * (1 + basisPoints / 10_000)).toFixed(2);
    world.simulator.control.setPrice(name, price);
    world.say(`${name} ${price} (closed at ${prevClose})`);
  }
  const looks = (): number => world.alive().reduce((sum, life) => sum + life.looks(), 0);
  await world.jump(random.integer(5_000, 9_000));
  const before = looks();
  world.wakeAll();
  await world.waitFor(() => looks() !== before || world.alive().length === 0);
  await sleep(random.integer(0, 80));
}

async function letTimePass(world: World, random: Random): Promise<void> {
  const ms = random.weighted([
    [4, random.integer(1, 30) * second],
    [3, random.integer(1, 10) * minute],
    [1, random.integer(20, 90) * minute],
    // Both sides of the rolling window's edge.
    [1, 4 * hour + random.integer(-20, 20) * second],
  ]);
  await world.jump(ms);
  world.wakeAll();
}

/** To shortly before or after the close, the next open, or New York's midnight. */
async function changeDay(world: World, random: Random): Promise<void> {
  const nowMs = world.clock.brokerNowMs();
  const marks = world.simulator.timeline.sessions.flatMap(({ openMs, closeMs }) => [openMs, closeMs, closeMs + 8 * hour]).filter((ms) => ms > nowMs);
  const [next] = marks.toSorted((a, b) => a - b);
  if (next === undefined) return;
  await world.jump(Math.max(second, next - nowMs + random.integer(-10, 10) * second));
  world.wakeAll();
  await sleep(random.integer(...shortWaitMs));
}

function planDeath(world: World, random: Random): void {
  const lives = world.alive();
  if (lives.length === 0) return;
  const life = random.pick(lives);
  if (random.chance(0.5)) life.planPostFault(random.pick(["die_before", "die_during", "die_after"]), random.integer(0, 1));
  else life.planCommitFault(random.pick(["die_before", "die_after"]), random.integer(0, 8));
}

async function kill(world: World, random: Random): Promise<void> {
  const lives = world.alive();
  if (lives.length === 0) return;
  random.pick(lives).die();
  await sleep(random.integer(0, 30));
}

/** Everything is down, with orders on their way, for longer than a weekend may be. */
async function stayAway(world: World, random: Random): Promise<void> {
  await answerEverything(world, random);
  await sleep(random.integer(0, 40));
  for (const life of world.alive()) life.die();
  await sleep(random.integer(0, 60));
  await world.jump(random.integer(20, 80) * hour);
  world.startLife();
}

function breakCommits(world: World, random: Random): void {
  for (const life of world.alive()) if (random.chance(0.7)) life.planCommitFault(random.pick(["cut_before", "cut_after"]), random.integer(0, 5));
}

/** As when PostgreSQL restarts or a firewall drops what it knew. */
async function cutDatabase(world: World, random: Random): Promise<void> {
  const lives = world.alive();
  if (lives.length === 0) return;
  const life = random.pick(lives);
  world.say(`${life.name} loses its database`);
  for (let times = random.integer(1, 6); times > 0; times -= 1) {
    life.cutDatabase();
    await sleep(random.integer(1, 15));
  }
}

function bearSecond(world: World): void {
  if (world.alive().length < 2) world.startLife();
}

function retireOne(world: World): void {
  const [oldest, ...others] = world.alive();
  if (oldest === undefined || others.length === 0) return;
  world.say(`${oldest.name} stops in good order`);
  world.retire(oldest);
}

async function turnKillSwitch(world: World, random: Random): Promise<void> {
  const uid = random.chance(0.3) ? null : random.pick(world.scenario.users);
  const scope: KillSwitchScope = uid === null ? { scope: "all" } : { scope: "user", firebaseUid: uid };
  const mode = random.pick(["block_new", "cancel_only", "flatten"] as const);
  await world.whileClocksStand(() => turn(world, scope, uid, mode));
  if (random.chance(0.8)) world.wakeAll();
  if (random.chance(0.5)) await world.jump(random.integer(1_000, 8_000));
}

/** Notes down between which instants it was certainly on; whether it held is the checker's question. */
async function turn({ owner, clock, say }: World, scope: KillSwitchScope, uid: string | null, mode: KillSwitchMode): Promise<void> {
  const { rows } = await owner.query("select from kill_switches where scope = $1 and firebase_uid is not distinct from $2", [scope.scope, uid]);
  const isOn = rows.length > 0;
  if (isOn) {
    await owner.query(
      "update chaos.halts set certain_until_ms = $3::float8 where scope = $1 and firebase_uid is not distinct from $2 and certain_until_ms is null",
      [scope.scope, uid, clock.naturalMs()],
    );
    await withTransaction(owner, (tx) => clearKillSwitch(tx, scope, "chaos"), patient);
  } else {
    const { token } = await giveConfirmation(owner, scope);
    const { kind } = await withTransaction(owner, (tx) => setKillSwitch(tx, scope, { mode, reason: "chaos", setBy: "chaos", confirmation: token }), patient);
    // On a machine that is busy with other things a confirmation may run out on its way.
    if (kind !== "set") return;
    await owner.query("insert into chaos.halts values ($1, $2, $3::float8)", [scope.scope, uid, clock.naturalMs()]);
  }
  say(`the kill switch of ${uid ?? "everyone"} is ${isOn ? "off" : "on"}`);
}

async function changeConfig(world: World, random: Random): Promise<void> {
  const uid = random.pick(world.scenario.users);
  const stored = await readConfig(world.owner, uid);
  if (stored === null) return;
  const own = createOverride(random, world.scenario.template);
  await world.whileClocksStand(async () => void (await writeOwnConfig(world.owner, stored, own)));
  world.say(`${uid} wants ${JSON.stringify(own)}`);
  if (random.chance(0.7)) world.wakeAll();
}

async function closeMarket(world: World, random: Random): Promise<void> {
  const { control } = world.simulator;
  const [symbol] = world.scenario.symbols;
  if (random.chance(0.5) && symbol !== undefined) {
    world.say(`${symbol.name} is halted`);
    control.halt(symbol.name);
    await sleep(random.integer(...shortWaitMs));
    if (random.chance(0.6)) control.unhalt(symbol.name);
    return;
  }
  world.say("the market closes without notice");
  control.setMarket("closed");
  await sleep(random.integer(...shortWaitMs));
  control.setMarket("replay");
}

async function setDatabaseClock(world: World, random: Random): Promise<void> {
  await world.stepDatabaseClock(random.pick([-2_000, -500, 500, 2_000]));
}
