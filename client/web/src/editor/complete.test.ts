import { CompletionContext } from "@codemirror/autocomplete";
import { json } from "@codemirror/lang-json";
import { EditorState } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { documentSchema } from "../schema/contract-schemas.ts";
import { pathOf } from "../schema/json-schema.ts";
import { completeFrom } from "./complete.ts";
import { placeOf } from "./json-places.ts";

/** `|` is the cursor. */
function labelsAt(marked: string): string[] {
  const position = marked.indexOf("|");
  const state = EditorState.create({ doc: marked.replace("|", ""), extensions: [json()] });
  const result = completeFrom(documentSchema)(new CompletionContext(state, position, true));
  return (result?.options ?? []).map(({ label }) => label);
}

describe("completion from the schema", () => {
  it("offers what an object may have and does not have yet", () => {
    expect(labelsAt('{ "mode": "paper", | }')).toEqual(expect.arrayContaining(['"rules"', '"guardrails"']));
    expect(labelsAt('{ "mode": "paper", | }')).not.toContain('"mode"');
    expect(labelsAt('{ "rules": [{ "id": "dip", "th|" }] }')).toContain('"threshold_pct"');
    expect(labelsAt('{ "guardrails": { | } }')).toContain('"max_orders_per_day"');
  });

  it("offers the values that a field names", () => {
    expect(labelsAt('{ "mode": "|" }')).toEqual(['"paper"', '"live"']);
    expect(labelsAt('{ "rules": [{ "type": "|" }] }')).toContain('"rsi_threshold"');
    expect(labelsAt('{ "enabled": | }')).toEqual(["true", "false"]);
  });

  it("knows conditions within conditions", () => {
    expect(labelsAt('{ "rules": [{ "when": { "all": [{ "op": "|" }] } }] }')).toEqual(expect.arrayContaining(['"<"', '"crosses_above"', '"between"']));
  });
});

describe("where a fault stands", () => {
  const text = '{\n  "rules": [\n    { "id": "dip", "threshold_pct": -200 }\n  ]\n}';
  const state = EditorState.create({ doc: text, extensions: [json()] });
  const at = (pointer: string): string => {
    const { from, to } = placeOf(state, pathOf(pointer));
    return text.slice(from, to);
  };

  it("is the value that its pointer names", () => {
    expect(at("/rules/0/threshold_pct")).toBe("-200");
    expect(at("/rules")).toBe('"rules"');
  });

  it("is the nearest thing around it when it is missing", () => {
    expect(at("/rules/0/symbol")).toBe("{");
    expect(at("/guardrails/max_orders_per_day")).toBe("{");
    expect(at("")).toBe("{");
  });
});
