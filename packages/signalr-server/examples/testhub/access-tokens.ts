import { randomBytes } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import type { AuthenticatedUser } from "@nod/signalr-server";

/** Life of a token of `/generateJwtToken`, as in the functional tests' own server. */
const tokenLifetime = "5s";

/** Issues and checks the JWTs of `/authorizedhub`, under a key that dies with the process. */
export interface AccessTokens {
  issue(): Promise<string>;
  /** Who shows this token; `null` when it is missing, forged or expired. */
  verify(token: string | undefined): Promise<AuthenticatedUser | null>;
}

export function createAccessTokens(): AccessTokens {
  const key = randomBytes(32);
  return {
    issue: () =>
      new SignJWT()
        .setProtectedHeader({ alg: "HS256" })
        .setSubject("testuser")
        .setIssuer("SignalRTestServer")
        .setAudience("SignalRTests")
        .setExpirationTime(tokenLifetime)
        .sign(key),
    async verify(token) {
      if (token === undefined) return null;
      try {
        const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"], requiredClaims: ["sub", "exp"] });
        // Like ASP.NET Core's default, an expired token does not end a connection: no `expiresAt`.
        return payload.sub === undefined ? null : { userId: payload.sub };
      } catch (error) {
        if (error instanceof errors.JOSEError) return null;
        throw error;
      }
    },
  };
}
