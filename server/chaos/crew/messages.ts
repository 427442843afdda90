import type { SeedResult } from "../run-seed.ts";
import type { Addresses } from "../stage/database.ts";

/** `name`: of the member's databases, nobody else's. */
export type ToCrew = { kind: "begin"; addresses: Addresses; name: string } | { kind: "run"; seed: number } | { kind: "over" };

export type FromCrew = { kind: "ready" } | { kind: "finished"; result: SeedResult };
