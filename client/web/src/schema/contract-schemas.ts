/** The contract's own schemas, as the server checks by them. Comes with the screens that edit. */
import { withReferences } from "@nod/contract/schema-references";
import { ConditionRule, LevelRule, ReferenceRule, RsiRule, TradingConfigOverride, type RuleType } from "@nod/contract/trading-config";
import type { JsonSchema, SchemaBook } from "./json-schema.ts";

type Named = Parameters<typeof withReferences>[0];

function book(schema: Named): SchemaBook {
  const named = new Map<string, JsonSchema>();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both are JSON Schema; ours names the keywords that are used
  const root = withReferences(schema, "#/$defs/", named as Parameters<typeof withReferences>[2]) as JsonSchema;
  return { root, named };
}

export const documentSchema = book(TradingConfigOverride);

const referenceRule = book(ReferenceRule);

/** A rule's whole shape, by its type. */
export const ruleSchemas: Readonly<Record<RuleType, SchemaBook>> = {
  price_below_pct_of_ref: referenceRule,
  price_above_pct_of_ref: referenceRule,
  price_crosses_level: book(LevelRule),
  rsi_threshold: book(RsiRule),
  condition: book(ConditionRule),
};
