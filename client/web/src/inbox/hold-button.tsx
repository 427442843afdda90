import { useEffect, useRef, useState } from "react";
import { holdMs } from "./deliberate.ts";

export type HoldButtonProps = {
  label: string;
  disabled: boolean;
  /** It was held long enough and let go on the button. */
  onHeld: () => void;
  /** Pressed by a key or by assistive technology, where holding is no gesture: a second step confirms it. */
  onPressed: () => void;
  className: string;
};

/** Approves what is large or real: held until it is full, then let go. Letting go early, or elsewhere, does nothing. */
export function HoldButton({ label, disabled, onHeld, onPressed, className }: HoldButtonProps) {
  const [state, setState] = useState<"idle" | "filling" | "full">("idle");
  const [letGoEarly, setLetGoEarly] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stop = (): void => {
    clearTimeout(timer.current);
    setState("idle");
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <button
      type="button"
      disabled={disabled}
      data-hold={state}
      aria-description="Takes a second step: hold it, or press it and confirm."
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        setLetGoEarly(false);
        setState("filling");
        timer.current = setTimeout(() => setState("full"), holdMs);
      }}
      onPointerUp={() => {
        if (state === "full") onHeld();
        else if (state === "filling") setLetGoEarly(true);
        stop();
      }}
      onPointerLeave={stop}
      onPointerCancel={stop}
      onContextMenu={(event) => event.preventDefault()}
      onClick={(event) => {
        if (event.detail === 0) onPressed();
      }}
      className={`${className} overflow-hidden select-none`}
    >
      <span aria-hidden="true" className={`hold-fill absolute inset-y-0 left-0 w-full origin-left bg-accent-strong ${state === "idle" ? "" : "hold-fill-on"}`} />
      <span className="relative">{state === "full" ? "Let go to approve" : state === "filling" ? "Keep holding" : letGoEarly ? "Hold to approve" : label}</span>
    </button>
  );
}
