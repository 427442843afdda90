import type { TemplatesPage } from "@nod/contract/config-exchange";
import { describeRule } from "../rules/describe-rule.ts";
import type { StoredTemplate } from "./config-table.ts";
import { resolveTemplate } from "./resolve.ts";

/** What there is to choose from; a template that makes no sense is none. */
export function describeTemplates(stored: readonly StoredTemplate[]): TemplatesPage["templates"] {
  return stored.flatMap(({ name, title, description, config }) => {
    const resolved = resolveTemplate(config);
    if (!resolved.ok) return [];
    const { rules, data_inputs: inputs } = resolved.config;
    return [
      {
        name,
        title: title === "" ? name : title,
        description,
        symbols: [...new Set(inputs.flatMap((input) => input.symbols))],
        rule_texts: Object.fromEntries(rules.map((rule) => [rule.id, describeRule(rule)])),
      },
    ];
  });
}
