/** The table `exit_plans`: exits that were approved along with a buy, and what the market has made of them since. */
import type { Feed } from "@nod/contract/primitives";
import type { Exits } from "@nod/contract/action";
import { price, type Price } from "../../core/decimal.ts";
import type { Db } from "../../db/pool.ts";
import type { PositionToClose } from "./exits-table.ts";

export type ExitTrigger = "stop_loss" | "take_profit" | "trailing_stop";

/** With the buy's order, in its transaction. */
export async function insertExitPlan(tx: Db, plan: { entryOrderId: string; firebaseUid: string; symbol: string; feed: Feed; exits: Exits; maxStalenessSeconds: number; at: Date }): Promise<void> {
  const { stop_loss_pct: stop, take_profit_pct: target, trailing_stop: trailing } = plan.exits;
  await tx.query({
    name: "insert-exit-plan",
    text: `
      insert into exit_plans (entry_order_id, firebase_uid, symbol, feed, stop_loss_pct, take_profit_pct, trail_pct, activate_at_pct, max_staleness_seconds, created_at)
      values ($1::uuid, $2::text, $3::text, $4::text, $5::numeric, $6::numeric, $7::numeric, $8::numeric, $9::int4, $10::timestamptz)`,
    values: [
      plan.entryOrderId, plan.firebaseUid, plan.symbol, plan.feed, stop ?? null, target ?? null, trailing?.trail_pct ?? null,
      trailing === undefined ? null : (trailing.activate_at_pct ?? 0), plan.maxStalenessSeconds, plan.at,
    ],
  });
}

/** An exit that has just been set off. */
export type Triggered = { firebaseUid: string; entryOrderId: string; by: ExitTrigger; price: Price; entry: Price; peak: Price };

/**
 * Moves every plan's peak up to the last trade, and sets off what its last trade has reached: one statement for all of them.
 * A price that is stale, or from before the entry, and a closed market decide nothing. What is set off stays so. A plan whose buy
 * ended without a single share, and was not heard of for a day, is done with.
 */
export async function advanceExitPlans(db: Db): Promise<Triggered[]> {
  const { rows } = await db.query<{ firebase_uid: string; entry_order_id: string; triggered_by: ExitTrigger | null; price: string; entry: string; peak: string }>({
    name: "advance-exit-plans",
    text: `
      with watched as (
        select p.*, o.filled_avg_price as entry, l.price, greatest(p.peak_price, o.filled_avg_price, l.price) as peak
          from exit_plans as p
          join trade_orders as o on o.id = p.entry_order_id
          join market_data_latest as l on l.symbol = p.symbol and l.metric = 'last_trade' and l.feed = p.feed and l.asset_class = o.asset_class
          left join market_sessions as s on s.market = o.asset_class
         where p.closed_at is null and p.triggered_by is null and o.filled_qty > 0
           and l.as_of > clock_timestamp() - p.max_staleness_seconds * interval '1 second' and l.as_of >= coalesce(o.submitted_at, o.created_at)
           and (o.asset_class = 'crypto' or (s.is_open and s.as_of > clock_timestamp() - interval '5 minutes'))
      ), judged as (
        select w.*,
               case when w.price <= w.entry * (1 - w.stop_loss_pct / 100) then 'stop_loss'
                    when w.peak >= w.entry * (1 + w.activate_at_pct / 100) and w.price <= w.peak * (1 - w.trail_pct / 100) then 'trailing_stop'
                    when w.price >= w.entry * (1 + w.take_profit_pct / 100) then 'take_profit' end as reached
          from watched as w
      ), idle as (
        update exit_plans as p set closed_at = clock_timestamp() from trade_orders as o
         where p.closed_at is null and o.id = p.entry_order_id and not o.is_open and o.filled_qty = 0 and o.updated_at < now() - interval '1 day'
      )
      update exit_plans as p
         set peak_price = j.peak, triggered_by = j.reached,
             triggered_at = case when j.reached is not null then clock_timestamp() end, trigger_price = case when j.reached is not null then j.price end
        from judged as j
       where p.entry_order_id = j.entry_order_id and (j.reached is not null or j.peak is distinct from p.peak_price)
      returning p.firebase_uid, p.entry_order_id, p.triggered_by, j.price, j.entry, j.peak`,
  });
  return rows.flatMap((row) =>
    row.triggered_by === null
      ? []
      : [{ firebaseUid: row.firebase_uid, entryOrderId: row.entry_order_id, by: row.triggered_by, price: price(row.price), entry: price(row.entry), peak: price(row.peak) }],
  );
}

export type DuePlan = PositionToClose & { planId: string; by: ExitTrigger; triggerPrice: Price };

/** Plans that were set off and are not yet done with, the longest waiting first. */
export async function duePlans(db: Db, limit: number): Promise<DuePlan[]> {
  const { rows } = await db.query<{ entry_order_id: string; firebase_uid: string; symbol: string; triggered_by: ExitTrigger; trigger_price: string }>({
    name: "due-exit-plans",
    text: `select entry_order_id, firebase_uid, symbol, triggered_by, trigger_price from exit_plans
           where closed_at is null and triggered_by is not null order by triggered_at limit $1::int4`,
    values: [limit],
  });
  return rows.map((row) => ({ planId: row.entry_order_id, firebaseUid: row.firebase_uid, symbol: row.symbol, by: row.triggered_by, triggerPrice: price(row.trigger_price) }));
}

/** Done: everything of the entry was sold, by the plan or otherwise. */
export async function closeExitPlan(tx: Db, planId: string): Promise<void> {
  await tx.query({ name: "close-exit-plan", text: "update exit_plans set closed_at = clock_timestamp() where entry_order_id = $1::uuid and closed_at is null", values: [planId] });
}
