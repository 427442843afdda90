import { useDrag } from "@use-gesture/react";
import { animate, useMotionValue, useReducedMotion, useTransform, type MotionValue } from "motion/react";
import { useEffect, useState, type DOMAttributes, type RefObject } from "react";
import { draggedOffset, swipeAtRelease, swipeIntent, swipeThreshold, type SwipeIntent } from "./swipe.ts";

const maxTiltDegrees = 6;
const backToRest = { type: "spring", stiffness: 420, damping: 34 } as const;
const flyOut = { duration: 0.2, ease: [0.4, 0, 1, 1] } as const;

type PointerHandlers = Pick<DOMAttributes<HTMLElement>, "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onLostPointerCapture" | "onClickCapture">;

export type CardDrag = {
  bind: () => PointerHandlers;
  x: MotionValue<number>;
  rotate: MotionValue<number>;
  opacity: MotionValue<number>;
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
  const x = useMotionValue(0);
  const opacity = useMotionValue(1);
  const rotate = useTransform(x, [-320, 320], [-maxTiltDegrees, maxTiltDegrees]);
  const reduced = useReducedMotion() === true;
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

  useEffect(() => {
    if (leaving === null) {
      if (x.get() !== 0) animate(x, 0, reduced ? { duration: 0 } : backToRest);
      if (opacity.get() !== 1) animate(opacity, 1, { duration: 0.12 });
      return;
    }
    if (reduced) animate(opacity, 0, { duration: 0.12 });
    else animate(x, (leaving === "approve" ? 1 : -1) * (window.innerWidth * 0.6 + 260), flyOut);
  }, [leaving, opacity, reduced, x]);

  // It died under the finger: it goes back, whatever the finger does now.
  useEffect(() => {
    if (!enabled && leaving === null) animate(x, 0, reduced ? { duration: 0 } : backToRest);
  }, [enabled, leaving, reduced, x]);

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
        x.set(draggedOffset(moved, threshold));
        setDragged(possible(swipeIntent(moved, threshold)));
        return;
      }
      const decided = canceled || event.type === "pointercancel" ? null : possible(swipeAtRelease(moved, speed * heading, threshold));
      setDragged(null);
      // An answer that is accepted turns this round at once; one that is refused lets the card come back.
      animate(x, 0, reduced ? { duration: 0 } : backToRest);
      if (decided === "skip" || (decided === "approve" && (ripe || approvalHeldMs === 0))) onCommit(decided);
    },
    { enabled, axis: "x", filterTaps: true, threshold: 8, pointer: { capture: true, keys: false } },
  );
  return { bind, x, rotate, opacity, intent: leaving ?? (enabled ? dragged : null), ripening: needsRipening && !ripe };
}
