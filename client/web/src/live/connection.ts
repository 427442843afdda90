/**
 * What is known about the connection, for the banner and for the rule that an answer is never queued:
 * `live`: the hub is up. `polling`: the hub is down, calls still get through. `offline`: nothing does.
 */
export type Connection = {
  hub: "connecting" | "live" | "interrupted";
  reachable: boolean;
  /** When the server was last heard, by this device's clock. */
  lastHeardAtMs: number | null;
};
export type ConnectionMode = "connecting" | "live" | "polling" | "offline";

export function modeOf({ hub, reachable }: Connection): ConnectionMode {
  if (!reachable) return "offline";
  return hub === "interrupted" ? "polling" : hub;
}

export function createConnection(deviceNow: () => number) {
  let state: Connection = { hub: "connecting", reachable: true, lastHeardAtMs: null };
  const listeners = new Set<() => void>();
  const change = (next: Partial<Connection>): void => {
    state = { ...state, ...next };
    for (const listener of listeners) listener();
  };
  return {
    read: (): Connection => state,
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** The server was heard, by whatever way. */
    heard: () => change({ reachable: true, lastHeardAtMs: deviceNow() }),
    /** A call got no reply, or the device says that it is offline. */
    silence: () => change({ reachable: false }),
    hubIs: (hub: Connection["hub"]) => change(hub === "live" ? { hub, reachable: true, lastHeardAtMs: deviceNow() } : { hub }),
  };
}

export const connection = createConnection(Date.now);
