/** What the phones know against what the database knows: every question, its end and every order, and nothing else. */
import type { Violation } from "../chaos/checker/violation.ts";
import type { Pool } from "../src/db/pool.ts";
import type { PhoneMemory } from "./load/phone.ts";

type Row = { uid: string; head: number; questions: string[]; closed: string[]; orders: string[] };

const law = "what a connected user was told is what there is";
const mostShown = 20;

/** At rest, with every phone connected and up to date. */
export async function comparePhones(owner: Pool, memories: readonly PhoneMemory[]): Promise<{ violations: Violation[]; questions: number; toldAgain: number; connections: number }> {
  const found: string[] = [];
  const { rows } = await owner.query<Row>(
    `select u.uid, coalesce(h.last_seq, 0)::float8 as head,
            array(select id::text from questions where firebase_uid = u.uid) as questions,
            array(select id::text from questions where firebase_uid = u.uid and status <> 'open') as closed,
            array(select id::text from trade_orders where firebase_uid = u.uid) as orders
     from unnest($1::text[]) as u (uid) left join user_outbox_heads h on h.firebase_uid = u.uid`,
    [memories.map(({ uid }) => uid)],
  );
  const stored = new Map(rows.map((row) => [row.uid, row]));
  for (const memory of memories) {
    const row = stored.get(memory.uid);
    if (row === undefined) found.push(`${memory.uid} is not in the database`);
    else found.push(...memory.complaints.map((what) => `${memory.uid} ${what}`), ...differences(memory, row));
  }
  const shown = found.length > mostShown ? [...found.slice(0, mostShown), `and ${found.length - mostShown} more`] : found;
  const sum = (of: (memory: PhoneMemory) => number): number => memories.reduce((total, memory) => total + of(memory), 0);
  return {
    violations: shown.map((what) => ({ law, what, clientOrderId: null })),
    questions: sum(({ asked }) => asked.length),
    toldAgain: sum(({ toldAgain }) => toldAgain),
    connections: sum(({ connections }) => connections),
  };
}

function differences(memory: PhoneMemory, row: Row): string[] {
  const { uid, lastSeq } = memory;
  const pairs: [what: string, told: readonly string[], stored: readonly string[]][] = [
    ["question", memory.asked, row.questions],
    ["closed question", memory.closed, row.closed],
    ["order", memory.orders, row.orders],
  ];
  return [
    ...(lastSeq === row.head ? [] : [`${uid} has been told up to ${lastSeq}, the outbox goes up to ${row.head}`]),
    ...pairs.flatMap(([what, told, stored]) => [
      ...missing(stored, told).map((id) => `${uid} was never told of ${what} ${id}`),
      ...missing(told, stored).map((id) => `${uid} was told of ${what} ${id}, which is not in the database`),
    ]),
  ];
}

function missing(from: readonly string[], inThese: readonly string[]): string[] {
  const known = new Set(inThese);
  return from.filter((id) => !known.has(id));
}
