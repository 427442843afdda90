import { errors, jwtVerify, SignJWT } from "jose";
import type { Clock } from "../../core/clock.ts";
import { isUid, UnauthenticatedError, type Authenticate } from "../../core/identity.ts";
import { isLoopbackHost } from "../loopback.ts";

const issuer = "nod-local";
const audience = "nod";
const tokenLifetimeSeconds = 12 * 3_600;
const smallestSecretBytes = 32;

export type LocalIdentitySettings = {
  /** Signs the tokens; its own in each installation (see `readOrCreateLocalSecret`). */
  secret: Uint8Array;
  /** `HOST`: where the server listens. */
  host: string;
  nodeEnv: string | undefined;
  clock: Clock;
};

export type LocalIdentity = {
  authenticate: Authenticate;
  /** A token for any uid whatsoever: that is why this is for one machine only. */
  issueToken(uid: string): Promise<string>;
};

/**
 * Identity for development: whoever reaches the server may be anybody.
 * @throws when the process is in production or listens beyond loopback; the start must stop
 */
export function createLocalIdentity(settings: LocalIdentitySettings): LocalIdentity {
  if (settings.nodeEnv === "production") throw new Error("AUTH_MODE=local lets anybody sign in as anybody, and is refused with NODE_ENV=production; set AUTH_MODE=firebase");
  if (!isLoopbackHost(settings.host)) throw new Error(`AUTH_MODE=local lets anybody sign in as anybody, and is refused with HOST=${settings.host}; set HOST=127.0.0.1, or AUTH_MODE=firebase`);
  if (settings.secret.byteLength < smallestSecretBytes) throw new Error(`the secret of AUTH_MODE=local has less than ${smallestSecretBytes} bytes`);
  const { secret, clock } = settings;

  return {
    async issueToken(uid) {
      const now = Math.floor(clock.now().getTime() / 1_000);
      return new SignJWT({ auth_time: now })
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .setSubject(uid)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + tokenLifetimeSeconds)
        .sign(secret);
    },

    async authenticate(bearer) {
      const now = clock.now();
      const { payload } = await jwtVerify(bearer, secret, {
        algorithms: ["HS256"],
        issuer,
        audience,
        currentDate: now,
        requiredClaims: ["sub", "iat", "exp"],
      }).catch((error: unknown) => {
        throw new UnauthenticatedError(error instanceof errors.JOSEError ? error.code : "the token cannot be read", { cause: error });
      });
      const { sub, exp, iat } = payload;
      if (!isUid(sub) || exp === undefined || iat === undefined) throw new UnauthenticatedError("the token names nobody");
      if (iat * 1_000 > now.getTime()) throw new UnauthenticatedError("the token was issued in the future");
      return { uid: sub, expiresAt: new Date(exp * 1_000), signedInAt: new Date(iat * 1_000) };
    },
  };
}
