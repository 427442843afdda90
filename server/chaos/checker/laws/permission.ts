import type { Recorded } from "../timeline.ts";
import type { Evidence, HaltRow, OrderRow } from "../evidence.ts";
import { violationsOf, type CheckLimits, type Law } from "../violation.ts";

/** `claim`: when what permits it was looked at, and the event that records that. */
type Posted = { clientOrderId: string; uid: string; side: string; arrivedMs: number; expiresMs: number; claim: Recorded | undefined };

/** Every accepted POST with the claim that it was sent under: the last one recorded before it arrived. */
function postsWithClaims(evidence: Evidence, limits: CheckLimits): Posted[] {
  const { book, orders, timeline } = evidence;
  return book.posts.flatMap(({ clientOrderId, receivedMs }) => {
    const order = orders.find((each) => each.clientOrderId === clientOrderId);
    if (order === undefined) return [];
    const arrivedMs = timeline.naturalFromBroker(receivedMs);
    const claim = claimsOf(evidence, order).findLast((each) => timeline.naturalOf(each) <= arrivedMs + limits.claimRecordingMs);
    return [{ clientOrderId, uid: order.uid, side: order.side, arrivedMs, expiresMs: order.expiresMs, claim }];
  });
}

/** Each claim's verdict names the moment; where there is none, the event itself does. */
function claimsOf({ events, decisions }: Evidence, { id, intentId }: OrderRow): Recorded[] {
  const verdicts = decisions.filter((each) => each.intentId === intentId && each.stage === "submit" && each.verdict === "approved");
  return events.filter(({ kind, orderId }) => kind === "order_submitting" && orderId === id).map(({ n, atMs }, index) => ({ n, atMs: verdicts[index]?.atMs ?? atMs }));
}

/** Nothing leaves without a claim, long after its claim, or on a claim that came too late for the approval. */
export const nothingAfterExpiry: Law = (evidence, limits) => {
  const { found, report } = violationsOf("nothing is sent after its approval has expired");
  for (const { clientOrderId, arrivedMs, expiresMs, claim } of postsWithClaims(evidence, limits)) {
    if (claim === undefined) {
      report(`${clientOrderId} arrived without having been claimed`, clientOrderId);
      continue;
    }
    const lateMs = claim.atMs - expiresMs;
    if (lateMs > limits.claimRecordingMs) report(`${clientOrderId} was claimed ${Math.round(lateMs)} ms after its approval had expired`, clientOrderId);
    const tookMs = arrivedMs - evidence.timeline.naturalOf(claim);
    if (tookMs > limits.claimWindowMs) report(`${clientOrderId} arrived ${Math.round(tookMs)} ms after its claim, which is good for ${limits.claimWindowMs} ms`, clientOrderId);
  }
  return found;
};

/** Nod's own halts, by their events; a second for the law's "within a second", and the recording's own delay. */
const lawsSecondMs = 1_000;

function haltsOf({ halts, events, timeline }: Evidence): HaltRow[] {
  const own = events
    .filter(({ kind, data }) => kind === "kill_switch_set" && data["set_by"] !== "chaos")
    .map((set) => {
      const cleared = events.find((each) => each.kind === "kill_switch_cleared" && each.uid === set.uid && each.n > set.n);
      return { uid: set.uid, fromMs: timeline.naturalOf(set) + lawsSecondMs, untilMs: cleared === undefined ? Infinity : timeline.naturalOf(cleared) };
    });
  return [...halts, ...own];
}

/** A kill switch that was committed before the claim stops every order but one that reduces a position. */
export const nothingUnderAKillSwitch: Law = (evidence, limits) => {
  const { found, report } = violationsOf("nothing is sent under a kill switch");
  const halts = haltsOf(evidence);
  for (const { clientOrderId, uid, side, claim } of postsWithClaims(evidence, limits)) {
    if (side !== "buy" || claim === undefined) continue;
    const claimedMs = evidence.timeline.naturalOf(claim);
    const halt = halts.find((each) => (each.uid === null || each.uid === uid) && claimedMs > each.fromMs + limits.claimRecordingMs && claimedMs < each.untilMs);
    if (halt !== undefined) {
      report(`${clientOrderId} was claimed ${Math.round(claimedMs - halt.fromMs)} ms after the kill switch of ${halt.uid ?? "everyone"} was on`, clientOrderId);
    }
  }
  return found;
};
