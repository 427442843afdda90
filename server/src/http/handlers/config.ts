import { refuse, type Handlers, type Refusal, type Reply } from "../call.ts";
import type { ReplaceOutcome, Services } from "../services.ts";

type ConfigOperations = "getTradingConfig" | "putTradingConfig" | "checkTradingConfig" | "listTemplates" | "chooseTemplate";

export function configHandlers({ configs, now }: Services): Pick<Handlers, ConfigOperations> {
  return {
    async getTradingConfig({ uid }) {
      const outcome = await configs.read(uid);
      if (outcome.kind === "in_force") return { kind: "reply", body: outcome.config, revision: outcome.config.revision };
      return refuse("validation_failed", {
        errors: outcome.errors,
        revision: outcome.revision,
        detail: "The stored config no longer makes sense, and nothing of it is in force. Put a new document in its place.",
      });
    },

    putTradingConfig: async ({ uid, body, ifMatch }) => replyReplaced(await configs.replace(uid, body, ifMatch)),

    async checkTradingConfig({ uid, body }) {
      const outcome = await configs.check(uid, body, await now());
      return outcome.kind === "invalid" ? refuse("validation_failed", { errors: outcome.errors }) : { kind: "reply", body: outcome.check };
    },

    async listTemplates() {
      return { kind: "reply", body: { templates: await configs.templates() } };
    },

    chooseTemplate: async ({ uid, body, ifMatch }) => replyReplaced(await configs.chooseTemplate(uid, body, ifMatch)),
  };
}

function replyReplaced(outcome: ReplaceOutcome): Refusal | Reply<"putTradingConfig"> {
  switch (outcome.kind) {
    case "replaced":
      return { kind: "reply", body: outcome.config, revision: outcome.config.revision };
    case "invalid":
      return refuse("validation_failed", { errors: outcome.errors });
    case "conflict":
      return refuse("revision_conflict", { revision: outcome.revision, detail: "The config was changed since it was read. Read it again; nothing was stored." });
  }
}
