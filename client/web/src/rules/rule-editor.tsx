import { useQuery } from "@tanstack/react-query";
import type { ConfigResponse } from "@nod/contract/config-exchange";
import type { SnoozeTime } from "@nod/contract/snooze";
import { useState } from "react";
import { wordsForFailure } from "../api/errors.ts";
import { navigate } from "../app/routes.ts";
import { useSaveConfig, wordsForUnsaved } from "../config/use-save-config.ts";
import { useServerNow } from "../live/use-server-now.ts";
import { snoozesQuery } from "../questions/queries.ts";
import { useSnooze } from "../questions/use-snooze.ts";
import { smallButtonClass } from "../settings/section.tsx";
import { clockTime } from "../words/time.ts";
import { RuleForm } from "./rule-form.tsx";
import { jsonOf, ruleOf, withoutRule } from "./rule-override.ts";
import { nameOf } from "./rule-words.ts";

const snoozes: readonly { time: SnoozeTime; label: string }[] = [
  { time: "hour", label: "For an hour" },
  { time: "today", label: "Not today" },
  { time: "week", label: "For a week" },
];

function Quiet({ ruleId }: { ruleId: string }) {
  const { data } = useQuery(snoozesQuery);
  const nowMs = useServerNow(30_000);
  const until = data?.snoozes.find((each) => each.rule_id === ruleId)?.until;
  const change = useSnooze(ruleId);
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 text-small text-soft">{until === undefined ? "Let it be quiet" : `Quiet until ${clockTime(Date.parse(until), nowMs)}`}</legend>
      <div className="flex flex-wrap gap-2">
        {until === undefined ? (
          snoozes.map(({ time, label }) => (
            <button key={time} type="button" disabled={change.isPending} onClick={() => change.mutate(time)} className={smallButtonClass}>
              {label}
            </button>
          ))
        ) : (
          <button type="button" disabled={change.isPending} onClick={() => change.mutate(null)} className={smallButtonClass}>
            Let it ask again
          </button>
        )}
      </div>
      <p role="alert" className="text-small text-amber empty:hidden">
        {change.error !== null && wordsForFailure(change.error)}
      </p>
    </fieldset>
  );
}

/** What the person wrote of a rule can be taken out again. */
function TakeOut({ config, ruleId }: { config: ConfigResponse; ruleId: string }) {
  const save = useSaveConfig(config);
  if (config.own.rules?.some(({ id }) => id === ruleId) !== true) return null;
  return (
    <div className="flex flex-col gap-2">
      <button type="button" disabled={save.isPending} onClick={() => save.mutate(withoutRule(jsonOf(config.own), ruleId), { onSuccess: () => navigate({ screen: "rules", place: { kind: "list" } }) })} className={`${smallButtonClass} self-start text-red`}>
        Take out what I wrote of this rule
      </button>
      <p className="text-small text-faint">A rule of the template {config.template_name} goes back to how the template has it; one of your own is gone.</p>
      <p role="alert" className="text-small text-amber empty:hidden">
        {save.error !== null && wordsForUnsaved(save.error)}
      </p>
    </div>
  );
}

export function RuleEditor({ config, ruleId }: { config: ConfigResponse; ruleId: string }) {
  // As it was when it was opened: a change from elsewhere does not take away what is being typed.
  const [opened] = useState(() => ruleOf(config, ruleId));
  if (opened === null) return <p className="px-5 py-8 text-soft">There is no rule of this name in your config any more.</p>;
  const before = jsonOf(opened);
  return (
    <>
      <h2 className="px-5 pb-4 text-lead font-strong tracking-tight">{nameOf(opened)}</h2>
      <RuleForm config={config} type={opened.type} before={before} initial={before}>
        <hr className="border-line" />
        <Quiet ruleId={ruleId} />
        <TakeOut config={config} ruleId={ruleId} />
      </RuleForm>
    </>
  );
}
