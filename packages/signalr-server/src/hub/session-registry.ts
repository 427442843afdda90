import type { Audience } from "./audience.ts";
import { MemberIndex } from "./member-index.ts";

/** What the registry knows of a session. */
export interface RegisteredSession {
  readonly id: string;
  readonly userId: string | undefined;
  /** The groups it is in, so that leaving them needs no search. */
  readonly groupNames: Set<string> | undefined;
  joined(group: string): void;
  left(group: string): void;
}

/** The connected sessions of one hub in this process: by id, by user, by group. */
export class SessionRegistry<Session extends RegisteredSession> {
  readonly #byId = new Map<string, Session>();
  readonly #byUser = new MemberIndex<Session>();
  readonly #byGroup = new MemberIndex<Session>();

  get size(): number {
    return this.#byId.size;
  }

  values(): IterableIterator<Session> {
    return this.#byId.values();
  }

  get(connectionId: string): Session | undefined {
    return this.#byId.get(connectionId);
  }

  hasUser(userId: string): boolean {
    return this.#byUser.has(userId);
  }

  add(session: Session): void {
    this.#byId.set(session.id, session);
    if (session.userId !== undefined) this.#byUser.add(session.userId, session);
  }

  delete(session: Session): void {
    this.#byId.delete(session.id);
    if (session.userId !== undefined) this.#byUser.delete(session.userId, session);
    for (const group of session.groupNames ?? []) this.#byGroup.delete(group, session);
  }

  /** Tells whether the connection is here. */
  joinGroup(connectionId: string, group: string): boolean {
    const session = this.#byId.get(connectionId);
    if (session === undefined) return false;
    this.#byGroup.add(group, session);
    session.joined(group);
    return true;
  }

  leaveGroup(connectionId: string, group: string): boolean {
    const session = this.#byId.get(connectionId);
    if (session === undefined) return false;
    this.#byGroup.delete(group, session);
    session.left(group);
    return true;
  }

  /** The sessions of an audience; one may come twice, through two groups or two mentions. */
  *select(audience: Audience): Generator<Session, void, undefined> {
    switch (audience.kind) {
      case "all":
        yield* without(this.#byId.values(), audience.except);
        return;
      case "connections":
        for (const id of audience.connectionIds) {
          const session = this.#byId.get(id);
          if (session !== undefined) yield session;
        }
        return;
      case "users":
        for (const userId of audience.userIds) yield* this.#byUser.get(userId);
        return;
      case "groups":
        for (const group of audience.groups) yield* without(this.#byGroup.get(group), audience.except);
    }
  }

  /** The single session of the commonest audiences, without a set around it; `undefined` when there may be more or none. */
  sole(audience: Audience): Session | undefined {
    if (audience.kind === "connections" && audience.connectionIds.length === 1) return this.#byId.get(audience.connectionIds[0] ?? "");
    if (audience.kind !== "users" || audience.userIds.length !== 1) return undefined;
    return this.#byUser.sole(audience.userIds[0] ?? "");
  }
}

function* without<Session extends { readonly id: string }>(
  sessions: Iterable<Session>,
  except: readonly string[] | undefined,
): Generator<Session, void, undefined> {
  if (except === undefined || except.length === 0) yield* sessions;
  else for (const session of sessions) if (!except.includes(session.id)) yield session;
}
