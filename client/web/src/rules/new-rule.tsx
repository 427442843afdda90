import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ConfigResponse, TemplatesPage } from "@nod/contract/config-exchange";
import { ruleTypes, type RuleType } from "@nod/contract/trading-config";
import { useState } from "react";
import { RefusedError, wordsForFailure } from "../api/errors.ts";
import { http } from "../api/http.ts";
import { navigate } from "../app/routes.ts";
import { configQuery, statusQuery, templatesQuery } from "../questions/queries.ts";
import type { JsonObject } from "../schema/json-schema.ts";
import { smallButtonClass } from "../settings/section.tsx";
import { RuleForm } from "./rule-form.tsx";

type Template = TemplatesPage["templates"][number];

const kinds: Record<RuleType, string> = {
  price_below_pct_of_ref: "A price falls by so many percent",
  price_above_pct_of_ref: "A price rises by so many percent",
  price_crosses_level: "A price crosses a level",
  rsi_threshold: "The RSI reaches a level",
  condition: "A condition of your own",
};

/** What a rule of each kind begins with. It is only a beginning: nothing is saved before its person presses Save. */
function beginning(type: RuleType, symbol: string): JsonObject {
  const common = {
    id: "",
    type,
    symbol,
    on_answer_match: { action: "propose_order", side: "buy", notional_usd: 10 },
    cooldown_seconds: 3_600,
    expires_in_seconds: 300,
    max_staleness_seconds: 180,
    max_drift_bps: 50,
  };
  switch (type) {
    case "price_below_pct_of_ref":
      return { ...common, ref_metric: "prev_close", threshold_pct: -1.5, question_template: "{{symbol}} is down {{pct}}% vs yesterday. Buy for ${{notional}}?" };
    case "price_above_pct_of_ref":
      return { ...common, ref_metric: "prev_close", threshold_pct: 1.5, question_template: "{{symbol}} is up {{pct}}% vs yesterday. Buy for ${{notional}}?" };
    case "price_crosses_level":
      return { ...common, direction: "below", question_template: "{{symbol}} crossed its level, at ${{price}}. Buy for ${{notional}}?" };
    case "rsi_threshold":
      return { ...common, timeframe: "1Day", length: 14, op: "<", level: 30, question_template: "{{symbol}}'s RSI is low, at ${{price}}. Buy for ${{notional}}?" };
    case "condition":
      return { ...common, when: { op: "crosses_above", left: "last", right: { indicator: "sma", timeframe: "1Day", length: 20 } }, question_template: "{{symbol}} is at ${{price}}. Buy for ${{notional}}?" };
  }
}

function TemplateCard({ template, config }: { template: Template; config: ConfigResponse }) {
  const client = useQueryClient();
  const current = template.name === config.template_name;
  const choose = useMutation({
    mutationFn: (discardOwn: boolean) => http.chooseTemplate(template.name, discardOwn, config.revision),
    onSuccess: (saved) => {
      client.setQueryData(configQuery.queryKey, saved);
      void client.invalidateQueries({ queryKey: statusQuery.queryKey });
      navigate({ screen: "rules", place: { kind: "list" } });
    },
  });
  const doesNotFit = choose.error instanceof RefusedError && choose.error.code === "validation_failed";
  return (
    <li className="border-t border-line px-5 py-4">
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          <h3 className="font-strong">{template.title}</h3>
          <p className="mt-0.5 text-small text-soft text-pretty">{template.description}</p>
          <p className="mt-1 text-small text-faint">{template.symbols.join(", ")}</p>
        </div>
        {current ? (
          <span className="shrink-0 rounded-inner bg-wash px-2.5 py-0.5 text-small font-strong text-soft">In use</span>
        ) : (
          <button type="button" aria-label={`Use ${template.title}`} disabled={choose.isPending} onClick={() => choose.mutate(false)} className={`${smallButtonClass} shrink-0`}>
            Use
          </button>
        )}
      </div>
      {choose.error !== null && (
        <div role="alert" className="mt-2 flex flex-col items-start gap-2 text-small text-amber">
          <p>{doesNotFit ? "What you wrote yourself does not fit over this template. Nothing was changed." : wordsForFailure(choose.error)}</p>
          {doesNotFit && (
            <button type="button" onClick={() => choose.mutate(true)} className={`${smallButtonClass} text-ink`}>
              Use it, and drop what I wrote
            </button>
          )}
        </div>
      )}
    </li>
  );
}

/** A rule of one's own, of one kind or another; or a whole template under what one has. */
export function NewRule({ config }: { config: ConfigResponse }) {
  const [type, setType] = useState<RuleType | null>(null);
  const { data, error } = useQuery(templatesQuery);
  const symbol = config.effective.data_inputs.flatMap(({ symbols }) => symbols)[0] ?? "SPY";
  if (type !== null) {
    return (
      <>
        <h2 className="px-5 pb-4 text-lead font-strong tracking-tight">{kinds[type]}</h2>
        <RuleForm config={config} type={type} before={null} initial={beginning(type, symbol)} />
      </>
    );
  }
  return (
    <>
      <h2 className="px-5 pt-2 pb-2 text-small font-strong text-faint">A rule of your own: ask when</h2>
      <ul className="border-b border-line">
        {ruleTypes.map((each) => (
          <li key={each} className="border-t border-line">
            <button type="button" onClick={() => setType(each)} className="min-h-14 w-full px-5 text-left transition-colors hover:bg-wash/50">
              {kinds[each]}
            </button>
          </li>
        ))}
      </ul>
      <h2 className="px-5 pt-8 pb-2 text-small font-strong text-faint">Or a template, under what you have written yourself</h2>
      <ul className="border-b border-line">
        {data?.templates.map((template) => <TemplateCard key={template.name} template={template} config={config} />)}
        {data === undefined && <li className="border-t border-line px-5 py-4 text-soft">{error === null ? "Loading the templates." : wordsForFailure(error)}</li>}
      </ul>
    </>
  );
}
