import { join } from "node:path";
import type { Config } from "./config.ts";
import { systemClock } from "./core/clock.ts";
import type { Authenticate, FindRevoked } from "./core/identity.ts";
import { createFirebaseIdentity } from "./http/auth/firebase-identity.ts";
import { createLocalIdentity } from "./http/auth/local-identity.ts";
import { readOrCreateLocalSecret } from "./http/auth/local-secret.ts";
import type { DevSessions } from "./http/services.ts";

export type Identities = { authenticate: Authenticate; findRevoked: FindRevoked | null; devSessions: DevSessions | null; stop(): Promise<void> };

/** Who vouches for a bearer token, as the environment says. */
export async function openIdentities(config: Config): Promise<Identities> {
  const nodeEnv = config.isProduction ? "production" : undefined;
  if (config.auth.mode === "firebase") {
    const { projectId, emulatorHost } = config.auth;
    return { ...createFirebaseIdentity({ projectId, emulatorHost: emulatorHost ?? undefined, nodeEnv, clock: systemClock }), devSessions: null };
  }
  const secret = await readOrCreateLocalSecret(join(config.dataFolder, "local-auth.key"));
  const local = createLocalIdentity({ secret, host: config.host, nodeEnv, clock: systemClock });
  return { authenticate: local.authenticate, findRevoked: null, devSessions: local, stop: () => Promise.resolve() };
}
