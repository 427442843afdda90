/** What the benchmark and its client processes say to each other. */

/** `port` is the web process's. */
export type Person = { uid: string; token: string; port: number; lastSeq: number };

export type Order =
  | { kind: "connect"; people: Person[] }
  /** Everybody gets this many, each number once and in order. */
  | { kind: "expect"; messages: number }
  | { kind: "disconnect" };

/** Since the order to expect: in a run without fault `missing`, `repeated` and `disordered` are 0. */
export type Tally = { received: number; missing: number; repeated: number; disordered: number; connectionsLost: number };

export type Report = { kind: "connected" } | { kind: "complete"; tally: Tally } | { kind: "disconnected"; tally: Tally } | { kind: "failed"; message: string };
