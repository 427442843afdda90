import type { Decision } from "@nod/contract/denial";
import type { Db } from "../../db/pool.ts";

/** Keeps a verdict with the limits as they were seen: one at the answer and one right before each POST. */
export async function insertDecision(db: Db, decided: { intentId: string; stage: "answer" | "submit"; decision: Decision; at: Date }): Promise<void> {
  const { decision } = decided;
  await db.query({
    name: "insert-decision",
    text: `
      insert into risk_decisions (intent_id, stage, verdict, code, message, limits, decided_at)
      values ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::jsonb, $7::timestamptz)`,
    values: [decided.intentId, decided.stage, decision.verdict, decision.code, decision.message, JSON.stringify(decision.limits), decided.at],
  });
}
