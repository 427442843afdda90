import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ConfigResponse } from "@nod/contract/config-exchange";
import type { Rule } from "@nod/contract/trading-config";
import { wordsForFailure } from "../api/errors.ts";
import { Link } from "../app/link.tsx";
import { isConflict, useSaveConfig, wordsForUnsaved } from "../config/use-save-config.ts";
import { useServerNow } from "../live/use-server-now.ts";
import { configQuery, ruleStandingsQuery } from "../questions/queries.ts";
import { Switch } from "../settings/section.tsx";
import { span } from "../words/time.ts";
import { withRuleSwitched } from "./rule-switch.ts";
import { nameOf } from "./rule-words.ts";
import { lastWords, nextWords, type RuleStanding } from "./standing-words.ts";

function RuleCard({ rule, text, config, standing }: { rule: Rule; text: string; config: ConfigResponse; /** Undefined until it is known; null when nobody can tell. */ standing: RuleStanding | null | undefined }) {
  const client = useQueryClient();
  const nowMs = useServerNow(30_000);
  const on = rule.enabled !== false;
  const change = useSaveConfig(config);
  const name = nameOf(rule);
  return (
    <li className="border-t border-line px-5 py-4">
      <div className="flex items-start gap-4">
        <Link to={{ screen: "rules", place: { kind: "rule", ruleId: rule.id } }} className="min-w-0 flex-1">
          <h2 id={`rule-${rule.id}`} className="font-strong">
            {name}
          </h2>
          <p className="mt-0.5 text-soft text-pretty">{text}</p>
          <p className="mt-1 text-small text-faint">
            {rule.mode === "auto" ? "Orders without asking, on paper. " : ""}
            {rule.cooldown_seconds > 0 ? `At most once every ${span(rule.cooldown_seconds * 1_000)}.` : ""}
          </p>
          {standing === undefined && <span className="bone mt-1 block h-4.5 w-56" aria-hidden="true" />}
          {standing !== undefined && standing !== null && (
            <p className="mt-1 text-small text-soft" data-standing={standing.holds[0]?.because ?? "ready"}>
              {lastWords(standing, nowMs)} {nextWords(standing, nowMs)}
            </p>
          )}
        </Link>
        <Switch
          on={on}
          disabled={change.isPending}
          labelledBy={`rule-${rule.id}`}
          onChange={(wanted) => change.mutate(withRuleSwitched(config.own, rule.id, wanted), { onError: () => void client.invalidateQueries({ queryKey: configQuery.queryKey }) })}
        />
      </div>
      <p role="alert" className="mt-2 text-small text-amber empty:hidden">
        {change.error !== null && (isConflict(change.error) ? "Your config was changed elsewhere meanwhile. It has been loaded again; nothing was switched." : wordsForUnsaved(change.error))}
      </p>
    </li>
  );
}

const wide = "grid h-14 place-items-center rounded-surface bg-wash px-4 font-strong transition-colors hover:bg-wash-strong";

/** Every rule in plain English, with its switch; a press on it opens it. */
export function RulesList({ config }: { config: ConfigResponse }) {
  const { data: standings, error } = useQuery(ruleStandingsQuery);
  return (
    <>
      {standings === undefined && error !== null && (
        <p role="alert" className="px-5 pb-4 text-small text-soft">
          When each can ask next is not known at the moment. {wordsForFailure(error)}
        </p>
      )}
      <ul className="border-b border-line">
        {config.effective.rules.map((rule) => (
          <RuleCard key={rule.id} rule={rule} text={config.rule_texts[rule.id] ?? rule.question_template} config={config} standing={standings === undefined && error === null ? undefined : (standings?.rules.find((each) => each.id === rule.id) ?? null)} />
        ))}
        {config.effective.rules.length === 0 && <li className="border-t border-line px-5 py-8 text-soft">No rule yet, so nothing is asked.</li>}
      </ul>
      <div className="flex flex-col gap-3 px-5 pt-6">
        <Link to={{ screen: "rules", place: { kind: "new" } }} className={wide}>
          Add a rule
        </Link>
        <Link to={{ screen: "rules", place: { kind: "document" } }} className="grid min-h-11 place-items-center text-small text-soft underline decoration-line underline-offset-4 hover:decoration-ink">
          Edit everything as JSON
        </Link>
      </div>
    </>
  );
}
