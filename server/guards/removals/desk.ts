/** The order desk's lease: who has it, and what one who lost it may still do. */
import type { Proof, Removal } from "../removal.ts";

const desk = (named: string): [Proof] => [{ file: "server/test/workers/order-desk.test.ts", named }];
const lease = (named: string): [Proof] => [{ file: "server/test/db/lease.test.ts", named }];
const tick = (named: string): [Proof] => [{ file: "server/test/workers/tick-lease.test.ts", named }];

const promise = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { promise: "desk" }, file, find, replace, tests });

const deskLease = "server/src/workers/desk-lease.ts";
const heldLease = "server/src/workers/held-lease.ts";
const leases = "server/src/db/lease.ts";

export const deskLeases: readonly Removal[] = [
  promise("Who lost the desk goes on writing", deskLease, "if (!(await fence.holds(tx))) throw", "if (!(await fence.holds(tx)) && pool.ended) throw", desk("a process that lost the desk without noticing can write nothing and sends nothing")),
  promise("Who lost the desk goes on taking orders up", "server/src/workers/claim-orders.ts", "due: isOurs ? due : []", "due: isOurs ? due : due", desk("a process that lost the desk without noticing takes up no order")),
  promise("Who may have lost the desk sends all the same", "server/src/workers/submit.ts", "if (!deps.fence.isSure()) return null;", "", desk("a process that was held up between its claim and the POST does not send any more")),
  promise("Who cannot renew goes on believing that he has the desk", heldLease, "!isOver && performance.now() < sureUntilMs", "!isOver", desk("whoever cannot renew for the time of the lease gives the desk up by himself")),
  promise("An older holder's number is as good as the newest", leases, "where name = $1 and owner = $2 and fencing = $3::int8 and expires_at > clock_timestamp() for key share", "where name = $1 and owner <> $2 || $3::text and expires_at > clock_timestamp() for key share", lease("a lease that ran out passes on, with a higher fencing number, and the old holder has no say any more")),
  promise("A lease that runs is taken over", leases, "where leases.expires_at <= clock_timestamp()\n", "\n", lease("of twenty that ask at once, exactly one gets the lease")),
  promise("The fencing number does not grow", leases, "fencing = leases.fencing + 1", "fencing = leases.fencing", lease("a lease that ran out passes on, with a higher fencing number, and the old holder has no say any more")),
  promise("A lease changes hands while its holder is in a transaction", leases, " for key share", "", desk("the desk does not change hands while its owner is in the middle of a transaction, and any number may be")),
  promise("A desk that is stopped is kept from the next until its lease runs out", heldLease, "await letGo(pool, lease);", "", desk("a desk that is stopped is taken over at once, whatever its lease had left")),
  promise("Who lost the closing of questions goes on closing", "server/src/pipeline/expire.ts", "if (!(await mayClose(tx))) return 0;", "await mayClose(tx);", [{ file: "server/test/workers/owned-chore.test.ts", named: "a question's time is over, and a process whose lease has passed on does not close it" }]),
  promise("A chore that is lost is not ended", "server/src/workers/owned-chore.ts", "const ended = current.chore\n      .stop()", "const ended = Promise.resolve()", [{ file: "server/test/workers/owned-chore.test.ts", named: "one that loses its database ends it by itself, and the other begins when the lease has run out" }]),
  promise("Workers that split users differently work side by side", "server/src/workers/shard-plan.ts", "if (rank === -1 || !mayOwn(me, live))", "if (rank === -1)", [{ file: "server/src/workers/shard-plan.test.ts", named: "do not work side by side: those who joined first go on, the others wait" }]),
  promise("A worker keeps more than its share", "server/src/workers/shard-plan.ts", "[...passedOn, ...kept.slice(share)]", "[...passedOn]", [{ file: "server/src/workers/shard-plan.test.ts", named: "a joiner gets its share, and those who were there keep what they may" }]),
  promise("A shard looks after everybody", "server/src/trading/config/config-table.ts", "and user_shard(firebase_uid, $3::int4) = $4::int4", "and $3::int4 > $4::int4", [{ file: "server/test/workers/shards.test.ts", named: "have two each; every user is asked exactly once, and one of the two fetches what both follow" }]),
  promise("Who lost the tick goes on asking", "server/src/pipeline/ask.ts", "if (!(await fence.enter(tx))) return null;", "await fence.enter(tx);", [{ file: "server/test/pipeline/ask.test.ts", named: "anybody, when the caller has lost the right to ask" }]),
  promise("The tick's fence lets through who has lost it", "server/src/workers/tick-lease.ts", "return renewLease(tx, lease, { ttlMs: askTtlMs });", "return (await renewLease(tx, lease, { ttlMs: askTtlMs })) || true;", tick("whoever has lost it may not ask")),
];
