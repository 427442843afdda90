import type { Handlers } from "../call.ts";
import { refuse } from "../call.ts";
import type { Services } from "../services.ts";

type QuestionOperations = "listQuestions" | "getQuestion" | "answerQuestion" | "undoAnswer" | "listSnoozes" | "snoozeRule";

export function questionHandlers({ questions, answers, undo, snoozes, now }: Services): Pick<Handlers, QuestionOperations> {
  return {
    async listQuestions({ uid }) {
      const [open, at] = await Promise.all([questions.open(uid), now()]);
      return { kind: "reply", body: { questions: open, server_time: at.toISOString() } };
    },

    async getQuestion({ uid, params }) {
      const question = await questions.one(uid, params.id);
      return question === null ? refuse("not_found") : { kind: "reply", body: question };
    },

    async answerQuestion({ uid, params, body, requestId }) {
      const outcome = await answers.answer(uid, params.id, body.answer, { via: "http", requestId });
      switch (outcome.kind) {
        case "answered":
          return { kind: "reply", body: outcome.result };
        case "not_found":
          return refuse("not_found");
        case "invalid":
          return refuse("validation_failed", { errors: outcome.errors });
        case "closed":
          return outcome.expired
            ? refuse("question_expired", { outcome: outcome.outcome, detail: "It expired before this answer came. No order was sent for this answer." })
            : refuse("question_closed", { outcome: outcome.outcome, detail: `It was closed before this answer came: ${outcome.outcome}. This answer changed nothing.` });
      }
    },

    async listSnoozes({ uid }) {
      return { kind: "reply", body: await snoozes.list(uid) };
    },

    async snoozeRule({ uid, body }) {
      return { kind: "reply", body: await snoozes.set(uid, body.rule_id, body.for) };
    },

    async undoAnswer({ uid, params, requestId }) {
      const outcome = await undo(uid, params.id, requestId);
      switch (outcome.kind) {
        case "undone":
          return { kind: "reply", body: outcome.order };
        case "not_found":
          return refuse("not_found");
        case "not_possible":
          return refuse("undo_not_possible", { outcome: outcome.stands, detail: outcome.why });
      }
    },
  };
}
