/**
 * Who is signed in. A local session's token is kept in memory and, so that a reload does not sign out, in this tab's
 * sessionStorage; never in localStorage, where it would outlive the tab on a shared machine. A session of Firebase is
 * Firebase's to keep: here it is in memory alone.
 */
export type Session = {
  uid: string;
  token: string;
  /** Only with Firebase: gets a new token, or null when the sign-in has ended. */
  renew?: () => Promise<string | null>;
  /** Only with Firebase: ends the sign-in there as well. */
  end?: () => Promise<void>;
};

const storageKey = "nod.session";
const listeners = new Set<() => void>();
let current: Session | null = restore();

function restore(): Session | null {
  const stored = sessionStorage.getItem(storageKey);
  if (stored === null) return null;
  try {
    const value: unknown = JSON.parse(stored);
    if (typeof value !== "object" || value === null || !("uid" in value) || !("token" in value)) return null;
    const { uid, token } = value;
    return typeof uid === "string" && typeof token === "string" ? { uid, token } : null;
  } catch {
    return null;
  }
}

export function currentSession(): Session | null {
  return current;
}

export function setSession(session: Session | null): void {
  current = session;
  if (session === null || session.renew !== undefined) sessionStorage.removeItem(storageKey);
  else sessionStorage.setItem(storageKey, JSON.stringify(session));
  for (const listener of listeners) listener();
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
