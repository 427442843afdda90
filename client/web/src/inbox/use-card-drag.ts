import { useDrag } from "@use-gesture/react";
import { useEffect, useState, type DOMAttributes, type RefObject } from "react";
import { createCardMotion } from "./card-motion.ts";
import { draggedOffset, swipeAtRelease, swipeIntent, swipeThreshold, type SwipeIntent } from "./swipe.ts";

type PointerHandlers = Pick<DOMAttributes<HTMLElement>, "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onLostPointerCapture" | "onClickCapture">;

export type CardDrag = {
  bind: () => PointerHandlers;
  /** What letting go now would do. */
  intent: SwipeIntent;
  /** It is dragged far enough to approve, and must be held there a little longer. */
  ripening: boolean;
};

/**
 * The card under the finger. It commits on release only; a drag that is called off by the browser (a scroll,
 * a second finger, a call) never commits. `leaving` sends it off to its side, null brings it back.
 */
export function useCardDrag(
  card: RefObject<HTMLElement | null>,
  { enabled, canApprove, approvalHeldMs, leaving, onCommit }: { enabled: boolean; canApprove: boolean; /** How long an approval is held past the threshold before letting go counts; 0: not at all. */ approvalHeldMs: number; leaving: SwipeIntent; onCommit: (intent: "approve" | "skip") => void },
): CardDrag {
  const [motion] = useState(() => createCardMotion(() => card.current));
  const [dragged, setDragged] = useState<SwipeIntent>(null);
  const [ripe, setRipe] = useState(false);
  const needsRipening = dragged === "approve" && approvalHeldMs > 0;
  useEffect(() => {
    if (!needsRipening) return undefined;
    const timer = setTimeout(() => setRipe(true), approvalHeldMs);
    return () => {
      clearTimeout(timer);
      setRipe(false);
    };
  }, [approvalHeldMs, needsRipening]);
  const possible = (wanted: SwipeIntent): SwipeIntent => (wanted === "approve" && !canApprove ? null : wanted);

  // An answer sends it off; one that was refused brings it back.
  useEffect(() => {
    if (leaving === null) motion.rest();
    else motion.leave(leaving === "approve" ? 1 : -1);
  }, [leaving, motion]);

  // It died under the finger: it goes back, whatever the finger does now.
  useEffect(() => {
    if (!enabled && leaving === null) motion.rest();
  }, [enabled, leaving, motion]);

  const bind = useDrag(
    ({ movement: [moved], velocity: [speed], direction: [heading], last, canceled, cancel, touches, event }) => {
      if (event.target instanceof Element && event.target.closest("[data-no-drag]") !== null) {
        cancel();
        return;
      }
      const threshold = swipeThreshold(card.current?.offsetWidth ?? 0);
      if (!last) {
        if (touches > 1) {
          cancel();
          return;
        }
        motion.follow(draggedOffset(moved, threshold));
        setDragged(possible(swipeIntent(moved, threshold)));
        return;
      }
      const decided = canceled || event.type === "pointercancel" ? null : possible(swipeAtRelease(moved, speed * heading, threshold));
      setDragged(null);
      // An answer that is accepted turns this round at once; one that is refused lets the card come back.
      motion.rest();
      if (decided === "skip" || (decided === "approve" && (ripe || approvalHeldMs === 0))) onCommit(decided);
    },
    { enabled, axis: "x", filterTaps: true, threshold: 8, pointer: { capture: true, keys: false } },
  );
  return { bind, intent: leaving ?? (enabled ? dragged : null), ripening: needsRipening && !ripe };
}
