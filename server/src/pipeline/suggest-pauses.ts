/** A rule that is skipped again and again asks whether to pause: whoever swipes everything away soon reads nothing any more. */
import type { Db, Pool } from "../db/pool.ts";
import type { CompiledConfig } from "../trading/rules/compiled-rule.ts";
import { describeRule } from "../trading/rules/describe-rule.ts";
import { askBatch, type AskFence } from "./ask.ts";
import type { QuestionShape, Recipient } from "./ask-statement.ts";
import { pausePipelineKey } from "./pause-branch.ts";

/** `skips`: noes in a row since the last yes, or since it was last asked whether to pause. */
export type Streak = { firebaseUid: string; ruleId: string; skips: number };

/** A no is looked at within this time after it was given. */
const lookBackMinutes = 10;
const secondsToAnswer = 86_400;

/** Of those who have just said no. One statement, whatever the number of users. */
export async function readStreaks(db: Db): Promise<Streak[]> {
  const { rows } = await db.query<{ firebase_uid: string; rule_id: string; skips: number }>(
    `with lately as (
       select distinct q.firebase_uid, q.source_tag, q.metadata ->> 'rule_id' as rule_id
         from questions q
        where q.status = 'rejected' and q.closed_at > now() - $1::int4 * interval '1 minute' and q.source_tag like 'trading:rule:%'
     )
     select l.firebase_uid, l.rule_id, s.skips
       from lately l
      cross join lateral (
        select count(*)::int4 as skips from questions q
         where q.firebase_uid = l.firebase_uid and q.source_tag = l.source_tag and q.status = 'rejected'
           and q.created_at > coalesce((
             select max(x.created_at) from questions x
              where x.firebase_uid = l.firebase_uid and ((x.source_tag = l.source_tag and x.status = 'approved') or x.source_tag = 'pause:rule:' || l.rule_id)
           ), '-infinity')
      ) s
      where l.rule_id is not null
      order by l.firebase_uid, l.rule_id`,
    [lookBackMinutes],
  );
  return rows.map((row) => ({ firebaseUid: row.firebase_uid, ruleId: row.rule_id, skips: row.skips }));
}

/** Asks those whose streak is as long as they want to be asked at. @returns how many were asked */
export async function suggestPauses(pool: Pool, configs: { get(firebaseUid: string): CompiledConfig | undefined }, fence: AskFence, at: Date): Promise<number> {
  const shapes: QuestionShape[] = [];
  const recipients: Recipient[] = [];
  for (const { firebaseUid, ruleId, skips } of await readStreaks(pool)) {
    const config = configs.get(firebaseUid);
    const rule = config?.effective.rules.find((each) => each.id === ruleId && each.enabled !== false);
    if (config === undefined || rule === undefined) continue;
    const { pauseAfterSkips } = config.restraint;
    if (pauseAfterSkips === 0 || skips < pauseAfterSkips) continue;
    const shape = shapes.push(shapeOf(rule.symbol, ruleId, describeRule(rule), skips, at)) - 1;
    const ownRevision = config.revision.slice(config.revision.indexOf(".") + 1);
    recipients.push({ firebaseUid, ownRevision, maxOpenQuestions: config.maxOpenQuestions, shape });
  }
  if (recipients.length === 0) return 0;
  return (await askBatch(pool, shapes, recipients, fence))?.asked.length ?? 0;
}

const shapeOf = (symbol: string, ruleId: string, ruleText: string, skips: number, at: Date): QuestionShape => ({
  pipelineKey: pausePipelineKey,
  subject: ruleId,
  pipelineStep: `${ruleId}:await_confirm`,
  sourceTag: `pause:rule:${ruleId}`,
  questionText: `You have skipped this rule ${skips} times in a row. Pause it? Swipe +10 to pause it, -10 to keep it. ${ruleText}`,
  kind: "swipe",
  correctAnswer: 10,
  metadata: JSON.stringify({ rule_id: ruleId, rule_text: ruleText, skips, about: symbol }),
  cooldownSeconds: 0,
  expiresInSeconds: secondsToAnswer,
  freshUntil: new Date(at.getTime() + secondsToAnswer * 1_000),
  reducesRisk: true,
  symbol: null,
  restraint: { perHour: null, perDay: null, onePerSymbol: false },
});
