/** Says yes for rules that order without asking: by the one road that every answer takes, with every guardrail on it. */
import type { Pool } from "../db/pool.ts";
import type { AnswerService } from "../pipeline/answer.ts";
import { startInterval, type IntervalLoop } from "./interval.ts";

export type AutoAnswerSettings = {
  pool: Pool;
  answers: AnswerService;
  onError: (error: unknown) => void;
  /** Default 500. Whoever asks wakes it besides. */
  intervalMs?: number;
};

const perPass = 100;

/** Whoever has the lease of it does it; where two do all the same, a question is answered once. */
export function startAutoAnswers({ pool, answers, onError, intervalMs = 500 }: AutoAnswerSettings): IntervalLoop {
  return startInterval({
    intervalMs,
    run: async () => {
      const { rows } = await pool.query<{ id: string; firebase_uid: string; correct_answer: string }>({
        name: "auto-questions",
        text: `select id, firebase_uid, correct_answer from questions
               where status = 'open' and metadata ? 'auto' and pipeline_key = 'trading' and correct_answer is not null and expires_at > clock_timestamp()
               order by created_at limit $1::int4`,
        values: [perPass],
      });
      for (const { id, firebase_uid: uid, correct_answer: yes } of rows) {
        await answers.answer(uid, id, Number(yes), { via: "auto", requestId: null }).catch(onError);
      }
      return rows.length === perPass ? { nextInMs: 0 } : undefined;
    },
    onError,
  });
}
