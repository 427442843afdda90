/** Sells what users hold whose kill switch says so, each position through the order path that every order takes. */
import { derivedUuid } from "../core/ids.ts";
import { isPositive } from "../core/decimal.ts";
import type { Db, Pool } from "../db/pool.ts";
import { lockUser } from "../db/user-lock.ts";
import { announceOrders } from "../trading/orders/announce.ts";
import { eventOf } from "../trading/orders/apply-broker-event.ts";
import { positionsToClose, readExit, type ExitReading, type PositionToClose } from "../trading/orders/exits-table.ts";
import { insertIntent } from "../trading/orders/intents-table.ts";
import { orderOf, placeOrder } from "../trading/orders/place-order.ts";
import { decideExit } from "../trading/risk/decide.ts";
import { insertDecision } from "../trading/risk/decisions-table.ts";
import type { ExitIntent } from "../trading/risk/intent.ts";
import type { RiskSettings } from "../trading/risk/risk-settings.ts";
import { fencedTransaction, type DeskFence } from "./desk-lease.ts";

export type FlattenLimits = {
  perPass: number;
  /** After this many exits of one position under one switch a person must look. */
  maxAttempts: number;
  /** Before the second exit of a position; twice as long before each one after. */
  firstPauseMs: number;
  /** An exit that was not sent within this time is made anew, with the position of then. */
  validForMs: number;
};

const defaultFlattenLimits: FlattenLimits = { perPass: 50, maxAttempts: 8, firstPauseMs: 5_000, validForMs: 3_600_000 };

export type FlattenDeps = { pool: Pool; fence: DeskFence; settings: RiskSettings; limits?: Partial<FlattenLimits> };

/**
 * One pass; returns how many exits were put on the books. What cannot be sold yet (the market is closed, an order of the
 * symbol is still being taken back) waits for the next pass. The id of an exit follows from the switch, the position and
 * the number of the attempt, and it is made under the user's lock: two processes, or a pass that was cut off, make one.
 */
export async function flattenPositions(deps: FlattenDeps): Promise<number> {
  const limits = { ...defaultFlattenLimits, ...deps.limits };
  const due = await positionsToClose(deps.pool, limits.perPass);
  let placed = 0;
  for (const position of due) if (await fencedTransaction(deps.pool, deps.fence, (tx) => closePosition(tx, deps.settings, limits, position))) placed += 1;
  return placed;
}

async function closePosition(tx: Db, settings: RiskSettings, limits: FlattenLimits, position: PositionToClose): Promise<boolean> {
  await lockUser(tx, position.firebaseUid);
  const reading = await readExit(tx, position);
  if (reading === null || !isPositive(reading.sellable) || !isDue(reading, limits)) return false;
  const { at } = reading.context;
  const intent = exitOf(position, reading, settings, limits);
  const { approved, decision } = decideExit(intent, reading.context, settings);
  if (approved === null) return false;
  const order = orderOf(approved, at);
  await insertIntent(tx, intent, at);
  await insertDecision(tx, { intentId: intent.id, stage: "answer", decision, at });
  await placeOrder(tx, approved, at);
  await announceOrders(tx, [order], [
    eventOf(order, "intent_proposed", { intent_id: intent.id, origin: intent.origin, symbol: intent.symbol, side: intent.side, qty: intent.qty, mode: intent.mode }),
    eventOf(order, "order_approved", { stage: "answer", code: null, limits: decision.limits }),
  ]);
  return true;
}

function isDue({ attempts, lastAttemptAt, context }: ExitReading, limits: FlattenLimits): boolean {
  if (lastAttemptAt === null) return true;
  const pauseMs = limits.firstPauseMs * 2 ** (attempts - 1);
  return attempts < limits.maxAttempts && context.at.getTime() - lastAttemptAt.getTime() >= pauseMs;
}

function exitOf({ firebaseUid, symbol }: PositionToClose, reading: ExitReading, settings: RiskSettings, limits: FlattenLimits): ExitIntent {
  const { killSwitch, at } = reading.context;
  return {
    id: derivedUuid("exit", firebaseUid, symbol, killSwitch?.scope ?? "", killSwitch?.since.toISOString() ?? "", String(reading.attempts)),
    firebaseUid,
    origin: "kill_switch",
    questionId: null,
    ruleId: null,
    exitOf: null,
    symbol,
    assetClass: reading.assetClass,
    side: "sell",
    orderType: "market",
    limitPrice: null,
    qty: reading.sellable,
    mode: settings.venue.environment,
    // An exit is not bound to a price: these say what was known when it was made.
    facts: { feed: reading.feed, price: reading.price, priceAsOf: reading.priceAsOf, maxStalenessSeconds: 0, maxDriftBps: 0 },
    background: { kill_switch: { scope: killSwitch?.scope ?? null, reason: killSwitch?.reason ?? null, since: killSwitch?.since.toISOString() ?? null }, attempt: reading.attempts + 1 },
    approvalExpiresAt: new Date(at.getTime() + limits.validForMs),
  };
}
