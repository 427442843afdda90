/**
 * What is known about the connection, for the banner and for the rule that an answer is never queued:
 * `live`: the hub is up. `polling`: the hub is down, calls still get through. `offline`: nothing does.
 */
export type Connection = {
  hub: "connecting" | "live" | "interrupted";
  /** What the device says of itself. While it says that it is offline no answer is sent, even if an echo still comes in. */
  online: boolean;
  /** Whether the last call got a reply. */
  reachable: boolean;
  /** When the server was last heard, by this device's clock. */
  lastHeardAtMs: number | null;
};
export type ConnectionMode = "connecting" | "live" | "polling" | "offline";

export function modeOf({ hub, online, reachable }: Connection): ConnectionMode {
  if (!online || !reachable) return "offline";
  return hub === "interrupted" ? "polling" : hub;
}

export function createConnection(deviceNow: () => number, online: boolean) {
  let state: Connection = { hub: "connecting", online, reachable: true, lastHeardAtMs: null };
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
    deviceIs: (device: "online" | "offline") => change({ online: device === "online" }),
    /** A call got no reply. */
    silence: () => change({ reachable: false }),
    hubIs: (hub: Connection["hub"]) => change(hub === "live" ? { hub, reachable: true, lastHeardAtMs: deviceNow() } : { hub }),
  };
}

export const connection = createConnection(Date.now, navigator.onLine);
