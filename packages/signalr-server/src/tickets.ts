import { randomBytes } from "node:crypto";
import type { AuthenticatedUser } from "./connection/connection-info.ts";

/** Longest life of a ticket that nobody has redeemed, in milliseconds. */
export const maximumTicketLifetimeMs = 30_000;

/** Tickets that may wait unredeemed in memory; past it the oldest gives way. */
const maximumWaitingTickets = 100_000;

/** Keeps tickets between the two negotiations. Processes that share clients need a shared one. */
export interface TicketStore {
  /** Remembers the user under a new unguessable ticket. */
  issue(user: AuthenticatedUser, lifetimeMs: number): Promise<string>;
  /** Gives the user once: a second call, or one after the ticket's life, gives `undefined`. */
  redeem(ticket: string): Promise<AuthenticatedUser | undefined>;
}

/** Tickets in this process's memory. */
export class MemoryTicketStore implements TicketStore {
  readonly #waiting = new Map<string, { readonly user: AuthenticatedUser; readonly expiresAt: number }>();
  readonly #now: () => number;

  /** @param now the clock, in milliseconds. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async issue(user: AuthenticatedUser, lifetimeMs: number): Promise<string> {
    this.#forgetExpired();
    const ticket = randomBytes(32).toString("base64url");
    this.#waiting.set(ticket, { user, expiresAt: this.#now() + Math.min(lifetimeMs, maximumTicketLifetimeMs) });
    return ticket;
  }

  async redeem(ticket: string): Promise<AuthenticatedUser | undefined> {
    const entry = this.#waiting.get(ticket);
    this.#waiting.delete(ticket);
    return entry !== undefined && entry.expiresAt > this.#now() ? entry.user : undefined;
  }

  /** Insertion order is nearly expiry order, so this stops at the first ticket that is still alive. */
  #forgetExpired(): void {
    for (const [ticket, entry] of this.#waiting) {
      if (entry.expiresAt > this.#now() && this.#waiting.size < maximumWaitingTickets) return;
      this.#waiting.delete(ticket);
    }
  }
}
