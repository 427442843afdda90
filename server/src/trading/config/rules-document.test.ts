import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkRule } from "@nod/contract/check-rule";
import {
  accountFields, bandMoves, bandTests, barFields, changeReferences, clockFields, Condition, comparisons, crossings, factNames, firingModes, firingSessions, indicatorNames, positionFields,
  ruleLimits, timeframes, trends,
} from "@nod/contract/rule-language";
import { orderSizes } from "@nod/contract/action";
import { limits, Restraint, Rule, ruleTypes, TradingConfig } from "@nod/contract/trading-config";
import { compileValidator } from "@nod/contract/validators";
import { anyCondition } from "../../../../packages/contract/test/support/any-rule.ts";
import { describeCondition } from "../rules/describe-condition.ts";
import { createSpeaker } from "../rules/describe-operand.ts";
import { describeRule } from "../rules/describe-rule.ts";
import { needsOf } from "../rules/needs.ts";
import { mergeConfig } from "./merge.ts";

const docs = new URL("../../../../docs/", import.meta.url);
const seeds = new URL("../../../seeds/templates/", import.meta.url);
const read = (file: string, folder = docs): string => readFileSync(new URL(file, folder), "utf8");

type Block = { kind: string; document: unknown; says: string };

/** Each JSON block of a page, with what it is of and the sentence after it. */
function blocksOf(page: string): Block[] {
  return [...page.matchAll(/```json (\w+)\n([\s\S]*?)```\n(?:> (.*)\n)?/g)].map(([, kind = "", text = "", says = ""]) => ({ kind, document: JSON.parse(text), says }));
}

const readRule = compileValidator(Rule);
const readCondition = compileValidator(Condition);
const readRestraint = compileValidator(Restraint);
const readConfig = compileValidator(TradingConfig);

function ruleOf(document: unknown): Rule {
  const rule = readRule(document);
  if (!rule.ok) throw new Error(JSON.stringify(rule.errors));
  return rule.value;
}
const terms = { id: "r", symbol: "SPY", question_template: "?", on_answer_match: { action: "notify" }, cooldown_seconds: 0, expires_in_seconds: 60, max_staleness_seconds: 60, max_drift_bps: 50 };

describe("docs/rules.md", () => {
  const page = read("rules.md");
  const blocks = blocksOf(page);

  test.each(blocks.filter(({ kind }) => kind === "rule"))("shows rules that are accepted, and says what they say: $says", ({ document, says }) => {
    const rule = ruleOf(document);
    expect(checkRule(rule)).toEqual([]);
    expect(describeRule(rule)).toBe(says);
  });

  test.each(blocks.filter(({ kind }) => kind === "condition"))("shows conditions that are accepted, and says what they say: $says", ({ document, says }) => {
    const condition = readCondition(document);
    if (!condition.ok) throw new Error(JSON.stringify(condition.errors));
    expect(checkRule(ruleOf({ ...terms, type: "condition", when: document }))).toEqual([]);
    expect(describeCondition(condition.value, createSpeaker("SPY"))).toBe(says);
  });

  test("shows a restraint that is accepted, and no block of any other kind", () => {
    expect(blocks.map(({ kind }) => kind).filter((kind) => kind !== "rule" && kind !== "condition")).toEqual(["restraint"]);
    expect(readRestraint(blocks.find(({ kind }) => kind === "restraint")?.document)).toMatchObject({ ok: true });
  });

  test("names every word of the language", () => {
    const words = [
      ...factNames, ...barFields, ...indicatorNames, ...positionFields, ...accountFields, ...clockFields, ...comparisons, ...bandTests, ...crossings, ...bandMoves, ...trends, ...changeReferences,
      ...firingModes, ...firingSessions, ...timeframes, ...orderSizes, ...ruleTypes,
    ];
    expect(words.filter((word) => !page.includes(`\`${word}\``) && !page.includes(`"${word}"`))).toEqual([]);
  });

  test("tells the limits as they are", () => {
    const said = [limits.rules, ruleLimits.depth, ruleLimits.nodes, ruleLimits.operands, ruleLimits.length, ruleLimits.history, `${limits.questionTemplateLength} characters`];
    for (const limit of said) expect(page).toContain(`| ${limit.toLocaleString("en")}`);
    expect([ruleLimits.offset, ruleLimits.heldForSeconds]).toEqual([ruleLimits.length, 86_400]);
  });
});

test("what the checker lets pass, the engine can keep", () => {
  fc.assert(
    fc.property(anyCondition, (when) => {
      if (checkRule(ruleOf({ ...terms, type: "condition", when })).length > 0) return;
      for (const { bars } of needsOf([when]).history) expect(bars).toBeLessThanOrEqual(ruleLimits.history);
    }),
  );
});

const names = readdirSync(seeds).map((file) => file.replace(/\.sql$/, ""));

test("every template has a page of its own, and every page its template", () => {
  expect(readdirSync(new URL("templates/", docs)).toSorted()).toEqual(names.map((name) => `${name}.md`).toSorted());
});

describe.each(names)("the template %s", (name) => {
  const sql = read(`${name}.sql`, seeds);
  const document: unknown = JSON.parse(/\$json\$([\s\S]*?)\$json\$/.exec(sql)?.[1] ?? "null");
  const config = readConfig(document);

  test("is a complete paper config whose rules make sense", () => {
    if (!config.ok) throw new Error(JSON.stringify(config.errors));
    expect(config.value).toMatchObject({ enabled: true, mode: "paper", guardrails: { require_question_before_order: true } });
    for (const rule of config.value.rules) expect(checkRule(rule)).toEqual([]);
  });

  test("is told on its page, rule by rule, with changes that can be made to it", () => {
    if (!config.ok) throw new Error(JSON.stringify(config.errors));
    const page = read(`templates/${name}.md`);
    for (const rule of config.value.rules) expect(page).toContain(`- \`${rule.id}\`: ${describeRule(rule)}`);
    const overrides = blocksOf(page);
    expect(overrides.map(({ kind }) => kind)).toContain("override");
    for (const { document: own } of overrides) {
      const merged = readConfig(mergeConfig(Object(document), Object(own)));
      if (!merged.ok) throw new Error(JSON.stringify(merged.errors));
      for (const rule of merged.value.rules) expect(checkRule(rule)).toEqual([]);
    }
  });
});
