import type { Foundation } from "./foundation.ts";
import { createAnswerService, type AnswerService } from "./pipeline/answer.ts";
import { createNoticeBranch } from "./pipeline/notice-branch.ts";
import { createPauseBranch } from "./pipeline/pause-branch.ts";
import { createTradingBranch } from "./pipeline/trading-branch.ts";
import type { ConfigSource } from "./trading/risk/risk-context-table.ts";

/** What this process's workers, if it has any, spare an answer: reading a config, and the notification's way through the database. */
export type AnswerLinks = { configs: ConfigSource; orderPlaced: () => void };

/** The one road of every answer, in the name of the user who gives it. */
export function createAnswers({ pool, settings, telemetry }: Pick<Foundation, "pool" | "settings" | "telemetry">, { configs, orderPlaced }: AnswerLinks): AnswerService {
  const { closed, watch, watchBranch } = telemetry.answers;
  const trading = watchBranch(createTradingBranch({ configs, settings, orderPlaced }));
  return watch(createAnswerService({ pool, branches: [trading, createNoticeBranch(), createPauseBranch()], onClosed: closed }));
}
