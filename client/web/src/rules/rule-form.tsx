import type { ConfigResponse } from "@nod/contract/config-exchange";
import type { RuleType } from "@nod/contract/trading-config";
import { useState, type FormEvent, type ReactNode } from "react";
import { navigate } from "../app/routes.ts";
import { useConfigCheck, type Checked } from "../config/use-config-check.ts";
import { isConflict, useSaveConfig, wordsForUnsaved } from "../config/use-save-config.ts";
import { PreviewPanel } from "../preview/preview-panel.tsx";
import { ruleSchemas } from "../schema/contract-schemas.ts";
import type { JsonObject } from "../schema/json-schema.ts";
import { SchemaFields } from "../schema/schema-form.tsx";
import { faultsOfRule, jsonOf, placeOfRule, withRule } from "./rule-override.ts";

/** What the rule would do, in plain English, as the server reads it. */
function Meaning({ checked, ruleId }: { checked: Checked; ruleId: string }) {
  switch (checked.kind) {
    case "checking":
      return <p className="text-soft">Looking at what it means.</p>;
    case "unknown":
      return <p className="text-soft">It cannot be checked now: {checked.why}</p>;
    case "faulty":
      return <p className="text-soft">It does not make sense yet; what is missing stands at its field.</p>;
    case "fits":
      return (
        <>
          <p className="text-pretty">{checked.check.rule_texts[ruleId] ?? "It is switched off or has no effect."}</p>
          {checked.check.warnings.map(({ pointer, message }) => (
            <p key={`${pointer} ${message}`} className="mt-1 text-small text-amber">
              {pointer} {message}
            </p>
          ))}
        </>
      );
  }
}

export type RuleFormProps = {
  config: ConfigResponse;
  type: RuleType;
  /** As it is in force; null for a new one. */
  before: JsonObject | null;
  initial: JsonObject;
  /** What else can be done with it. */
  children?: ReactNode;
};

/** One rule in a form made from its schema; the server says at each pause whether it makes sense and what it means. */
export function RuleForm({ config, type, before, initial, children }: RuleFormProps) {
  const [rule, setRule] = useState<JsonObject>(initial);
  const save = useSaveConfig(config);
  const ownConfig = jsonOf(config.own);
  const id = typeof rule["id"] === "string" ? rule["id"] : "";
  const own = withRule(ownConfig, before, { ...rule, id });
  const checked = useConfigCheck(own);
  const faults = checked.kind === "faulty" ? faultsOfRule(checked.faults, placeOfRule(ownConfig, id)) : new Map<string, string>();
  const book = ruleSchemas[type];
  const taken = before === null && config.effective.rules.some((each) => each.id === id);
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (taken) return;
    save.mutate(own, { onSuccess: () => navigate({ screen: "rules", place: { kind: "list" } }) });
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-6 px-5 pb-8">
      <section aria-label="What it means" aria-live="polite" className="rounded-surface bg-card p-5 shadow-surface" data-checked={checked.kind}>
        <Meaning checked={checked} ruleId={id} />
      </section>
      {faults.get("") !== undefined && (
        <p role="alert" className="text-small text-red">
          {faults.get("")}
        </p>
      )}
      {taken && (
        <p role="alert" className="text-small text-red">
          There is a rule of that id already.
        </p>
      )}
      <SchemaFields book={book} schema={book.root} value={rule} faults={faults} pointer="" hidden={before === null ? ["type", "enabled"] : ["type", "enabled", "id"]} onChange={setRule} />
      <PreviewPanel own={own} rules={[{ id, symbol: typeof rule["symbol"] === "string" ? rule["symbol"] : "" }]} faulty={checked.kind === "faulty" || taken} />
      <p role="alert" className="text-small text-amber empty:hidden">
        {save.error !== null && (isConflict(save.error) ? "Your config was changed elsewhere meanwhile. Nothing was saved. What you wrote is still here: look at it, and save again to put it over what is there now." : wordsForUnsaved(save.error))}
      </p>
      <div className="flex gap-3">
        <button type="button" onClick={() => navigate({ screen: "rules", place: { kind: "list" } })} className="h-14 flex-1 rounded-surface bg-wash px-4 font-strong transition-colors hover:bg-wash-strong">
          Leave it
        </button>
        <button type="submit" disabled={save.isPending || checked.kind === "faulty" || taken} className="h-14 flex-[1.6] rounded-surface bg-accent px-4 font-strong text-on-accent transition-colors hover:bg-accent-strong disabled:opacity-45">
          {save.isPending ? "Saving" : "Save"}
        </button>
      </div>
      {children}
    </form>
  );
}
