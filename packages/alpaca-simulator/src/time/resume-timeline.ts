import { buildTimeline, chooseAnchor, parseRecordedInstant, type Anchor, type Timeline } from "./timeline.ts";

export type ReplayPlan = { startAt: readonly string[]; dates: readonly string[]; speed: number };

/**
 * The timeline of the last run, while its session lasts (or has yet to come): prices then go on
 * as if the simulator had never been away. Once it is over, the replay is anchored anew to now.
 */
export function resumeTimeline(plan: ReplayPlan, kept: Anchor | undefined, nowMs: number): Timeline {
  if (kept !== undefined && continues(kept, plan)) {
    const timeline = buildTimeline(kept);
    if (nowMs < timeline.anchored.closeMs || timeline.sessions.some((session) => session.openMs <= nowMs && nowMs < session.closeMs)) return timeline;
  }
  return buildTimeline(chooseAnchor(plan.dates, plan.startAt, plan.speed, nowMs));
}

function continues(kept: Anchor, { dates, speed, startAt }: ReplayPlan): boolean {
  return kept.speed === speed && kept.dates.join() === dates.join() && startAt.some((text) => parseRecordedInstant(text) === kept.recordedMs);
}
