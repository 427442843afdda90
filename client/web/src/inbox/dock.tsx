import { useEffect, useState } from "react";
import { HoldButton } from "./hold-button.tsx";

/** Only a wait that is felt is named. */
const waitNamedAfterMs = 1_500;

function useLongWait(answering: boolean): boolean {
  const [long, setLong] = useState(false);
  useEffect(() => {
    if (!answering) return undefined;
    const timer = setTimeout(() => setLong(true), waitNamedAfterMs);
    return () => {
      clearTimeout(timer);
      setLong(false);
    };
  }, [answering]);
  return long;
}

export type DockProps = {
  /** Why the last answer did not count. */
  note: string | null;
  state: "open" | "answering" | "dead";
  approveLabel: string;
  canApprove: boolean;
  /** False for what only tells something. */
  canSkip: boolean;
  /** Approving takes a hold. */
  holds: boolean;
  onSkip: () => void;
  onApprove: () => void;
  onHeld: () => void;
  /** Null until the server has closed it. */
  onPutAway: (() => void) | null;
  waiting: number;
};

const button = "group relative h-14 rounded-surface px-4 font-strong transition-[background-color,scale,opacity] active:scale-[0.985] disabled:opacity-45 disabled:active:scale-100";

/** Which key does the same, shown to those who have a mouse. */
function KeyHint({ children }: { children: string }) {
  return (
    <kbd aria-hidden="true" className="absolute inset-y-0 right-5 hidden items-center font-sans opacity-0 transition-opacity group-hover:opacity-60 pointer-fine:flex">
      {children}
    </kbd>
  );
}

/** Skip and Approve, always there for those who do not swipe; what became of the last answer stands above them. */
export function Dock({ note, state, approveLabel, canApprove, canSkip, holds, onSkip, onApprove, onHeld, onPutAway, waiting }: DockProps) {
  const longWait = useLongWait(state === "answering");
  return (
    <div className="shrink-0 px-4 pb-3">
      <p role="alert" className="mb-3 rounded-inner bg-amber-wash px-4 py-2.5 text-small text-amber empty:hidden">
        {note}
      </p>
      {state === "dead" ? (
        <button type="button" disabled={onPutAway === null} onClick={onPutAway ?? undefined} className={`${button} w-full bg-wash hover:bg-wash-strong`}>
          {waiting > 0 ? "Next card" : "Done"}
        </button>
      ) : (
        <div className="flex gap-3">
          {canSkip && (
            <button type="button" title="Skip (←)" aria-keyshortcuts="ArrowLeft" disabled={state === "answering"} onClick={onSkip} className={`${button} flex-1 bg-wash hover:bg-wash-strong`}>
              Skip
              <KeyHint>←</KeyHint>
            </button>
          )}
          {holds ? (
            <HoldButton label={approveLabel} disabled={state === "answering" || !canApprove} onHeld={onHeld} onPressed={onApprove} className={`${button} flex-[1.6] bg-accent text-on-accent`} />
          ) : (
          <button
            type="button"
            title="Approve (→)"
            aria-keyshortcuts="ArrowRight"
            disabled={state === "answering" || !canApprove}
            onClick={onApprove}
            className={`${button} flex-[1.6] bg-accent text-on-accent hover:bg-accent-strong`}
          >
            {approveLabel}
            <KeyHint>→</KeyHint>
          </button>
          )}
        </div>
      )}
      <p className="mt-3 text-center text-small text-faint" aria-live="polite">
        {longWait ? "Waiting for the server's word. Nothing is sent twice." : "Not investment advice. You decide."}
      </p>
    </div>
  );
}
