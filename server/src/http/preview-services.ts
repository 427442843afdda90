/** What would have been: a config over the last days, and the questions that were turned down. */
import { maxPreviewDays, type ReplayReport } from "@nod/contract/preview";
import { maxSkippedQuestions, type SkippedPage } from "@nod/contract/skipped";
import { compileExplainingValidator } from "@nod/contract/validators";
import { Type } from "typebox";
import { add, usd, zeroUsd } from "../core/decimal.ts";
import type { Pool } from "../db/pool.ts";
import { dbOfUser } from "../db/user-db.ts";
import { readSkippedQuestions } from "../pipeline/skipped-table.ts";
import { chosenConfig } from "../trading/config/chosen-config.ts";
import { measureSkipped } from "../trading/preview/measure-skipped.ts";
import { replayStored } from "../trading/preview/replay-stored.ts";
import { defaultCosts } from "../trading/replay/costs.ts";
import { approveAll } from "../trading/replay/replay.ts";
import type { PreviewOutcome, Previews } from "./services.ts";

/** The user's document is checked by itself, so that its faults are told as everywhere. */
const readWish = compileExplainingValidator(Type.Object({ own: Type.Optional(Type.Unknown()), template_name: Type.Optional(Type.String()), days: Type.Integer({ minimum: 1, maximum: maxPreviewDays }) }, { additionalProperties: false }));

/** Of all users together, in this process: each holds a session's minutes in memory. */
const maxAtOnce = 4;
/** Looked at before each session. Every call is answered within seven seconds. */
const maxPreviewMs = 5_000;
const retryAfterSeconds = 5;
/** What a previewed account begins with. */
const startsWithUsd = usd("10000");

export function previewsOf(pool: Pool, now: () => Promise<Date>): Previews {
  const running = new Set<string>();

  const preview = async (uid: string, body: unknown): Promise<PreviewOutcome> => {
    const wish = readWish(body);
    if (!wish.ok) return { kind: "invalid", errors: wish.errors };
    const { own, template_name: templateName, days } = wish.value;
    const chosen = await chosenConfig(dbOfUser(pool, uid), uid, { own, templateName });
    if (!chosen.ok) return { kind: "invalid", errors: chosen.errors };
    const report: ReplayReport = await replayStored(pool, { config: chosen.config, answers: approveAll, startsWithUsd, costs: defaultCosts, range: { lastDays: days }, now: await now(), maxMs: maxPreviewMs });
    return { kind: "previewed", report };
  };

  return {
    async preview(uid, body) {
      if (running.has(uid) || running.size >= maxAtOnce) return { kind: "busy", retryAfterSeconds };
      running.add(uid);
      try {
        return await preview(uid, body);
      } finally {
        running.delete(uid);
      }
    },
    async skipped(uid, days): Promise<SkippedPage> {
      const at = await now();
      const questions = await readSkippedQuestions(dbOfUser(pool, uid), uid, { days, limit: maxSkippedQuestions });
      const measured = await measureSkipped(pool, questions, at, defaultCosts);
      const page: SkippedPage = { questions: [], measured: 0, made_usd: zeroUsd, server_time: at.toISOString() };
      for (const [n, { id, outcome, askedAt, closedAt, metadata }] of questions.entries()) {
        const result = measured[n];
        const would = result?.kind === "measured" ? result.would : null;
        if (would !== null) {
          page.measured += 1;
          page.made_usd = add(usd(page.made_usd), would.madeUsd);
        }
        page.questions.push({
          question_id: id,
          rule_id: metadata.rule_id,
          rule_text: metadata.rule_text,
          symbol: metadata.symbol,
          side: metadata.order.side,
          outcome,
          asked_at: askedAt.toISOString(),
          closed_at: closedAt.toISOString(),
          price: metadata.price,
          would_have: would === null ? null : {
            qty: would.qty, entry_at: new Date(would.entryAtMs).toISOString(), entry_price: would.entryPrice, exit_at: new Date(would.exitAtMs).toISOString(), exit_price: would.exitPrice,
            because: would.because, fees_usd: would.feesUsd, made_usd: would.madeUsd,
          },
          unknown_because: result?.kind === "unknown" ? result.because : null,
        });
      }
      return page;
    },
  };
}
