import type { RequestHandler } from "express";
import type { Authenticate } from "../core/identity.ts";
import { bearerOf } from "./auth/bearer.ts";
import { contextOf } from "./request-context.ts";

/** Users remembered as having their rows; beyond it the oldest is forgotten and merely ensured again. */
const maxRememberedUsers = 50_000;

/** Establishes whose call it is. The user comes from the token alone, never from the path or the body. */
export function authenticateUser(authenticate: Authenticate, ensureUser: (uid: string) => Promise<void>): RequestHandler {
  const remembered = new Set<string>();
  return async (request, _response, next) => {
    const { uid } = await authenticate(bearerOf(request.headers.authorization));
    contextOf(request).uid = uid;
    if (!remembered.has(uid)) {
      await ensureUser(uid);
      remembered.add(uid);
      const [oldest] = remembered;
      if (remembered.size > maxRememberedUsers && oldest !== undefined) remembered.delete(oldest);
    }
    next();
  };
}
