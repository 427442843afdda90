import type { Db } from "../../db/pool.ts";
import type { ExitIntent, TradeIntent } from "../risk/intent.ts";

/** The facts as the user was shown them, with the bounds that still hold at the POST. */
export type StoredFacts = { feed: string; price: string; price_as_of: string; max_staleness_seconds: number; max_drift_bps: number };

export async function insertIntent(db: Db, intent: TradeIntent | ExitIntent, at: Date): Promise<void> {
  const facts: StoredFacts = {
    feed: intent.facts.feed,
    price: intent.facts.price,
    price_as_of: intent.facts.priceAsOf.toISOString(),
    max_staleness_seconds: intent.facts.maxStalenessSeconds,
    max_drift_bps: intent.facts.maxDriftBps,
  };
  await db.query({
    name: "insert-intent",
    text: `
      insert into trade_intents (id, firebase_uid, origin, question_id, rule_id, symbol, asset_class, side, order_type, notional_usd, mode, facts, created_at, qty, exit_of, limit_price)
      values ($1::uuid, $2::text, $3::text, $4::uuid, $5::text, $6::text, $7::text, $8::text, $9::text, $10::numeric, $11::text, $12::jsonb, $13::timestamptz, $14::numeric, $15::uuid, $16::numeric)`,
    values: [
      intent.id, intent.firebaseUid, intent.origin, intent.questionId, intent.ruleId, intent.symbol, intent.assetClass, intent.side,
      intent.orderType, intent.origin === "rule" ? intent.notionalUsd : null, intent.mode, JSON.stringify({ ...intent.background, ...facts }), at,
      intent.qty, intent.origin === "rule" ? null : intent.exitOf, intent.limitPrice,
    ],
  });
}
