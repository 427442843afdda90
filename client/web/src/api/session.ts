/**
 * Who is signed in. The token is kept in memory and, so that a reload does not sign out, in this tab's
 * sessionStorage; never in localStorage, where it would outlive the tab on a shared machine.
 */
export type Session = { uid: string; token: string };

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
  if (session === null) sessionStorage.removeItem(storageKey);
  else sessionStorage.setItem(storageKey, JSON.stringify(session));
  for (const listener of listeners) listener();
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
