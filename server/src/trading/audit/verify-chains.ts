/**
 * Whether the log is what was written: every chain walked from its first event to its head, each hash computed anew here
 * and not by the database's own functions, which whoever rewrites rows might have rewritten too. The canonical form is
 * fixed in migration 0007. Where a stretch of a chain is in an archive, its anchor is stepped over: it must begin where the
 * chain left off, and the next event must follow it (verify-archives.ts reads the archives themselves).
 */
import type { Db, Pool } from "../../db/pool.ts";
import { withTransaction } from "../../db/transaction.ts";
import { eventHash, nothingBefore, sha256 } from "./event-hash.ts";

/** `eventId` null: the head speaks of events of which none is left. */
export type ChainBreak = { firebaseUid: string | null; eventId: string | null; place: number; reason: string };

export type AuditReport = {
  /** With a chain of their own; what concerns everybody is not counted as one. */
  users: number;
  events: number;
  /** How many more are in archives, as their anchors say. */
  archived: number;
  /** The first of each broken chain, in the order of the chains. */
  breaks: ChainBreak[];
  /** Over the ends of all chains. Kept elsewhere, it shows later that nobody rewrote a chain from end to end. */
  fingerprint: string;
};

/** `digested` is null for an anchor, which stands for all places up to `last_place`. */
type LinkRow = { id: string | null; chain: string; place: string; last_place: string; hash_before: string; hash: string; digested: string | null };
type HeadRow = { chain: string; length: string; hash: string };

const rowsPerFetch = 5_000;
const timeoutMs = 24 * 3_600_000;

/** Reads everything in one snapshot, a few thousand rows at a time. */
export async function verifyChains(pool: Pool): Promise<AuditReport> {
  return withTransaction(
    pool,
    async (tx) => {
      const { rows } = await tx.query<HeadRow>("select chain, length, encode(hash, 'hex') as hash from event_chains order by chain");
      const heads = new Map(rows.map((head) => [head.chain, head]));
      const walk = createWalk(heads);
      for await (const link of linksOf(tx)) walk.step(link);
      walk.end();
      const fingerprint = sha256(JSON.stringify(rows.map(({ chain, length, hash }) => [chain, length, hash])));
      return { users: rows.filter(({ chain }) => chain !== "").length, events: walk.events(), archived: walk.archived(), breaks: walk.breaks(), fingerprint };
    },
    { isolation: "repeatable read", timeoutMs },
  );
}

async function* linksOf(tx: Db): AsyncGenerator<LinkRow> {
  await tx.query(
    `declare links no scroll cursor for
     select id, coalesce(firebase_uid, '') as chain, place, place as last_place, encode(hash_before, 'hex') as hash_before, encode(hash, 'hex') as hash,
            extract(epoch from at) || e'\\x1f' || kind || e'\\x1f' || coalesce(question_id::text, '') || e'\\x1f'
            || coalesce(order_id::text, '') || e'\\x1f' || data || e'\\x1f' || coalesce(firebase_uid, '') as digested, firebase_uid
       from events
     union all
     select null, chain, first_place, last_place, encode(hash_before, 'hex'), encode(hash, 'hex'), null, nullif(chain, '') from event_anchors
      order by firebase_uid, place, id`,
  );
  for (;;) {
    const { rows } = await tx.query<LinkRow>(`fetch ${rowsPerFetch} from links`);
    yield* rows;
    if (rows.length < rowsPerFetch) return;
  }
}

/** Where the walk stands in one chain. Past its first break a chain says nothing more. */
type Place = { chain: string; id: string | null; place: number; hash: string; broken: boolean };

function createWalk(heads: Map<string, HeadRow>) {
  const breaks: ChainBreak[] = [];
  let events = 0;
  let archived = 0;
  let at: Place | null = null;

  const broken = (chain: string, place: number, eventId: string | null, reason: string): void => {
    breaks.push({ firebaseUid: chain === "" ? null : chain, eventId, place, reason });
  };

  const leave = (place: Place | null): void => {
    if (place === null) return;
    const head = heads.get(place.chain);
    heads.delete(place.chain);
    if (place.broken) return;
    if (head === undefined) broken(place.chain, place.place, place.id, "the chain has no head");
    else if (Number(head.length) !== place.place) broken(place.chain, place.place, place.id, `the chain ends here, and its head says after ${head.length}`);
    else if (head.hash !== place.hash) broken(place.chain, place.place, place.id, "the head has another hash than the last event");
  };

  return {
    step(link: LinkRow): void {
      if (link.digested === null) archived += Number(link.last_place) - Number(link.place) + 1;
      else events += 1;
      if (at?.chain !== link.chain) {
        leave(at);
        at = { chain: link.chain, id: null, place: 0, hash: nothingBefore, broken: false };
      }
      if (at.broken) return;
      const fault = faultOf(at, link);
      if (fault !== null) {
        broken(link.chain, Number(link.place), link.id, fault);
        at.broken = true;
        return;
      }
      at = { chain: link.chain, id: link.id, place: Number(link.last_place), hash: link.hash, broken: false };
    },
    end(): void {
      leave(at);
      for (const { chain, length } of heads.values()) broken(chain, 0, null, `none of its ${length} events is left`);
    },
    events: () => events,
    archived: () => archived,
    breaks: () => breaks,
  };
}

function faultOf(before: Place, link: LinkRow): string | null {
  if (Number(link.place) !== before.place + 1) return `it is number ${link.place} and follows number ${before.place}`;
  if (before.id !== null && link.id !== null && BigInt(link.id) <= BigInt(before.id)) return "it is older than the event before it";
  if (link.hash_before !== before.hash) return "it does not follow the event before it";
  if (link.digested !== null && link.hash !== eventHash(link.hash_before, link.digested)) return "it says something else than when it was written";
  return null;
}
