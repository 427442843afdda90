import type { Pool } from "../../src/db/pool.ts";
import { withTransaction } from "../../src/db/transaction.ts";
import { newUuid } from "../../src/core/ids.ts";
import { toTradingQuestions, type AskContext } from "../../src/pipeline/ask-trading.ts";
import { recordEvents } from "../../src/trading/audit/events-table.ts";
import { appendToOutbox } from "../../src/trading/outbox/outbox-table.ts";
import { compileConfig } from "../../src/trading/config/compile.ts";
import { readConfig, revisionOf } from "../../src/trading/config/config-table.ts";
import { resolveStoredConfig, resolveTemplate, type Resolved } from "../../src/trading/config/resolve.ts";
import { createFactBook } from "../../src/trading/market/fact-book.ts";
import { readLatestFactsOf } from "../../src/trading/market/facts-table.ts";
import { readSessions } from "../../src/trading/market/session-table.ts";
import type { CompiledConfig } from "../../src/trading/rules/compiled-rule.ts";
import { createRuleIndex, type Firing } from "../../src/trading/rules/rule-index.ts";

/** No proposal of the bench depends on its user. */
export const unknownToAll: AskContext = { group: "now", contextOf: () => ({ equity: null, sellable: null }) };

/**
 * The tick as it is usually written: user by user, read his config and the latest facts, evaluate, and ask each question in a
 * transaction of its own with the same checks and the same rows. The template is read once, facts come from the table of latest
 * facts, and rules are evaluated by the same code: only the loop is different.
 */
export async function tickUserByUser(pool: Pool, uids: readonly string[]): Promise<number> {
  const templates = new Map<string, Resolved>();
  let asked = 0;
  for (const uid of uids) {
    const config = await readCompiled(pool, uid, templates);
    if (config === null) continue;
    const [sessions, facts] = await Promise.all([readSessions(pool), readLatestFactsOf(pool, [...new Set(config.frames.map(({ rule }) => rule.symbol))])]);
    const book = createFactBook();
    book.absorb(facts);
    const index = createRuleIndex();
    const slots = index.add(uid, config);
    for (const firing of index.evaluate(book, sessions, new Set(), slots).firings) {
      if (await askOne(pool, firing)) asked += 1;
    }
  }
  return asked;
}

async function readCompiled(pool: Pool, uid: string, templates: Map<string, Resolved>): Promise<CompiledConfig | null> {
  const stored = await readConfig(pool, uid);
  if (stored === null) return null;
  const template = templates.get(stored.templateName) ?? resolveTemplate(stored.template);
  templates.set(stored.templateName, template);
  const resolved = template.ok ? resolveStoredConfig(template.config, stored.own) : template;
  return resolved.ok ? compileConfig(resolved.config, revisionOf(stored)) : null;
}

async function askOne(pool: Pool, firing: Firing): Promise<boolean> {
  const [shape] = toTradingQuestions([firing], unknownToAll).shapes;
  if (shape === undefined) return false;
  const { firebaseUid, rule } = firing;
  return withTransaction(pool, async (tx) => {
    const state = await tx.query(
      "select from user_pipeline_state where firebase_uid = $1 and pipeline_key = $2 and subject = $3 and (cooldown_until > now() or phase in ('await_confirm', 'submit_order')) for update",
      [firebaseUid, shape.pipelineKey, shape.subject],
    );
    if (state.rowCount !== 0) return false;
    const halted = await tx.query("select from kill_switches where scope = 'all' or firebase_uid = $1", [firebaseUid]);
    if (halted.rowCount !== 0) return false;
    const open = await tx.query<{ count: number }>("select count(*)::int4 as count from questions where firebase_uid = $1 and status = 'open'", [firebaseUid]);
    if ((open.rows[0]?.count ?? 0) >= rule.config.maxOpenQuestions) return false;
    const id = newUuid();
    await tx.query(
      `insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, metadata, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10::int4 * interval '1 second')`,
      [id, firebaseUid, shape.questionText, shape.kind, shape.correctAnswer, shape.pipelineKey, shape.pipelineStep, shape.sourceTag, shape.metadata, shape.expiresInSeconds],
    );
    await tx.query(
      `insert into user_pipeline_state (firebase_uid, pipeline_key, subject, phase, question_id, cooldown_until)
       values ($1, $2, $3, 'await_confirm', $4, now() + $5::int4 * interval '1 second')
       on conflict (firebase_uid, pipeline_key, subject) do update set phase = excluded.phase, question_id = excluded.question_id, cooldown_until = excluded.cooldown_until`,
      [firebaseUid, shape.pipelineKey, shape.subject, id, shape.cooldownSeconds],
    );
    await recordEvents(tx, [{ firebaseUid, kind: "question_asked", questionId: id, data: { source_tag: shape.sourceTag } }]);
    await appendToOutbox(tx, [{ firebaseUid, kind: "question_asked", refId: id }]);
    await tx.query(
      "insert into user_trading_state (firebase_uid, last_eval_at) values ($1, now()) on conflict (firebase_uid) do update set last_eval_at = now()",
      [firebaseUid],
    );
    return true;
  });
}
