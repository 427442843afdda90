import { useState } from "react";
import { price } from "../money/decimal-text.ts";
import { smallButtonClass } from "../settings/section.tsx";
import { clockTime } from "../words/time.ts";
import { fateOf, fateWords, madeWords, type PreviewedQuestion } from "./preview-words.ts";

/** As many as are read at a glance; the others come when they are asked for. */
const shownAtFirst = 6;

/** The same moments in words. A press on one shows in the chart what came of it. */
export function PreviewMoments({ questions, chosenId, onChoose, nowMs }: { questions: readonly PreviewedQuestion[]; chosenId: string | null; onChoose: (id: string | null) => void; nowMs: number }) {
  const [all, setAll] = useState(false);
  const shown = all ? questions : questions.slice(0, shownAtFirst);
  return (
    <>
      <ol aria-label="When it would have asked" className="mt-4 border-b border-line">
        {shown.map((question) => {
          const isChosen = question.id === chosenId;
          return (
            <li key={question.id} className="border-t border-line">
              <button type="button" aria-pressed={isChosen} onClick={() => onChoose(isChosen ? null : question.id)} className={`-mx-2 flex min-h-14 w-[calc(100%+1rem)] items-baseline justify-between gap-3 rounded-inner px-2 py-2 text-left transition-colors ${isChosen ? "bg-wash" : "hover:bg-wash/50"}`}>
                <span className="min-w-0">
                  <span className="block">
                    {clockTime(Date.parse(question.at), nowMs)} · at ${price(question.price)}
                  </span>
                  <span className="block text-small text-soft text-pretty">{fateWords(question)}</span>
                </span>
                {fateOf(question) === "bought" && <span className="shrink-0 text-small whitespace-nowrap">{madeWords(question.made_usd)}</span>}
              </button>
            </li>
          );
        })}
      </ol>
      {questions.length > shown.length && (
        <button type="button" onClick={() => setAll(true)} className={`${smallButtonClass} mt-3`}>
          Show all {questions.length}
        </button>
      )}
    </>
  );
}
