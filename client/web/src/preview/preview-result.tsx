import type { ReplayReport } from "@nod/contract/preview";
import { useState } from "react";
import { sumOf } from "../money/decimal-text.ts";
import { nameOf } from "../rules/rule-words.ts";
import { PreviewChart } from "./preview-chart.tsx";
import { PreviewMoments } from "./preview-moments.tsx";
import { daysOf } from "./price-path.ts";
import { caveatsOf, fateOf, madeWords, rangeWords, type PreviewedQuestion } from "./preview-words.ts";

export type TriedRule = { id: string; symbol: string };

/** By rule: one is looked at, since each has a price of its own. */
function RuleChoice({ rules, countOf, chosenId, onChoose }: { rules: readonly TriedRule[]; countOf: (id: string) => number; chosenId: string | null; onChoose: (id: string) => void }) {
  return (
    <fieldset className="mt-4">
      <legend className="sr-only">Which rule</legend>
      <div className="flex flex-wrap gap-2">
        {rules.map((rule) => {
          const isChosen = rule.id === chosenId;
          return (
            <label key={rule.id} className={`flex min-h-11 cursor-pointer items-center gap-2 rounded-pill border px-4 text-small font-strong transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-3 ${isChosen ? "border-ink bg-wash" : "border-line hover:bg-wash/50"}`}>
              <input type="radio" name="previewed-rule" value={rule.id} checked={isChosen} onChange={() => onChoose(rule.id)} className="sr-only" />
              {nameOf(rule)}
              <span className="font-plain text-soft">{countOf(rule.id)}</span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

function Made({ questions }: { questions: readonly PreviewedQuestion[] }) {
  const bought = questions.filter((question) => fateOf(question) === "bought");
  if (bought.length === 0) return null;
  const won = bought.filter(({ made_usd: made }) => madeWords(made).startsWith("▲")).length;
  return (
    <p className="text-right whitespace-nowrap">
      <span className="block text-lead font-strong">{madeWords(sumOf(bought.map(({ made_usd: made }) => made)))}</span>
      <span className="block text-small text-soft">
        {won} of {bought.length} gained
      </span>
    </p>
  );
}

/** What a preview found: how often, when, on which price, and what would have come of it. */
export function PreviewResult({ report, rules, wantedDays, nowMs }: { report: ReplayReport; /** One, or all that are on. */ rules: readonly TriedRule[]; wantedDays: number; nowMs: number }) {
  const byRule = Map.groupBy(report.questions, ({ rule_id: id }) => id);
  const countOf = (id: string): number => byRule.get(id)?.length ?? 0;
  const busiest = rules.toSorted((left, right) => countOf(right.id) - countOf(left.id));
  const [picked, setPicked] = useState<string | null>(null);
  const [chosenId, setChosenId] = useState<string | null>(null);
  const rule = busiest.find(({ id }) => id === picked) ?? busiest[0];
  const questions = rule === undefined ? [] : (byRule.get(rule.id) ?? []);
  const days = daysOf(report.prices.find(({ symbol }) => symbol === rule?.symbol));
  const others = report.questions.length - questions.length;
  return (
    <div data-preview="report">
      {rules.length > 1 && <RuleChoice rules={busiest} countOf={countOf} chosenId={rule?.id ?? null} onChoose={setPicked} />}
      <div className="mt-5 flex items-end justify-between gap-4">
        <p>
          <span className="block text-figure font-strong tracking-tight">{questions.length}</span>
          <span className="block text-small text-soft">
            {questions.length === 1 ? "question" : "questions"} {rangeWords(days)}
          </span>
        </p>
        <Made questions={questions} />
      </div>
      {rule !== undefined && <PreviewChart symbol={rule.symbol} questions={questions} report={report} chosenId={chosenId} />}
      {questions.length > 0 && <PreviewMoments key={rule?.id} questions={questions} chosenId={chosenId} onChoose={setChosenId} nowMs={nowMs} />}
      {rules.length === 1 && others > 0 && <p className="mt-3 text-small text-soft">Your other rules would have asked {others === 1 ? "once" : `${others} times`} in the same days.</p>}
      <ul aria-label="What to know about it" className="mt-4 flex flex-col gap-1 text-small text-faint">
        {caveatsOf(report, { wanted: wantedDays, seen: days.length }).map((caveat) => (
          <li key={caveat} className="text-pretty">
            {caveat}
          </li>
        ))}
      </ul>
    </div>
  );
}
