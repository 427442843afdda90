/** Everything of one seed: a database, a broker, the people, and the lives of Nod that serve them. */
import { setTimeout as sleep } from "node:timers/promises";
import { startSimulator, type Simulator } from "@nod/alpaca-simulator";
import type { AlpacaSettings } from "../../src/alpaca/settings.ts";
import { usd } from "../../src/core/decimal.ts";
import type { Pool } from "../../src/db/pool.ts";
import { defaultTemplateName, ensureUser } from "../../src/trading/config/config-table.ts";
import { defaultMaxAges, type RiskSettings } from "../../src/trading/risk/risk-settings.ts";
import type { Random } from "../random.ts";
import { installWorldClock, type WorldClock } from "../stage/world-clock.ts";
import type { WorldDatabase } from "../stage/world-database.ts";
import { startLife, type Life, type LifeDeps } from "./life.ts";
import { createScenario, type Scenario } from "./scenario.ts";
import { createTurnstile } from "./turnstile.ts";

export type World = {
  scenario: Scenario;
  simulator: Simulator;
  clock: WorldClock;
  /** As the database's owner, untouched by any fault. */
  owner: Pool;
  /** What happened, a line each, for whoever must understand a failure. */
  log: readonly string[];
  say(line: string): void;
  /** Those that live; what is left of the others is swept up. */
  alive(): Life[];
  startLife(spirit?: LifeDeps["spirit"]): Life;
  /** Ends it in good order, in the background; the world waits for it before it ends. */
  retire(life: Life): void;
  /** Time passes, for everybody at once. */
  jump(ms: number): Promise<void>;
  /** The database's clock alone is set, forward or back. */
  stepDatabaseClock(ms: number): Promise<void>;
  /** For what is written by others than the lives, one after the other: no clock is moved meanwhile. */
  whileClocksStand(work: () => Promise<void>): Promise<void>;
  wakeAll(): void;
  /** Until something holds that happens soon as a rule, or this machine has had the time for it. */
  waitFor(condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Until the first life has compared its books: so this machine's speed is known. */
  untilReconciled(): Promise<void>;
  /** Until nobody who was retired does anything any more; false when one does after a long time. */
  settled(): Promise<boolean>;
  /** @returns whether nobody does anything any more */
  end(): Promise<boolean>;
};

const settings: RiskSettings = {
  tradingEnabled: true,
  venue: { environment: "paper", liveAllowed: false },
  caps: { maxOrderNotionalUsd: usd("35"), maxOrdersPerDay: 8, maxNotionalUsdPer4h: usd("200") },
  ...defaultMaxAges,
};
const longestLogLines = 2_000;
/** A life that is stopped finishes what is under way; one that takes longer is left behind. */
const longestEndMs = 60_000;
const leaseLeftMs = 40;
const longestRenewedJumpMs = 30 * 60_000;
/** What takes a tenth of a second here takes a second on a machine that is busy with other things. */
const patience = { leastMs: 200, mostMs: 5_000, ofAStart: 2 };
const firstReconciledWaitMs = 20_000;

export async function createWorld(database: WorldDatabase, random: Random): Promise<World> {
  const scenario = createScenario(random.fork("scenario"));
  const { owner } = database;
  const clock = installWorldClock(Date.parse(scenario.day.startsAt), scenario.brokerSkewMs);
  const startedMs = clock.naturalMs();
  const log: string[] = [];
  const say = (line: string): void => {
    if (log.length < longestLogLines) log.push(`${String(clock.naturalMs() - startedMs).padStart(5)} ms  ${new Date(clock.nowMs()).toISOString()}  ${line}`);
  };
  const simulator = await startSimulator({
    clock: clock.brokerClock,
    seed: String(random.fork("simulator").next()),
    replay: { startAt: [scenario.day.recorded], dates: scenario.day.dates },
    symbols: Object.fromEntries(scenario.symbols.map(({ name, prevClose }) => [name, { price: String(prevClose), prevClose: String(prevClose) }])),
    latency: { route: [0, 2], fill: [0, 20], cancel: [0, 5] },
  });
  const turnstile = createTurnstile();
  const [keys] = simulator.keys;
  if (keys === undefined) throw new Error("the simulator has no keys");
  const alpaca: AlpacaSettings = {
    keyId: keys.keyId, secretKey: keys.secretKey, tradingBaseUrl: simulator.url, dataBaseUrl: simulator.url, tradingStreamUrl: simulator.tradingStreamUrl,
    requestsPerMinute: 100_000, requestTimeoutMs: 350,
  };
  let databaseSkewMs = 0;
  let births = 0;
  let patienceMs = patience.leastMs;
  let lastOutsider: Promise<void> = Promise.resolve();
  const lives: Life[] = [];
  const ends: Promise<void>[] = [];
  const setDatabaseClock = async (): Promise<void> => {
    // Read at the moment of the step itself: what the broker notes down from here on is of after it.
    const step = [clock.naturalMs(), clock.nowMs() + databaseSkewMs, clock.brokerNowMs()];
    await owner.query(
      `with moved as (update chaos.clock set ahead_ms = $4::float8)
       insert into chaos.clock_steps (natural_ms, database_ms, broker_ms, last_event) select $1::float8, $2::float8, $3::float8, coalesce(max(id), 0) from events`,
      [...step, clock.aheadMs() + databaseSkewMs],
    );
  };
  const settled = async (): Promise<boolean> => {
    const tooLate = new AbortController();
    const tooLong = sleep(longestEndMs, false, { signal: tooLate.signal }).catch(() => false);
    const isSettled = await Promise.race([Promise.all(ends).then(() => true), tooLong]);
    tooLate.abort();
    return isSettled;
  };
  const retire = (life: Life): void => {
    const index = lives.indexOf(life);
    if (index !== -1) lives.splice(index, 1);
    ends.push(life.end().catch((error: unknown) => say(`${life.name} did not end well: ${String(error)}`)));
  };

  /** A lease of the dead runs out; here it does so soon, since time flies anyhow. */
  const inherit = async (names: readonly string[]): Promise<void> => {
    const { rows } = await owner.query<{ name: string; fencing: string }>("select name, fencing from leases where name = any($1::text[])", [names]);
    await sleep(leaseLeftMs);
    for (const { name, fencing } of rows) await owner.query("update leases set expires_at = clock_timestamp() where name = $1 and fencing = $2::int8", [name, fencing]);
  };
  /** Who lives renews his lease while time passes; only a long jump is taken for a pause of the process (life.ts). */
  const renewTick = async (ms: number): Promise<void> => {
    if (ms > longestRenewedJumpMs) return;
    const owners = lives.filter((life) => !life.isDead()).map(({ name }) => name);
    await owner.query("update leases set expires_at = expires_at + $1::float8 * interval '1 millisecond' where name = 'tick' and owner = any($2::text[]) and expires_at > clock_timestamp()", [ms, owners]);
  };
  const alive = (): Life[] => {
    for (const dead of lives.filter((life) => life.isDead())) {
      const left = dead.leases();
      if (left.length > 0) ends.push(inherit(left).catch((error: unknown) => say(`a lease was not inherited: ${String(error)}`)));
      retire(dead);
    }
    return lives.slice();
  };

  try {
    await setDatabaseClock();
    await populate(owner, scenario, simulator);
  } catch (error) {
    await simulator.stop();
    clock.remove();
    throw error;
  }
  say(`${scenario.day.name}, ${scenario.users.length} users, ${scenario.symbols.length} symbols, the broker's clock ${scenario.brokerSkewMs} ms ahead`);

  return {
    scenario, simulator, clock, owner, log, say, alive, retire, settled,
    startLife: (spirit = "living") => {
      births += 1;
      const life = startLife({ name: `nod-${births}`, database, alpaca, settings, spirit, turnstile, say });
      lives.push(life);
      return life;
    },
    jump: async (ms) => {
      await turnstile.whileQuiet(async () => {
        await renewTick(ms);
        clock.jump(ms);
        await setDatabaseClock();
      });
      simulator.control.setClockOffset(0); // looks at what is due now
      say(`${Math.round(ms / 1_000)} s pass`);
    },
    stepDatabaseClock: async (ms) => {
      await turnstile.whileQuiet(async () => {
        databaseSkewMs += ms;
        await setDatabaseClock();
      });
      say(`the database's clock is set by ${ms} ms`);
    },
    whileClocksStand: (work) => {
      const mine = lastOutsider.then(async () => {
        await turnstile.enter();
        await work().finally(() => turnstile.leave());
      });
      lastOutsider = mine.catch(() => undefined);
      return mine;
    },
    waitFor: (condition) => until(clock, patienceMs, condition),
    untilReconciled: async () => {
      const startedAt = clock.naturalMs();
      await until(clock, firstReconciledWaitMs, () => alive().some((life) => life.isReconciled()));
      patienceMs = Math.min(patience.mostMs, Math.max(patience.leastMs, patience.ofAStart * (clock.naturalMs() - startedAt)));
    },
    wakeAll: () => alive().forEach((life) => life.wake()),
    end: async () => {
      for (const life of lives.slice()) retire(life);
      const isQuiet = await settled();
      await simulator.stop();
      clock.remove();
      return isQuiet;
    },
  };
}

async function until(clock: WorldClock, mostMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const givesUpAt = clock.naturalMs() + mostMs;
  while (!(await condition()) && clock.naturalMs() < givesUpAt) await sleep(5);
}

async function populate(owner: Pool, { template, users }: Scenario, simulator: Simulator): Promise<void> {
  await owner.query("insert into trading_config_templates (name, config) values ($1, $2)", [defaultTemplateName, JSON.stringify(template)]);
  for (const uid of users) await ensureUser(owner, uid);
  const { maxOrderNotionalUsd, maxOrdersPerDay, maxNotionalUsdPer4h } = settings.caps;
  await owner.query("insert into chaos.caps values ($1, $2, $3)", [maxOrderNotionalUsd, maxOrdersPerDay, maxNotionalUsdPer4h]);
  for (const { date, openMs, closeMs } of simulator.timeline.sessions) await owner.query("insert into chaos.sessions values ($1::date, $2, $3)", [date, openMs, closeMs]);
}
