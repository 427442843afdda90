import type { Question } from "@nod/contract/question";
import { compareDecimals, percentSize, price as formatPrice } from "../money/decimal-text.ts";
import { isTradingQuestion } from "../questions/trading-question.ts";
import { comparedWith } from "../words/market.ts";

/** What happened, as a sentence with its number large. Questions of other pipelines are their own sentence. */
export function Headline({ question, id }: { question: Question; id: string }) {
  if (!isTradingQuestion(question)) {
    return (
      <h2 id={id} className="text-lead font-strong tracking-tight text-pretty">
        {question.question_text}
      </h2>
    );
  }
  const { symbol, price, ref, pct, ref_metric } = question.metadata;
  const direction = compareDecimals(price, ref) < 0 ? "down" : "up";
  return (
    <h2 id={id} className="text-lead tracking-tight text-soft">
      {symbol} is {direction}
      <span className="block text-figure font-strong text-ink">{percentSize(pct)}&#x202f;%</span>
      {comparedWith[ref_metric]}, at ${formatPrice(price)}
    </h2>
  );
}
