import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { modeOf, type ConnectionMode } from "../live/connection.ts";
import { useConnection } from "../live/use-connection.ts";
import { useServerNow } from "../live/use-server-now.ts";
import { statusQuery } from "../questions/queries.ts";
import { stoppedSentence } from "../safety/kill-switch-words.ts";
import { clockTime } from "../words/time.ts";

/** A connection that comes back within this time is not worth a word. */
const graceMs = 1_500;

function useSettled(mode: ConnectionMode): ConnectionMode {
  const [settled, setSettled] = useState(mode);
  useEffect(() => {
    // Being offline is said at once, since an answer would be refused.
    const timer = setTimeout(() => setSettled(mode), mode === "polling" || mode === "connecting" ? graceMs : 0);
    return () => clearTimeout(timer);
  }, [mode]);
  return settled;
}

/** Says in words what the connection is not doing, and whether the kill switch holds. Silent when all is well. */
export function TruthBanner() {
  const state = useConnection();
  const mode = useSettled(modeOf(state));
  const { data: status } = useQuery(statusQuery);
  const now = useServerNow(30_000);
  const heard = state.lastHeardAtMs === null ? null : clockTime(state.lastHeardAtMs, now);
  return (
    <div role="status" className="mx-auto w-full max-w-6xl shrink-0 px-4 empty:hidden">
      {status?.kill_switch.enabled === true && (
        <p className="mb-2 rounded-inner bg-red-wash px-4 py-2.5 text-small text-red">
          <strong className="font-strong">Stopped.</strong> {stoppedSentence(status.kill_switch)} You can still skip.
        </p>
      )}
      {mode === "offline" && (
        <p className="mb-2 rounded-inner bg-amber-wash px-4 py-2.5 text-small text-amber">
          <strong className="font-strong">Offline.</strong> {heard === null ? "The server has not been heard yet." : `What you see is from ${heard}.`} Answers are not sent, and not kept for later.
        </p>
      )}
      {mode === "polling" && (
        <p className="mb-2 rounded-inner bg-amber-wash px-4 py-2.5 text-small text-amber">
          <strong className="font-strong">Live updates are interrupted.</strong> Looking every 4 seconds until they are back.
        </p>
      )}
    </div>
  );
}
