import type { HubConnection, HubLogger } from "@nod/signalr-server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { IdentityUnavailableError, type FindRevoked } from "../core/identity.ts";
import { watchRevocations, type RevocationWatch } from "./revocation-watch.ts";

const logger: HubLogger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const connection = (uid: string): HubConnection => ({
  id: `connection of ${uid}`,
  userId: uid,
  user: { userId: uid, expiresAt: Date.now() + 60_000, claims: { signedInAt: 1_000 } },
  transport: "WebSockets",
  protocol: "json",
  request: { path: "/hubs/questions", headers: {}, remoteAddress: undefined, query: () => undefined },
  signal: new AbortController().signal,
  items: new Map(),
  whenWritable: () => undefined,
  close: vi.fn(),
});

let watch: RevocationWatch | undefined;
afterEach(() => watch?.stop());

describe("a look at the open connections", () => {
  test("closes those whose sign-in was revoked, and no other", async () => {
    const [alice, bob] = [connection("alice"), connection("bob")];
    const findRevoked: FindRevoked = (identities) => Promise.resolve(new Set(identities.filter(({ uid, signedInAt }) => uid === "bob" && signedInAt.getTime() === 1_000)));
    watch = watchRevocations(findRevoked, { connections: () => [alice, bob] }, logger);
    await watch.check();
    expect(bob.close).toHaveBeenCalledExactlyOnceWith({ error: "Your sign-in was revoked." });
    expect(alice.close).not.toHaveBeenCalled();
  });

  test("closes nobody while the identity provider cannot be asked, and says so", async () => {
    const alice = connection("alice");
    watch = watchRevocations(() => Promise.reject(new IdentityUnavailableError("no answer")), { connections: () => [alice] }, logger);
    await watch.check();
    expect(alice.close).not.toHaveBeenCalled();
    expect(logger.warn).toHaveBeenCalledOnce();
  });
});
