/** How a card moves on the screen. Written to the element itself: under the finger nothing is rendered anew. */

const maxTiltDegrees = 6;
/** So far from its place, in pixels, it is tilted fully. */
const fullTiltAt = 320;
/** A little past its place and back, as a spring would. */
const backToRest: KeyframeAnimationOptions = { duration: 240, easing: "cubic-bezier(0.2, 0.9, 0.3, 1.05)" };
const flyOut: KeyframeAnimationOptions = { duration: 200, easing: "cubic-bezier(0.4, 0, 1, 1)" };
const fade: KeyframeAnimationOptions = { duration: 120, easing: "ease-out" };

export type CardMotion = {
  /** Where the finger has it now. */
  follow(x: number): void;
  /** Back to its place, from wherever it is. */
  rest(): void;
  /** Off to its side, which is how an answer looks. */
  leave(side: 1 | -1): void;
};

/** `tilt` follows the way that the card has come, up to its most. */
export function transformAt(x: number): string {
  const tilt = (Math.max(-fullTiltAt, Math.min(fullTiltAt, x)) / fullTiltAt) * maxTiltDegrees;
  return x === 0 ? "none" : `translateX(${x}px) rotate(${tilt}deg)`;
}

/** @param element the card, while it is on the screen */
export function createCardMotion(element: () => HTMLElement | null): CardMotion {
  let running: Animation[] = [];

  /** From what is seen now to what shall be; the end state stands in the style itself, so that nothing has to be kept afterwards. */
  function glide(card: HTMLElement, to: { x?: number; opacity?: number }, options: KeyframeAnimationOptions): void {
    const seen = getComputedStyle(card);
    const [transform, opacity] = [seen.transform, seen.opacity];
    for (const each of running) each.cancel();
    running = [];
    if (to.x !== undefined) {
      card.style.transform = transformAt(to.x);
      if (seen.transform !== transform) running.push(card.animate([{ transform }, { transform: card.style.transform }], options));
    }
    if (to.opacity !== undefined) {
      card.style.opacity = String(to.opacity);
      if (seen.opacity !== opacity) running.push(card.animate([{ opacity }, { opacity: card.style.opacity }], fade));
    }
  }

  const isReduced = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    follow(x) {
      const card = element();
      if (card === null) return;
      for (const each of running) each.cancel();
      running = [];
      card.style.transform = transformAt(x);
    },
    rest() {
      const card = element();
      // Most cards never move, and looking costs a layout.
      if (card !== null && (card.style.transform !== "" || card.style.opacity !== "")) glide(card, { x: 0, opacity: 1 }, isReduced() ? { duration: 0 } : backToRest);
    },
    leave(side) {
      const card = element();
      if (card === null) return;
      if (isReduced()) glide(card, { x: 0, opacity: 0 }, { duration: 0 });
      else glide(card, { x: side * (window.innerWidth * 0.6 + 260) }, flyOut);
    },
  };
}
