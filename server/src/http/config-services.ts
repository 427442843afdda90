import type { Pool } from "../db/pool.ts";
import { dbOfUser } from "../db/user-db.ts";
import { readTemplates } from "../trading/config/config-table.ts";
import { describeTemplates } from "../trading/config/templates.ts";
import { checkOwnConfig, chooseTemplate, readUserConfig, saveOwnConfig, toConfigResponse, type SaveOutcome } from "../trading/config/user-config.ts";
import type { Configs, ReplaceOutcome } from "./services.ts";

/** A user who is signed in has a config; only a user who was removed this very moment has none. */
const configMissing = (): Error => new Error("the user has no config although he was made sure to have one");

export function configsOf(pool: Pool): Configs {
  return {
    async read(uid) {
      const config = await readUserConfig(dbOfUser(pool, uid), uid);
      if (config === null) throw configMissing();
      return config.kind === "broken" ? config : { kind: "in_force", config: toConfigResponse(config) };
    },
    replace: async (uid, own, expectedRevision) => toReplaced(await saveOwnConfig(dbOfUser(pool, uid), uid, own, expectedRevision)),
    async check(uid, own, at) {
      const checked = await checkOwnConfig(dbOfUser(pool, uid), uid, own, at);
      if (checked === null) throw configMissing();
      return checked;
    },
    templates: async () => describeTemplates(await readTemplates(pool)),
    chooseTemplate: async (uid, choice, expectedRevision) => toReplaced(await chooseTemplate(dbOfUser(pool, uid), uid, choice, expectedRevision)),
  };
}

function toReplaced(outcome: SaveOutcome): ReplaceOutcome {
  if (outcome.kind === "not_found") throw configMissing();
  return outcome.kind === "saved" ? { kind: "replaced", config: toConfigResponse(outcome.config) } : outcome;
}
