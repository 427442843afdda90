import { useQueryClient } from "@tanstack/react-query";
import type { ConfigResponse } from "@nod/contract/config-exchange";
import type { Rule } from "@nod/contract/trading-config";
import { useMemo, useState } from "react";
import { navigate } from "../app/routes.ts";
import { useConfigCheck, type Checked } from "../config/use-config-check.ts";
import { isConflict, useSaveConfig, wordsForUnsaved } from "../config/use-save-config.ts";
import { JsonEditor, type Remark } from "../editor/json-editor.tsx";
import { PreviewPanel } from "../preview/preview-panel.tsx";
import { configQuery } from "../questions/queries.ts";
import { documentSchema } from "../schema/contract-schemas.ts";
import { smallButtonClass } from "../settings/section.tsx";

const written = (config: ConfigResponse): string => JSON.stringify(config.own, null, 2);

type Read = { kind: "document"; value: object } | { kind: "unreadable"; why: string };

function read(text: string): Read {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { kind: "document", value } : { kind: "unreadable", why: "A config is an object: it begins with { and ends with }." };
  } catch (error) {
    return { kind: "unreadable", why: `This is not JSON yet: ${error instanceof Error ? error.message : "it cannot be read"}.` };
  }
}

function remarksOf(checked: Checked): Remark[] {
  if (checked.kind === "faulty") return checked.faults.map((fault): Remark => ({ ...fault, severity: "error" }));
  return checked.kind === "fits" ? checked.check.warnings.map((warning): Remark => ({ ...warning, severity: "warning" })) : [];
}

/** Those that would be asking; of a document that nobody could look at, those that are. */
function rulesOnIn(checked: Checked, config: ConfigResponse): Rule[] {
  const { rules } = checked.kind === "fits" ? checked.check.effective : config.effective;
  return rules.filter(({ enabled }) => enabled !== false);
}

function Verdict({ document, checked }: { document: Read; checked: Checked }) {
  if (document.kind === "unreadable") return <p className="text-red">{document.why} Nothing is saved.</p>;
  switch (checked.kind) {
    case "checking":
      return <p className="text-soft">Checking.</p>;
    case "unknown":
      return <p className="text-amber">It cannot be checked now: {checked.why}</p>;
    case "faulty":
      return (
        <ul className="text-red" aria-label="Faults">
          {checked.faults.map(({ pointer, message }) => (
            <li key={`${pointer} ${message}`}>
              <code className="font-mono">{pointer === "" ? "/" : pointer}</code> {message}
            </li>
          ))}
        </ul>
      );
    case "fits":
      return (
        <>
          <p className="text-soft">
            It makes sense: {checked.check.effective.rules.filter(({ enabled }) => enabled !== false).length} rules would be on.
          </p>
          {checked.check.warnings.map(({ pointer, message }) => (
            <p key={`${pointer} ${message}`} className="text-amber">
              <code className="font-mono">{pointer}</code> {message}
            </p>
          ))}
        </>
      );
  }
}

/** The person's own document as text, with completion from the schema and every fault at its place. */
export function DocumentEditor({ config }: { config: ConfigResponse }) {
  const client = useQueryClient();
  const [opened, setOpened] = useState({ text: written(config), revision: config.revision, times: 0 });
  const [text, setText] = useState(opened.text);
  const document = useMemo(() => read(text), [text]);
  const checked = useConfigCheck(document.kind === "document" ? document.value : null);
  const remarks = useMemo(() => (document.kind === "document" ? remarksOf(checked) : []), [checked, document]);
  // Saved against what was opened, not against what has come meanwhile: a change from elsewhere is a conflict until it was seen.
  const save = useSaveConfig({ ...config, revision: opened.revision });
  const theirs = isConflict(save.error) ? client.getQueryData<ConfigResponse>(configQuery.queryKey) : undefined;
  const loadTheirs = (latest: ConfigResponse): void => {
    save.reset();
    setOpened({ text: written(latest), revision: latest.revision, times: opened.times + 1 });
    setText(written(latest));
  };
  const keepMine = (latest: ConfigResponse): void => {
    save.reset();
    setOpened({ ...opened, revision: latest.revision });
  };
  return (
    <div className="flex shrink-0 grow flex-col gap-4 px-5 pb-6">
      <h2 className="text-lead font-strong tracking-tight">Your config, over the template {config.template_name}</h2>
      <div className="min-h-[45dvh] flex-1 overflow-hidden rounded-surface border border-line bg-card">
        <JsonEditor key={opened.times} label="Your config as JSON" initial={opened.text} schema={documentSchema} remarks={remarks} onChange={setText} />
      </div>
      <section aria-label="What the server says" aria-live="polite" className="text-small" data-checked={document.kind === "document" ? checked.kind : "unreadable"}>
        <Verdict document={document} checked={checked} />
      </section>
      <PreviewPanel own={document.kind === "document" ? document.value : null} rules={rulesOnIn(checked, config)} faulty={document.kind === "unreadable" || checked.kind === "faulty"} />
      {save.error !== null && (
        <div role="alert" className="flex flex-col items-start gap-2 text-small text-amber">
          <p>{isConflict(save.error) ? "Your config was changed elsewhere since you opened it. Nothing was saved, and what you wrote is still here." : wordsForUnsaved(save.error)}</p>
          {theirs !== undefined && (
            <div className="flex flex-wrap gap-2 text-ink">
              <button type="button" onClick={() => loadTheirs(theirs)} className={smallButtonClass}>
                Show what is there now
              </button>
              <button type="button" onClick={() => keepMine(theirs)} className={smallButtonClass}>
                Keep mine, to save over it
              </button>
            </div>
          )}
        </div>
      )}
      <div className="flex gap-3">
        <button type="button" onClick={() => navigate({ screen: "rules", place: { kind: "list" } })} className="h-14 flex-1 rounded-surface bg-wash px-4 font-strong transition-colors hover:bg-wash-strong">
          Leave it
        </button>
        <button
          type="button"
          disabled={save.isPending || document.kind === "unreadable" || checked.kind === "faulty"}
          onClick={() => document.kind === "document" && save.mutate(document.value, { onSuccess: () => navigate({ screen: "rules", place: { kind: "list" } }) })}
          className="h-14 flex-[1.6] rounded-surface bg-accent px-4 font-strong text-on-accent transition-colors hover:bg-accent-strong disabled:opacity-45"
        >
          {save.isPending ? "Saving" : "Save"}
        </button>
      </div>
    </div>
  );
}
