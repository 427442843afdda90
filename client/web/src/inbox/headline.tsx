import type { Question } from "@nod/contract/question";
import { memo } from "react";
import { compareDecimals, percentSize, price as formatPrice } from "../money/decimal-text.ts";
import { isTradingQuestion, referenceOf } from "../questions/trading-question.ts";
import { comparedWith } from "../words/market.ts";

/** What happened, as a sentence with its number large. Questions of other pipelines are their own sentence. */
export const Headline = memo(function Headline({ question, id }: { question: Question; id: string }) {
  if (!isTradingQuestion(question)) {
    return (
      <h2 id={id} className="text-lead font-strong tracking-tight text-pretty">
        {question.question_text}
      </h2>
    );
  }
  const { symbol, price } = question.metadata;
  const reference = referenceOf(question.metadata);
  if (reference === null) {
    return (
      <h2 id={id} className="text-lead tracking-tight text-soft">
        {symbol} is at
        <span className="block text-figure font-strong text-ink">${formatPrice(price)}</span>
        {question.question_text}
      </h2>
    );
  }
  const direction = compareDecimals(price, reference.price) < 0 ? "down" : "up";
  return (
    <h2 id={id} className="text-lead tracking-tight text-soft">
      {symbol} is {direction}
      <span className="block text-figure font-strong text-ink">{percentSize(reference.pct)}&#x202f;%</span>
      {comparedWith[reference.metric]}, at ${formatPrice(price)}
    </h2>
  );
});
