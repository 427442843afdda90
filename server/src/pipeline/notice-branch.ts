/** Questions that only tell something: either end of the swipe acknowledges them. */
import type { Consequence, QuestionBranch } from "./branch.ts";

export const noticePipelineKey = "notice";

/** An approval that leads to nothing. */
export const nothingFollows: Consequence = {
  outcome: "approved",
  followUp: null,
  decision: null,
  order: null,
  phase: "done",
  write: () => [],
  outbox: [],
  events: [],
  committed: () => undefined,
  channels: [],
};

export function createNoticeBranch(): QuestionBranch {
  return {
    key: noticePipelineKey,
    prepareAnswer: async () => ({ takesAnyAnswer: true, numericBounds: () => null, approve: () => nothingFollows }),
  };
}
