import type { HubConnection, HubLogger } from "@nod/signalr-server";
import type { FindRevoked, Identity } from "../core/identity.ts";

/** A revoked sign-in keeps its connection for this long at most. */
const checkEveryMs = 60_000;

export type RevocationWatch = { check(): Promise<void>; stop(): void };

/** A connection is authenticated when it is opened and may live for an hour; this looks whether it still may. */
export function watchRevocations(findRevoked: FindRevoked, hub: { connections(): Iterable<HubConnection> }, logger: HubLogger): RevocationWatch {
  let running = false;
  const check = async (): Promise<void> => {
    if (running) return;
    running = true;
    try {
      const connectionsOf = new Map<Identity, HubConnection>();
      for (const connection of hub.connections()) {
        const { user } = connection;
        const signedInAt = user?.claims?.["signedInAt"];
        if (user === undefined || typeof signedInAt !== "number") continue;
        connectionsOf.set({ uid: user.userId, expiresAt: new Date(user.expiresAt ?? 0), signedInAt: new Date(signedInAt) }, connection);
      }
      for (const identity of await findRevoked([...connectionsOf.keys()])) connectionsOf.get(identity)?.close({ error: "Your sign-in was revoked." });
    } catch (error) {
      logger.warn({ err: error }, "it could not be checked whether the sign-ins of open connections still hold");
    } finally {
      running = false;
    }
  };
  const timer = setInterval(() => void check(), checkEveryMs);
  return { check, stop: () => clearInterval(timer) };
}
