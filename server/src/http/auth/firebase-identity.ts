import type { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { applicationDefault, deleteApp, FirebaseError, initializeApp, type Credential } from "firebase-admin/app";
import { getAuth, type Auth, type DecodedIdToken } from "firebase-admin/auth";
import type { Clock } from "../../core/clock.ts";
import { IdentityUnavailableError, isUid, UnauthenticatedError, type Authenticate, type FindRevoked, type Identity } from "../../core/identity.ts";

/** A clock that runs behind Google's by more than this turns fresh tokens away. */
const clockSkewSeconds = 5;
/** firebase-admin itself would wait and retry for minutes. */
const verifyTimeoutMs = 5_000;
/** The most that accounts:lookup takes. */
const usersPerLookup = 100;

export type FirebaseIdentitySettings = {
  projectId: string;
  nodeEnv: string | undefined;
  /** `FIREBASE_AUTH_EMULATOR_HOST`. With it, firebase-admin accepts tokens that nobody signed. */
  emulatorHost: string | undefined;
  clock: Clock;
  /** Unset: the application default credentials of the machine. */
  credential?: Credential;
  /** Unset: Node's own. All requests to Google go through it. */
  httpAgent?: Agent;
};

export type FirebaseIdentity = { authenticate: Authenticate; findRevoked: FindRevoked; stop(): Promise<void> };

/** @throws when production would trust the emulator; the start must stop */
export function createFirebaseIdentity(settings: FirebaseIdentitySettings): FirebaseIdentity {
  const { projectId, httpAgent, clock } = settings;
  if (settings.nodeEnv === "production" && settings.emulatorHost !== undefined) {
    throw new Error("FIREBASE_AUTH_EMULATOR_HOST is set: unsigned tokens would be accepted, which is refused with NODE_ENV=production");
  }
  if (projectId === "") throw new Error("AUTH_MODE=firebase needs FIREBASE_PROJECT_ID");
  const credential = settings.credential ?? applicationDefault(httpAgent);
  const app = initializeApp({ projectId, credential, ...(httpAgent && { httpAgent }) }, `nod-${projectId}-${appCount++}`);
  const auth = getAuth(app);

  return {
    authenticate: async (bearer) => identityOf(await inTime(verify(auth, bearer)), clock),
    findRevoked: (identities) => findRevoked(auth, identities),
    stop: () => deleteApp(app),
  };
}

/** firebase-admin knows its apps by name. */
let appCount = 0;

async function verify(auth: Auth, bearer: string): Promise<DecodedIdToken> {
  try {
    return await auth.verifyIdToken(bearer, true);
  } catch (error) {
    throw isTokensFault(error)
      ? new UnauthenticatedError("Firebase refuses the token", { cause: error })
      : new IdentityUnavailableError("Firebase cannot be asked about the token", { cause: error });
  }
}

const tokenFaults: ReadonlySet<string> = new Set(["auth/argument-error", "auth/id-token-expired", "auth/id-token-revoked", "auth/user-disabled", "auth/user-not-found", "auth/invalid-uid"]);
/** firebase-admin reports unreachable certificates under the code of a bad token; only the message tells them apart. */
const certificatesUnreachable = /Error fetching public keys|Error while making request/;

function isTokensFault(error: unknown): boolean {
  return error instanceof FirebaseError && tokenFaults.has(error.code) && !certificatesUnreachable.test(error.message);
}

function identityOf(token: DecodedIdToken, clock: Clock): Identity {
  const { uid, exp, iat, auth_time: authTime } = token;
  const latest = clock.now().getTime() / 1_000 + clockSkewSeconds;
  // Neither firebase-admin nor the library below it looks at these, or minds a token that never ends.
  if (![exp, iat, authTime].every((each) => Number.isFinite(each)) || !isUid(uid)) throw new UnauthenticatedError("the token lacks exp, iat, auth_time or sub");
  if (iat > latest) throw new UnauthenticatedError("the token was issued in the future");
  if (authTime > latest) throw new UnauthenticatedError("the token's sign-in lies in the future");
  return { uid, expiresAt: new Date(exp * 1_000), signedInAt: new Date(authTime * 1_000) };
}

async function findRevoked(auth: Auth, identities: readonly Identity[]): Promise<ReadonlySet<Identity>> {
  const revoked = new Set<Identity>();
  const uids = [...new Set(identities.map(({ uid }) => uid))];
  for (let start = 0; start < uids.length; start += usersPerLookup) {
    const page = new Set(uids.slice(start, start + usersPerLookup));
    const lookup = auth.getUsers([...page].map((uid) => ({ uid }))).catch((error: unknown) => {
      throw new IdentityUnavailableError("Firebase cannot be asked about its users", { cause: error });
    });
    const { users } = await inTime(lookup);
    const validAfter = new Map(users.filter(({ disabled }) => !disabled).map((user) => [user.uid, user.tokensValidAfterTime === undefined ? 0 : Date.parse(user.tokensValidAfterTime)]));
    for (const identity of identities) {
      if (!page.has(identity.uid)) continue;
      const since = validAfter.get(identity.uid);
      if (since === undefined || identity.signedInAt.getTime() < since) revoked.add(identity);
    }
  }
  return revoked;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const done = new AbortController();
  try {
    return await Promise.race([
      work,
      sleep(verifyTimeoutMs, undefined, { signal: done.signal }).then(() => {
        throw new IdentityUnavailableError(`Firebase did not answer within ${verifyTimeoutMs} ms`);
      }),
    ]);
  } finally {
    done.abort();
  }
}
