/** What a drag would do if it were let go now; null: the card goes back. */
export type SwipeIntent = "approve" | "skip" | null;

/** Let go while moving back faster than this (pixels a millisecond) means: I changed my mind. */
const changedMindSpeed = 0.35;

/** How far a card must be dragged, in pixels: a third of its width, within what a thumb reaches. */
export function swipeThreshold(cardWidth: number): number {
  return Math.min(Math.max(cardWidth / 3, 88), 140);
}

/** Only distance counts: a quick flick that did not go far is never an answer. */
export function swipeIntent(offset: number, threshold: number): SwipeIntent {
  if (offset >= threshold) return "approve";
  return offset <= -threshold ? "skip" : null;
}

/** The decision at release. `velocity` is signed, in pixels a millisecond. */
export function swipeAtRelease(offset: number, velocity: number, threshold: number): SwipeIntent {
  const intent = swipeIntent(offset, threshold);
  if (intent === null) return null;
  const movingBack = Math.sign(velocity) === -Math.sign(offset) && Math.abs(velocity) > changedMindSpeed;
  return movingBack ? null : intent;
}

/** Where the card is shown: with the finger up to the threshold, with growing resistance past it. */
export function draggedOffset(moved: number, threshold: number): number {
  const size = Math.abs(moved);
  if (size <= threshold) return moved;
  return Math.sign(moved) * (threshold + (size - threshold) * 0.6);
}
