import { useState } from "react";
import { useServerNow } from "../live/use-server-now.ts";
import { exactSpan, span } from "../words/time.ts";

const radius = 19;
const length = 2 * Math.PI * radius;
const secondsShownBelowMs = 10_000;

/** What stands inside: coarse while there is time, so that nothing ticks; seconds in the last ten. */
function ringText(leftMs: number): string {
  if (leftMs <= secondsShownBelowMs) return String(Math.max(0, Math.ceil(leftMs / 1_000)));
  if (leftMs < 60_000) return "<1m";
  return span(leftMs + 59_999).replace(/\u00a0min/, "m").replace(/\u00a0h/, "h").replace(/\u00a0days/, "d");
}

/** The time that is left, as the server counts it: a thin ring that empties. */
export function CountdownRing({ createdAt, expiresAt }: { createdAt: string; expiresAt: string }) {
  const expiresMs = Date.parse(expiresAt);
  // Seconds are shown in the last ten alone; before, the ring moves by less than a pixel a second.
  const [everyMs, setEveryMs] = useState(1_000);
  const now = useServerNow(everyMs);
  if (everyMs !== 250 && expiresMs - now <= secondsShownBelowMs + 1_000) setEveryMs(250);
  const leftMs = Math.max(0, expiresMs - now);
  const share = Math.min(1, leftMs / Math.max(1, expiresMs - Date.parse(createdAt)));
  const last = leftMs <= secondsShownBelowMs;
  return (
    <div role="timer" aria-label={`${exactSpan(leftMs)} left to answer`} title={`${exactSpan(leftMs)} left`} className="relative size-11 shrink-0">
      <svg viewBox="0 0 44 44" className="size-full -rotate-90" aria-hidden="true">
        <circle cx="22" cy="22" r={radius} fill="none" stroke="var(--line)" strokeWidth="3" />
        <circle cx="22" cy="22" r={radius} fill="none" stroke={last ? "var(--amber)" : "currentColor"} strokeWidth="3" strokeLinecap="round" strokeDasharray={length} strokeDashoffset={length * (1 - share)} />
      </svg>
      <span aria-hidden="true" className={`absolute inset-0 grid place-items-center text-small ${last ? "font-strong text-amber" : "text-soft"}`}>
        {ringText(leftMs)}
      </span>
    </div>
  );
}
