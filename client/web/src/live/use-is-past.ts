import { useEffect, useState } from "react";
import { serverClock } from "./server-clock.ts";

/** Looked at this often; whoever asks is rendered anew only when it has become so. */
const lookEveryMs = 250;

/** Whether an instant has passed, by the server's clock. */
export function useIsPast(instantMs: number): boolean {
  const isPastNow = (): boolean => serverClock.now() >= instantMs;
  const [known, setKnown] = useState(() => ({ instantMs, isPast: isPastNow() }));
  useEffect(() => {
    const look = (): void => setKnown((before) => (before.instantMs === instantMs && before.isPast === isPastNow() ? before : { instantMs, isPast: isPastNow() }));
    look();
    const timer = setInterval(look, lookEveryMs);
    return () => clearInterval(timer);
    // oxlint-disable-next-line react/exhaustive-deps -- it reads the clock and the instant alone
  }, [instantMs]);
  return known.instantMs === instantMs ? known.isPast : isPastNow();
}
