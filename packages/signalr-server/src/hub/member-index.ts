/**
 * Which members stand under which key. Most users have one connection, so a lone member is kept without a set around it:
 * that halves what an idle connection costs here.
 */
export class MemberIndex<Member extends object> {
  readonly #byKey = new Map<string, Member | Set<Member>>();

  add(key: string, member: Member): void {
    const present = this.#byKey.get(key);
    if (present === undefined) this.#byKey.set(key, member);
    else if (present instanceof Set) present.add(member);
    else if (present !== member) this.#byKey.set(key, new Set([present, member]));
  }

  delete(key: string, member: Member): void {
    const present = this.#byKey.get(key);
    if (present === member) this.#byKey.delete(key);
    else if (present instanceof Set) {
      present.delete(member);
      if (present.size === 0) this.#byKey.delete(key);
    }
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** The member under a key if it is the only one. */
  sole(key: string): Member | undefined {
    const present = this.#byKey.get(key);
    return present instanceof Set ? undefined : present;
  }

  /** The members under a key, as they are now. */
  get(key: string): Iterable<Member> {
    const present = this.#byKey.get(key);
    if (present === undefined) return [];
    return present instanceof Set ? present : [present];
  }
}
