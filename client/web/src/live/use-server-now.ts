import { useEffect, useState } from "react";
import { serverClock } from "./server-clock.ts";

/** The server's time in milliseconds, read again every `everyMs`. */
export function useServerNow(everyMs: number): number {
  const [now, setNow] = useState(() => serverClock.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(serverClock.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
