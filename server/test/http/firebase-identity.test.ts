import { createHmac, createPublicKey, createSign, type KeyObject } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { IdentityUnavailableError, UnauthenticatedError, type Identity } from "../../src/core/identity.ts";
import { createFirebaseIdentity, type FirebaseIdentity } from "../../src/http/auth/firebase-identity.ts";
import { createSigningPair } from "../support/certificate.ts";
import { startGoogle, type Google } from "../support/google.ts";

const projectId = "nod-test-project";
const base64Url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

let google: Google;
let firebase: FirebaseIdentity;

beforeAll(async () => {
  google = await startGoogle();
  const credential = { getAccessToken: () => Promise.resolve({ access_token: "of-a-service-account", expires_in: 3_600 }) };
  firebase = createFirebaseIdentity({ projectId, nodeEnv: "test", emulatorHost: undefined, clock: systemClock, credential, httpAgent: google.agent });
});
afterAll(async () => {
  await firebase?.stop();
  await google?.close();
});
beforeEach(() => {
  google.accounts.clear();
  google.accounts.set("alice", { localId: "alice" });
  google.failing = null;
});

type Parts = { header?: Record<string, unknown>; claims?: Record<string, unknown>; key?: KeyObject };

/** A token as Google would sign it, except for what is given. */
function token({ header, claims, key = google.signing.privateKey }: Parts = {}): string {
  const now = nowSeconds();
  const head = base64Url({ alg: "RS256", typ: "JWT", kid: google.keyId, ...header });
  const body = base64Url({
    iss: `https://securetoken.google.com/${projectId}`,
    aud: projectId,
    sub: "alice",
    iat: now - 10,
    auth_time: now - 10,
    exp: now + 3_600,
    ...claims,
  });
  return `${head}.${body}.${createSign("sha256").update(`${head}.${body}`).sign(key).toString("base64url")}`;
}

describe("a token that Google signed", () => {
  test("says who it is and until when, after its certificate and the account were looked up", async () => {
    const exp = nowSeconds() + 1_800;
    await expect(firebase.authenticate(token({ claims: { exp } }))).resolves.toMatchObject({ uid: "alice", expiresAt: new Date(exp * 1_000) });
    expect(google.requests).toContain("GET www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com");
    expect(google.requests.some((each) => each.startsWith("POST identitytoolkit.googleapis.com/") && each.endsWith("/accounts:lookup"))).toBe(true);
  });

  test.each<[string, () => Parts]>([
    ["of another project", () => ({ claims: { aud: "another-project", iss: "https://securetoken.google.com/another-project" } })],
    ["with another issuer", () => ({ claims: { iss: `https://evil.example.com/${projectId}` } })],
    ["that has expired", () => ({ claims: { exp: nowSeconds() - 1 } })],
    ["that never expires", () => ({ claims: { exp: undefined } })],
    ["issued in the future", () => ({ claims: { iat: nowSeconds() + 600 } })],
    ["of a sign-in in the future", () => ({ claims: { auth_time: nowSeconds() + 600 } })],
    ["without a subject", () => ({ claims: { sub: "" } })],
    ["with a subject of 129 characters", () => ({ claims: { sub: "a".repeat(129) } })],
    ["of an account that is not there", () => ({ claims: { sub: "nobody" } })],
    ["with a key id that Google does not know", () => ({ header: { kid: "another-key" } })],
    ["without a key id", () => ({ header: { kid: undefined } })],
  ])("is refused when it is one %s", async (_case, parts) => {
    await expect(firebase.authenticate(token(parts()))).rejects.toBeInstanceOf(UnauthenticatedError);
  });
});

describe("a token that Google did not sign", () => {
  test("is refused when another key signed it", async () => {
    await expect(firebase.authenticate(token({ key: createSigningPair("evil").privateKey }))).rejects.toBeInstanceOf(UnauthenticatedError);
  });

  test("is refused when its content was changed after signing", async () => {
    const [head, , signature] = token().split(".");
    const body = base64Url({ iss: `https://securetoken.google.com/${projectId}`, aud: projectId, sub: "bob", iat: nowSeconds(), auth_time: nowSeconds(), exp: nowSeconds() + 60 });
    google.accounts.set("bob", { localId: "bob" });
    await expect(firebase.authenticate(`${head}.${body}.${signature}`)).rejects.toBeInstanceOf(UnauthenticatedError);
  });

  test("is refused when it claims to need no signature", async () => {
    const [, body] = token().split(".");
    for (const kid of [google.keyId, undefined]) {
      await expect(firebase.authenticate(`${base64Url({ alg: "none", typ: "JWT", kid })}.${body}.`)).rejects.toBeInstanceOf(UnauthenticatedError);
    }
  });

  test("is refused when it is signed with the public key as if that were a shared secret", async () => {
    const [, body] = token().split(".");
    const publicPem = createPublicKey(google.signing.certificatePem).export({ type: "spki", format: "pem" });
    for (const secret of [google.signing.certificatePem, publicPem]) {
      const content = `${base64Url({ alg: "HS256", typ: "JWT", kid: google.keyId })}.${body}`;
      await expect(firebase.authenticate(`${content}.${createHmac("sha256", secret).update(content).digest("base64url")}`)).rejects.toBeInstanceOf(UnauthenticatedError);
    }
  });

  test.each(["", "x", "a.b.c", "null.null.null", "a".repeat(2_000)])("is refused when it is no token at all: %j", async (text) => {
    await expect(firebase.authenticate(text)).rejects.toBeInstanceOf(UnauthenticatedError);
  });
});

describe("an account that lost its right", () => {
  test("is refused from the moment it is disabled", async () => {
    const good = token();
    await expect(firebase.authenticate(good)).resolves.toMatchObject({ uid: "alice" });
    google.accounts.set("alice", { localId: "alice", disabled: true });
    await expect(firebase.authenticate(good)).rejects.toBeInstanceOf(UnauthenticatedError);
  });

  test("is refused with tokens of before its revocation, and taken with those of after it", async () => {
    const revokedAt = nowSeconds() - 5;
    google.accounts.set("alice", { localId: "alice", validSince: String(revokedAt) });
    await expect(firebase.authenticate(token({ claims: { auth_time: revokedAt - 5 } }))).rejects.toBeInstanceOf(UnauthenticatedError);
    await expect(firebase.authenticate(token({ claims: { auth_time: revokedAt + 4 } }))).resolves.toMatchObject({ uid: "alice" });
  });

  test("is found among those still connected, with one lookup for all of them", async () => {
    const signedInAt = new Date(Date.now() - 60_000);
    const identity = (uid: string): Identity => ({ uid, signedInAt, expiresAt: new Date(Date.now() + 60_000) });
    const [alice, bob, carol, dave] = ["alice", "bob", "carol", "dave"].map(identity);
    google.accounts.set("bob", { localId: "bob", validSince: String(nowSeconds()) });
    google.accounts.set("carol", { localId: "carol", disabled: true });
    google.requests.length = 0;
    await expect(firebase.findRevoked([alice, bob, carol, dave].filter((each) => each !== undefined))).resolves.toEqual(new Set([bob, carol, dave]));
    expect(google.requests).toHaveLength(1);
  });
});

describe("when Google cannot be asked", () => {
  test.each(["www.googleapis.com", "identitytoolkit"])("a good token is neither taken nor called bad: %s", async (host) => {
    google.failing = host;
    await expect(firebase.authenticate(token())).rejects.toBeInstanceOf(IdentityUnavailableError);
    google.failing = null;
    await expect(firebase.authenticate(token())).resolves.toMatchObject({ uid: "alice" });
  });
});

test("production does not start with the emulator's variable set", () => {
  const start = (nodeEnv: string): FirebaseIdentity =>
    createFirebaseIdentity({ projectId, nodeEnv, emulatorHost: "127.0.0.1:9099", clock: systemClock, credential: { getAccessToken: () => Promise.reject(new Error("not asked")) } });
  expect(() => start("production")).toThrow(/FIREBASE_AUTH_EMULATOR_HOST/);
  expect(() => start("development").stop()).not.toThrow();
});
