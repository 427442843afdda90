import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ConfigResponse } from "@nod/contract/config-exchange";
import type { Rule } from "@nod/contract/trading-config";
import { RefusedError, wordsForFailure } from "../api/errors.ts";
import { http } from "../api/http.ts";
import { configQuery } from "../questions/queries.ts";
import type { RulesPlace } from "../app/routes.ts";
import { span } from "../words/time.ts";
import { withRuleSwitched } from "./rule-switch.ts";

function wordsForFailedSwitch(error: unknown): string {
  if (error instanceof RefusedError && error.code === "revision_conflict") return "Your config was changed elsewhere meanwhile. It has been loaded again; nothing was switched.";
  return wordsForFailure(error);
}

/** `ibm_dip` → `IBM dip`: the id as words, its symbol as it is written. */
function nameOf({ id, symbol }: Rule): string {
  return id
    .split("_")
    .map((word) => (word.toUpperCase() === symbol ? symbol : word))
    .join(" ");
}

function RuleCard({ rule, text, config }: { rule: Rule; text: string; config: ConfigResponse }) {
  const client = useQueryClient();
  const on = rule.enabled !== false;
  const change = useMutation({
    mutationFn: () => http.putConfig(withRuleSwitched(config.own, rule.id, !on), config.revision),
    onSuccess: (saved) => client.setQueryData(configQuery.queryKey, saved),
    onError: () => client.invalidateQueries({ queryKey: configQuery.queryKey }),
  });
  const name = nameOf(rule);
  return (
    <li className="border-t border-line px-5 py-4">
      <div className="flex items-start gap-4">
        <div className="min-w-0 flex-1">
          <h2 id={`rule-${rule.id}`} className="font-strong first-letter:uppercase">
            {name}
          </h2>
          <p className="mt-0.5 text-soft text-pretty">{text}</p>
          <p className="mt-1 text-small text-faint">At most once every {span(rule.cooldown_seconds * 1_000)}.</p>
        </div>
        <button
          type="button"
          role="switch"
          aria-checked={on}
          aria-labelledby={`rule-${rule.id}`}
          disabled={change.isPending}
          onClick={() => change.mutate()}
          className="-my-2 -mr-1.5 grid min-h-11 min-w-14 shrink-0 place-items-center"
        >
          <span className={`flex h-7 w-12 rounded-pill p-0.75 transition-colors ${on ? "bg-accent" : "bg-wash-strong"}`}>
            <span className={`size-5.5 rounded-pill bg-card transition-[translate] ${on ? "translate-x-5" : ""}`} />
          </span>
        </button>
      </div>
      <p role="alert" className="mt-2 text-small text-amber empty:hidden">
        {change.error !== null && wordsForFailedSwitch(change.error)}
      </p>
    </li>
  );
}

/** Every rule in plain English, with its switch. */
export function RulesScreen({ place }: { place: RulesPlace }) {
  void place;
  const { data: config, error } = useQuery(configQuery);
  return (
    <div className="mx-auto min-h-0 w-full max-w-2xl flex-1 overflow-y-auto pb-8">
      <h1 className="px-5 pt-2 pb-4 text-lead font-strong tracking-tight">Rules</h1>
      {error !== null && config === undefined && (
        <p role="alert" className="px-5 text-soft">
          {wordsForFailure(error)}
        </p>
      )}
      {config === undefined && error === null && <div className="bone mx-5 h-24" aria-busy="true" aria-label="Loading" />}
      {config !== undefined && (
        <ul className="border-b border-line">
          {config.effective.rules.map((rule) => (
            <RuleCard key={rule.id} rule={rule} text={config.rule_texts[rule.id] ?? rule.question_template} config={config} />
          ))}
          {config.effective.rules.length === 0 && <li className="border-t border-line px-5 py-8 text-soft">No rule yet, so nothing is asked.</li>}
        </ul>
      )}
    </div>
  );
}
