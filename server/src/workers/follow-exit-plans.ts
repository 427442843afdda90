/** Sells what was bought when the exits that were approved with it are reached, by the order path that every order takes. */
import { isPositive } from "../core/decimal.ts";
import { derivedUuid } from "../core/ids.ts";
import type { Db, Pool } from "../db/pool.ts";
import { lockUser } from "../db/user-lock.ts";
import { recordEvents } from "../trading/audit/events-table.ts";
import { announceOrders } from "../trading/orders/announce.ts";
import { eventOf } from "../trading/orders/apply-broker-event.ts";
import { advanceExitPlans, closeExitPlan, duePlans, type DuePlan } from "../trading/orders/exit-plans-table.ts";
import { readExit, type ExitReading } from "../trading/orders/exits-table.ts";
import { insertIntent } from "../trading/orders/intents-table.ts";
import { orderOf, placeOrder } from "../trading/orders/place-order.ts";
import { decideExit } from "../trading/risk/decide.ts";
import { insertDecision } from "../trading/risk/decisions-table.ts";
import type { ExitIntent } from "../trading/risk/intent.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";

export type ExitPlanLimits = {
  perPass: number;
  /** Before the second exit of a plan; twice as long before each one after, up to the longest. */
  firstPauseMs: number;
  longestPauseMs: number;
  /** An exit that was not sent within this time is made anew. */
  validForMs: number;
};

const defaultLimits: ExitPlanLimits = { perPass: 50, firstPauseMs: 5_000, longestPauseMs: 300_000, validForMs: 3_600_000 };

export type ExitPlanDeps = { pool: Pool; fence: DeskFence; settings: RiskSettings; limits?: Partial<ExitPlanLimits> };

/**
 * One pass; returns how many exits were put on the books. An exit's id follows from its plan and the number of the attempt, and it
 * is made under the user's lock: two processes, or a pass that was cut off, make one. Unlike a kill switch's, a plan that was set off
 * is never given up: a stop that the broker refused is tried again, at growing intervals, until what was bought is gone.
 */
export async function followExitPlans(deps: ExitPlanDeps): Promise<number> {
  const limits = { ...defaultLimits, ...deps.limits };
  await fencedTransaction(deps.pool, deps.fence, async (tx) => {
    const triggered = await advanceExitPlans(tx);
    await recordEvents(tx, triggered.map(({ firebaseUid, entryOrderId, by, price, entry, peak }) => ({ firebaseUid, orderId: entryOrderId, kind: "exit_triggered", data: { by, price, entry, peak } })));
  });
  let placed = 0;
  for (const plan of await duePlans(deps.pool, limits.perPass)) {
    if (await fencedTransaction(deps.pool, deps.fence, (tx) => exit(tx, deps.settings, limits, plan))) placed += 1;
  }
  return placed;
}

async function exit(tx: Db, settings: RiskSettings, limits: ExitPlanLimits, plan: DuePlan): Promise<boolean> {
  await lockUser(tx, plan.firebaseUid);
  const reading = await readExit(tx, plan, plan.planId);
  if (reading === null || (!isPositive(reading.sellable) && reading.context.openOrdersOfSymbol === 0)) {
    await closeExitPlan(tx, plan.planId);
    return false;
  }
  if (!isPositive(reading.sellable) || !isDue(reading, limits)) return false;
  const { at } = reading.context;
  const intent = exitOf(plan, reading, settings, limits);
  const { approved, decision } = decideExit(intent, reading.context, settings);
  if (approved === null) return false;
  const order = orderOf(approved, at);
  await insertIntent(tx, intent, at);
  await insertDecision(tx, { intentId: intent.id, stage: "answer", decision, at });
  await placeOrder(tx, approved, at);
  await announceOrders(tx, [order], [
    eventOf(order, "intent_proposed", { intent_id: intent.id, origin: intent.origin, exit_of: plan.planId, by: plan.by, symbol: intent.symbol, side: intent.side, qty: intent.qty, mode: intent.mode }),
    eventOf(order, "order_approved", { stage: "answer", code: null, limits: decision.limits }),
  ]);
  return true;
}

/** Doubling further would overflow before it could matter. */
const mostDoublings = 20;

function isDue({ attempts, lastAttemptAt, context }: ExitReading, { firstPauseMs, longestPauseMs }: ExitPlanLimits): boolean {
  if (lastAttemptAt === null) return true;
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts - 1, mostDoublings));
  return context.at.getTime() - lastAttemptAt.getTime() >= pauseMs;
}

function exitOf({ firebaseUid, symbol, planId, by, triggerPrice }: DuePlan, reading: ExitReading, settings: RiskSettings, limits: ExitPlanLimits): ExitIntent {
  return {
    id: derivedUuid("planned exit", planId, String(reading.attempts)),
    firebaseUid,
    origin: "exit_plan",
    questionId: null,
    ruleId: reading.ruleId,
    exitOf: planId,
    symbol,
    assetClass: reading.assetClass,
    side: "sell",
    orderType: "market",
    limitPrice: null,
    qty: reading.sellable,
    mode: settings.venue.environment,
    // An exit is not bound to a price: these say what was known when it was made.
    facts: { feed: reading.feed, price: reading.price, priceAsOf: reading.priceAsOf, maxStalenessSeconds: 0, maxDriftBps: 0 },
    background: { exit_plan: { entry_order_id: planId, by, trigger_price: triggerPrice }, attempt: reading.attempts + 1 },
    approvalExpiresAt: new Date(reading.context.at.getTime() + limits.validForMs),
  };
}
