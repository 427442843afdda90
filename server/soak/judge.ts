/**
 * The independent checker over a soak's database. It looks at every row against every other, which is no way to judge a
 * hundred thousand questions; and every law of it is about one user. So it is shown some users at a time, with what concerns
 * everybody: its own SQL then finds views of the tables' names in front of the tables.
 */
import pg from "pg";
import type { Book } from "@nod/alpaca-simulator";
import { checkBooks, type Verdict } from "../chaos/checker/check.ts";

/** So many events at a time: some seconds' work for all of a soak. */
const eventsInAGroup = 4_000;
const usersInAGroup = 1_000;

/** Who is looked at, in every view; the empty name stands for what concerns everybody. */
const shown = "current_setting('soak.shown')::text[]";
const viewsSql = [
  ...["users", "questions", "answers", "trade_intents", "trade_orders", "fills", "user_outbox", "user_outbox_heads", "user_trading_config"].map(
    (table) => `create temp view ${table} as select * from public.${table} where firebase_uid = any(${shown})`,
  ),
  `create temp view risk_decisions as select * from public.risk_decisions where intent_id in (select id from trade_intents)`,
  `create temp view events as select * from public.events where firebase_uid = any(${shown}) or firebase_uid is null`,
  `create temp view event_chains as select * from public.event_chains where chain = any(${shown}) or chain = ''`,
  "alter table chaos.replies rename to all_replies",
  `create view chaos.replies as select * from chaos.all_replies where firebase_uid = any(${shown})`,
];

/** The database at rest, as its owner, and the broker's whole book. */
export async function judge(ownerUrl: string, book: Book): Promise<Verdict> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: "soak-judge" });
  await client.connect();
  // The tables have just grown: by what is known of them from before, a join can take hours.
  await client.query("analyze");
  try {
    const groups = await groupsOf(client);
    const partOf = splitBook(book, await ownersOf(client));
    await client.query("select set_config('soak.shown', '{}', false)");
    for (const sql of viewsSql) await client.query(sql);
    const whole: Verdict = { violations: [], stories: [], tally: {} };
    const tally: Record<string, number> = {};
    // The last one shows nobody, and what the broker has that is nobody's.
    for (const group of [...groups, []]) {
      await client.query("select set_config('soak.shown', $1, false)", [`{${group.map((uid) => JSON.stringify(uid)).join(",")}}`]);
      const part = await checkBooks({ database: client, book: partOf(group) });
      whole.violations.push(...part.violations);
      whole.stories.push(...part.stories);
      for (const [what, n] of Object.entries(part.tally)) tally[what] = (tally[what] ?? 0) + n;
    }
    return { ...whole, tally };
  } finally {
    await client.end();
  }
}

async function groupsOf(client: pg.Client): Promise<string[][]> {
  const { rows } = await client.query<{ uid: string; events: number }>(
    `select u.firebase_uid as uid, coalesce(c.length, 0)::float8 as events from users u left join event_chains c on c.chain = u.firebase_uid order by events desc, uid`,
  );
  const groups: string[][] = [];
  let [group, events]: [string[], number] = [[], 0];
  for (const row of rows) {
    group.push(row.uid);
    events += row.events;
    if (events < eventsInAGroup && group.length < usersInAGroup) continue;
    groups.push(group);
    [group, events] = [[], 0];
  }
  return [...groups, group];
}

async function ownersOf(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; uid: string }>("select client_order_id as id, firebase_uid as uid from trade_orders");
  return new Map(rows.map(({ id, uid }) => [id, uid]));
}

const nobody = "";

/** What of the book is whose, by our own word for whose order it is; what we do not know is nobody's. */
function splitBook(book: Book, ownerOf: ReadonlyMap<string, string>): (group: readonly string[]) => Book {
  const uidOf = (clientOrderId: string): string => ownerOf.get(clientOrderId) ?? nobody;
  const posts = Map.groupBy(book.posts, (post) => uidOf(post.clientOrderId));
  const accounts = book.accounts.map((account) => {
    const uidOfOrder = new Map(account.orders.map((order) => [order.id, uidOf(order.client_order_id)]));
    return { account, orders: Map.groupBy(account.orders, (order) => uidOf(order.client_order_id)), executions: Map.groupBy(account.executions, (execution) => uidOfOrder.get(execution.orderId) ?? nobody) };
  });
  return (group) => {
    const wanted = group.length === 0 ? [nobody] : group;
    const of = <Item>(items: ReadonlyMap<string, Item[]>): Item[] => wanted.flatMap((uid) => items.get(uid) ?? []);
    return { ...book, posts: of(posts), accounts: accounts.map(({ account, orders, executions }) => ({ ...account, orders: of(orders), executions: of(executions) })) };
  };
}
