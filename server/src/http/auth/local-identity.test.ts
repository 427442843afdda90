import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import { UnauthenticatedError } from "../../core/identity.ts";
import { createLocalIdentity, type LocalIdentity } from "./local-identity.ts";

const secret = new Uint8Array(32).fill(7);
const start = new Date("2026-03-02T15:00:00Z");
const local = (overrides: { secret?: Uint8Array; host?: string; nodeEnv?: string; now?: Date } = {}): LocalIdentity =>
  createLocalIdentity({ secret: overrides.secret ?? secret, host: overrides.host ?? "127.0.0.1", nodeEnv: overrides.nodeEnv, clock: { now: () => overrides.now ?? start } });

describe("a local token", () => {
  test("speaks for the user it was issued to, for twelve hours", async () => {
    const token = await local().issueToken("alice");
    await expect(local().authenticate(token)).resolves.toEqual({ uid: "alice", signedInAt: start, expiresAt: new Date("2026-03-03T03:00:00Z") });
    await expect(local({ now: new Date("2026-03-03T03:00:01Z") }).authenticate(token)).rejects.toBeInstanceOf(UnauthenticatedError);
  });

  test("of another installation is refused", async () => {
    const token = await local({ secret: new Uint8Array(32).fill(8) }).issueToken("alice");
    await expect(local().authenticate(token)).rejects.toBeInstanceOf(UnauthenticatedError);
  });

  test("from the future is refused", async () => {
    const token = await local({ now: new Date("2026-03-02T15:00:10Z") }).issueToken("alice");
    await expect(local().authenticate(token)).rejects.toBeInstanceOf(UnauthenticatedError);
  });

  test("is refused when it is unsigned, or signed for something else", async () => {
    const claims = (audience: string): SignJWT => new SignJWT({ sub: "alice" }).setProtectedHeader({ alg: "HS256" }).setIssuer("nod-local").setAudience(audience).setIssuedAt(start).setExpirationTime("2h");
    const unsigned = new UnsecuredJWT({ sub: "alice" }).setIssuer("nod-local").setAudience("nod").setIssuedAt(start).setExpirationTime("2h").encode();
    await expect(local().authenticate(unsigned)).rejects.toBeInstanceOf(UnauthenticatedError);
    await expect(local().authenticate(await claims("elsewhere").sign(secret))).rejects.toBeInstanceOf(UnauthenticatedError);
    await expect(local().authenticate("not a token")).rejects.toBeInstanceOf(UnauthenticatedError);
  });
});

describe("local identity, which lets anybody be anybody,", () => {
  test("does not start in production", () => {
    expect(() => local({ nodeEnv: "production" })).toThrow(/NODE_ENV=production/);
  });

  test.each(["0.0.0.0", "::", "192.168.1.5", "nod.example.com", "127.0.0.1.example.com", ""])("does not start on %j", (host) => {
    expect(() => local({ host })).toThrow(/HOST=/);
  });

  test.each(["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost"])("starts on %s", (host) => {
    expect(() => local({ host })).not.toThrow();
  });
});
