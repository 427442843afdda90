/** "You have skipped this five times. Pause it?" A yes switches the rule off in the user's own document. */
import { pauseRule } from "../trading/config/config-table.ts";
import type { QuestionBranch } from "./branch.ts";
import { nothingFollows } from "./notice-branch.ts";

export const pausePipelineKey = "pause";

export function createPauseBranch(): QuestionBranch {
  return {
    key: pausePipelineKey,
    prepareAnswer: async () => ({
      numericBounds: () => null,
      approve: ({ question }) => {
        const ruleId = question.metadata["rule_id"];
        if (typeof ruleId !== "string") throw new Error(`question ${question.id} asks to pause no rule`);
        return { ...nothingFollows, write: (tx) => [pauseRule(tx, question.firebaseUid, ruleId)] };
      },
    }),
  };
}
