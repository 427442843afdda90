import type { AskFence, Asking } from "../../src/pipeline/ask.ts";
import { everybody, type UserShard } from "../../src/trading/config/config-table.ts";
import type { DeskFence } from "../../src/workers/desk-lease.ts";

/** Lets everyone ask, whether or not he has the shard. */
export const openFenceOf = (shard: UserShard): AskFence => ({ shard, enter: () => Promise.resolve(true), leave: () => Promise.resolve(), over: () => undefined });
/** The same, of all users. */
export const openFence: AskFence = openFenceOf(everybody);

/** Lets everyone write and send, for what must hold without a lease as well. */
export const openDeskFence: DeskFence = { holds: () => Promise.resolve(true), isSure: () => true };

/** Lets everyone ask, in one group, and knows nothing of anybody. */
export const openAsking: Asking = { fence: openFence, group: "together", contextOf: () => ({ equity: null, sellable: null }) };
