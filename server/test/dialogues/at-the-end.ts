import { verifyChains } from "../../src/trading/audit/verify-chains.ts";
import { isLess, quantity } from "../../src/core/decimal.ts";
import { people, type Stage } from "./stage.ts";

/** What must hold after every dialogue, whatever it was about; null when it does. */
export async function whatIsWrongAtTheEnd(stage: Stage): Promise<string | null> {
  const { failures } = stage;
  if (failures.length > 0) return `something failed: ${failures.map(String).join("; ")}`;
  if (stage.unanswered() > 0) return `${stage.unanswered()} POSTs were left unanswered`;
  const uids = people.map((person) => stage.uid(person));
  return (await whatFell(stage, uids)) ?? (await whatDoesNotAddUp(stage, uids)) ?? (await whatIsBroken(stage));
}

type Step = { order_id: string; kind: string; filled_qty: string };

async function whatFell(stage: Stage, uids: string[]): Promise<string | null> {
  const { rows } = await stage.database.ownerPool.query<Step>(
    "select order_id, kind, data ->> 'filled_qty' as filled_qty from events where firebase_uid = any($1) and order_id is not null and data ? 'filled_qty' order by id",
    [uids],
  );
  const filled = new Map<string, string>();
  for (const { order_id: order, kind, filled_qty: now } of rows) {
    const before = filled.get(order) ?? "0";
    if (isLess(quantity(now), quantity(before)) && kind !== "trade_busted" && kind !== "trade_corrected") return `the quantity of an order had fallen from ${before} to ${now} by ${kind}`;
    filled.set(order, now);
  }
  return null;
}

/** Counted apart from the code that is played: an execution counts unless a bust or a correction names it. */
async function whatDoesNotAddUp(stage: Stage, uids: string[]): Promise<string | null> {
  const { rows } = await stage.database.ownerPool.query<{ status: string; filled: string; executed: string }>(
    `with said as (
       select order_id, execution_id, qty from fills
       union all select order_id, execution_id, qty from fill_amendments where kind = 'trade_correct' and previous_execution_id is not null
     )
     select o.status, trim_scale(o.filled_qty)::text as filled, trim_scale(coalesce(sum(s.qty), 0))::text as executed
     from trade_orders as o
     left join said as s on s.order_id = o.id and not exists (select from fill_amendments as a where a.previous_execution_id = s.execution_id)
     where o.firebase_uid = any($1)
     group by o.id having o.filled_qty < coalesce(sum(s.qty), 0)`,
    [uids],
  );
  const [wrong] = rows;
  return wrong === undefined ? null : `an order that is ${wrong.status} has ${wrong.filled} filled, and its executions add up to ${wrong.executed}`;
}

async function whatIsBroken(stage: Stage): Promise<string | null> {
  const { breaks } = await verifyChains(stage.database.ownerPool);
  return breaks.length === 0 ? null : `the log's chain was broken: ${breaks[0]?.reason ?? ""}`;
}
