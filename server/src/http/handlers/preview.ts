import { maxSkippedDays } from "@nod/contract/skipped";
import { refuse, type Handlers } from "../call.ts";
import type { Services } from "../services.ts";

export function previewHandlers({ previews }: Services): Pick<Handlers, "previewTradingConfig" | "listSkipped"> {
  return {
    async previewTradingConfig({ uid, body }) {
      const outcome = await previews.preview(uid, body);
      switch (outcome.kind) {
        case "previewed":
          return { kind: "reply", body: outcome.report };
        case "invalid":
          return refuse("validation_failed", { errors: outcome.errors });
        case "busy":
          return refuse("rate_limited", { detail: "A preview is being worked out. Ask again when it is done.", retryAfterSeconds: outcome.retryAfterSeconds });
      }
    },
    listSkipped: async ({ uid, query }) => ({ kind: "reply", body: await previews.skipped(uid, query.days ?? maxSkippedDays) }),
  };
}
