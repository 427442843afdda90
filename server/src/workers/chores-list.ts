/** What is done by the clock and not by what happens: partitions ahead of their time, and what is too old to be kept. */
import { dropOldestFacts, makePartitions } from "../db/partitions-table.ts";
import type { Pool } from "../db/pool.ts";
import { forgetUnusedDevices } from "../push/devices-table.ts";
import { archiveOldestMonth } from "../trading/audit/archive-month.ts";
import { dropOldMinutes, symbolsWithMinutes } from "../trading/market/old-minutes-table.ts";
import { dropAcknowledged } from "../trading/outbox/outbox-table.ts";
import { dropGivenUpJobs } from "./chores-table.ts";

/** What is kept for how long; see `docs/retention.md`. */
export type RetentionSettings = {
  marketDataDays: number;
  /** Null: the log is kept for ever. */
  eventsMonths: number | null;
  barsDays: number;
  outboxDays: number;
  devicesDays: number;
  /** Of the months of the log. */
  archiveFolder: string;
};

export type Chore = {
  name: string;
  /** In UTC, as cron has it. */
  at: string;
  /** Idempotent, and harmless beside itself: a process that is thought dead may come back. Stops between two steps when told. */
  run: (stopping: AbortSignal) => Promise<void>;
};

/** Days of facts and months of the log that are there ahead of their time: longer than any outage without a chore. */
const daysAhead = 7;
const monthsAhead = 2;
const messagesAtOnce = 20_000;
const symbolsAtOnce = 5;
/** A chore that was given up stays to be looked at for so long. */
const givenUpDays = 30;

/** New York sleeps from 6 to 8 UTC, in summer and in winter, when the exchange's early hours have not begun. */
export function listChores(pool: Pool, keep: RetentionSettings): Chore[] {
  const { eventsMonths } = keep;
  return [
    {
      name: "make_partitions",
      at: "7 * * * *",
      run: async () => {
        await makePartitions(pool, "market_data_snapshots", daysAhead);
        await makePartitions(pool, "events", monthsAhead);
      },
    },
    { name: "drop_facts", at: "12 6 * * *", run: (stopping) => untilDone(stopping, () => dropOldestFacts(pool, keep.marketDataDays)) },
    ...(eventsMonths === null
      ? []
      : [{ name: "archive_events", at: "22 6 * * *", run: (stopping: AbortSignal) => untilDone(stopping, () => archiveOldestMonth(pool, { folder: keep.archiveFolder, keepMonths: eventsMonths })) }]),
    {
      name: "drop_minutes",
      at: "42 6 * * *",
      run: async (stopping) => {
        const symbols = await symbolsWithMinutes(pool);
        for (let from = 0; from < symbols.length && !stopping.aborted; from += symbolsAtOnce) await dropOldMinutes(pool, symbols.slice(from, from + symbolsAtOnce), keep.barsDays);
      },
    },
    {
      name: "drop_acknowledged",
      at: "*/10 * * * *",
      run: (stopping) => untilDone(stopping, async () => ((await dropAcknowledged(pool, keep.outboxDays * 24, messagesAtOnce)) < messagesAtOnce ? null : "more")),
    },
    {
      name: "forget_devices",
      at: "52 6 * * *",
      run: async () => {
        await forgetUnusedDevices(pool, keep.devicesDays);
      },
    },
    {
      name: "drop_given_up_jobs",
      at: "57 6 * * *",
      run: async () => {
        await dropGivenUpJobs(pool, givenUpDays);
      },
    },
  ];
}

async function untilDone(stopping: AbortSignal, step: () => Promise<string | null>): Promise<void> {
  while (!stopping.aborted && (await step()) !== null);
}
