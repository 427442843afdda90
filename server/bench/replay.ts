/**
 * Replaying one-minute bars through the whole engine with ten rules: bars per second on one core, and against the same rules
 * written by hand over `technicalindicators`, which computes each indicator anew over its window at each bar; with the same
 * firings, by processor time. `--quick` takes fewer bars and proves nothing.
 */
import { median, note, sideBySide, timedOnProcessor, verdict } from "./support/side-by-side.ts";
import { countBars, repeatRecordedDays, type ReplayDay } from "./support/replay-days.ts";
import { replayThroughEngine } from "./support/replay-engine.ts";
import { replayRecomputed } from "./support/replay-recomputed.ts";

const quick = process.argv.includes("--quick");
const rounds = quick ? 2 : 7;
const goalBarsPerSecond = 500_000;

const many = repeatRecordedDays(quick ? 5 : 40);
const bars = countBars(many);
note(`\nten rules over ${bars.toLocaleString("en")} one-minute bars of ${many.length} symbols`);
const times: number[] = [];
for (let round = 0; round < rounds; round += 1) times.push(await timedOnProcessor(async () => replay(replayThroughEngine, many)));
const perSecond = (bars * 1_000) / median(times);
note(`  processor time a round: ${times.map((ms) => `${Math.round(ms)} ms`).join(", ")}`);
note(`  ${Math.round(perSecond).toLocaleString("en")} bars per second and core`);
verdict("bars per second and core ÷ 500,000", perSecond / goalBarsPerSecond, { atLeast: 1 }, quick);

const few = repeatRecordedDays(1);
note(`\nthe same rules over ${countBars(few).toLocaleString("en")} bars, each indicator computed anew over its window`);
let ours: string[] = [];
let theirs: string[] = [];
const { ratio } = await sideBySide(quick ? 2 : 5, {
  engine: () => timedOnProcessor(async () => (ours = replay(replayThroughEngine, few))),
  technicalindicators: () => timedOnProcessor(async () => (theirs = replay(replayRecomputed, few))),
});
const different = ours.length !== theirs.length || ours.some((firing, index) => firing !== theirs[index]);
if (different) throw new Error(`the firings differ: ${[...new Set(ours).symmetricDifference(new Set(theirs))].slice(0, 10).join("; ")}`);
note(`  ${ours.length.toLocaleString("en")} firings, the same in both`);
verdict("engine ÷ technicalindicators", ratio("technicalindicators", "engine"), { atLeast: 20 }, quick);

function replay(run: typeof replayThroughEngine, symbols: readonly (readonly ReplayDay[])[]): string[] {
  const firings: string[] = [];
  for (const days of symbols) run(days, (rule, atMs) => firings.push(`${days[0]?.symbol} ${new Date(atMs).toISOString()} ${rule}`));
  return firings;
}
