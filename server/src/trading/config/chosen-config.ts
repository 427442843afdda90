import { didYouMean } from "@nod/contract/nearest-name";
import type { ProblemError } from "@nod/contract/problem";
import type { TradingConfig } from "@nod/contract/trading-config";
import type { Db } from "../../db/pool.ts";
import { readConfig, readTemplates } from "./config-table.ts";
import { resolveConfig, resolveTemplate } from "./resolve.ts";

/** `own` undefined: the stored document; `templateName` undefined: the user's own template. */
export type ConfigChoice = { own: unknown; templateName: string | undefined };

/** The config that would be in force with this document over this template; stores nothing. Errors of `own` point into it from `/own`. */
export async function chosenConfig(db: Db, firebaseUid: string, { own, templateName }: ConfigChoice): Promise<{ ok: true; config: TradingConfig } | { ok: false; errors: ProblemError[] }> {
  const stored = await readConfig(db, firebaseUid);
  if (stored === null) throw new Error("the user has no config although he was made sure to have one");
  const templates = templateName === undefined ? [] : await readTemplates(db);
  const document = templateName === undefined ? stored.template : templates.find(({ name }) => name === templateName)?.config;
  if (document === undefined) return { ok: false, errors: [{ pointer: "/template_name", message: `is not the name of a template${didYouMean(templateName ?? "", templates.map(({ name }) => name))}` }] };
  const template = resolveTemplate(document);
  if (!template.ok) return { ok: false, errors: [{ pointer: "/template_name", message: "is a template that this server cannot use" }] };
  const resolved = resolveConfig(template.config, own ?? stored.own);
  return resolved.ok ? resolved : { ok: false, errors: resolved.errors.map(({ pointer, message }) => ({ pointer: `/own${pointer}`, message })) };
}
