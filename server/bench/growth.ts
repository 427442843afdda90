/**
 * A firing tick at 1,000, 10,000 and 100,000 users, in turns, each on a database of its own: whether a user costs more when
 * there are more of them. `--quick` goes to 4,000 and proves nothing.
 */
import { openBenchDatabase, type BenchDatabase } from "./support/bench-database.ts";
import { calmPrice, dippedPrice, populate, setMarket } from "./support/population.ts";
import { createResults } from "./support/results.ts";
import { median, note, showMs } from "./support/side-by-side.ts";
import { fillState, rest, startTicker, type Ticker } from "./support/ticker.ts";

const quick = process.argv.includes("--quick");
const sizes = quick ? [400, 1_200, 4_000] : [1_000, 10_000, 100_000];
const rounds = quick ? 3 : 5;

/** `msPerUser`: of each round. */
type Stage = { size: number; db: BenchDatabase; ticker: Ticker; msPerUser: number[] };

const stages: Stage[] = [];
try {
  for (const size of sizes) stages.push(await openStage(size));
  for (let round = 0; round < rounds; round += 1) {
    for (const stage of round % 2 === 0 ? stages : stages.toReversed()) {
      await rest(stage.db, stage.ticker);
      const { totalMs, asked } = await stage.ticker.tickAt(dippedPrice);
      if (asked < stage.size / 4) throw new Error(`only ${asked} of ${stage.size} users' rules fired`);
      stage.msPerUser.push(totalMs / stage.size);
    }
  }
  for (const { size, msPerUser } of stages) note(`  ${size.toLocaleString("en")} users: ${showMs(median(msPerUser) * size)}, ${(median(msPerUser) * 1_000).toFixed(1)} µs a user`);
  const results = createResults("growth", quick);
  for (const [index, larger] of stages.entries()) {
    const smaller = stages[index - 1];
    if (smaller === undefined) continue;
    const values = larger.msPerUser.map((ms, round) => ms / (smaller.msPerUser[round] ?? Number.NaN));
    results.figure({ name: `growth: a firing tick's time per user at ${larger.size.toLocaleString("en")} users ÷ at ${smaller.size.toLocaleString("en")}`, goal: { atMost: 1 }, values });
  }
  await results.record(stages[0]?.db.pool ?? null);
} finally {
  for (const { db, ticker } of stages) {
    await ticker.worker.stop();
    await db.close();
  }
}

async function openStage(size: number): Promise<Stage> {
  const db = await openBenchDatabase();
  await populate(db, size);
  await setMarket(db, calmPrice);
  const ticker = startTicker(db);
  await ticker.tick();
  await fillState(db);
  return { size, db, ticker, msPerUser: [] };
}
