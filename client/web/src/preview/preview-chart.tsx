import type { ReplayReport } from "@nod/contract/preview";
import { price, toPlotNumber } from "../money/decimal-text.ts";
import { fateOf, rangeWords, type Fate, type PreviewedQuestion } from "./preview-words.ts";
import { daysOf, pricePath, type PricePath } from "./price-path.ts";

/** The form says it too: full where something was bought, a ring where a limit said no, small where nothing came of it. */
const markClass: Record<Fate, string> = {
  bought: "size-2.5 bg-accent",
  denied: "size-2.5 border-2 border-amber bg-card",
  unfilled: "size-2 border-2 border-faint bg-card",
  told: "size-2 bg-ink",
};
const fateNames: Record<Fate, string> = { bought: "order filled", denied: "denied by a limit", unfilled: "not filled", told: "told" };

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "numeric", minute: "2-digit", hourCycle: "h23" });

function Mark({ question, path, chosen }: { question: PreviewedQuestion; path: PricePath; chosen: boolean }) {
  const place = { left: `${path.x(Date.parse(question.at))}%`, top: `${path.y(toPlotNumber(question.price))}%` };
  return <span data-mark={question.id} className={`absolute -translate-1/2 rounded-pill ring-2 ${chosen ? "z-10 ring-6 ring-ink/15" : "ring-card"} ${markClass[fateOf(question)]}`} style={place} />;
}

/** Where the chosen one was bought and sold. */
function Fills({ question, path }: { question: PreviewedQuestion; path: PricePath }) {
  return question.fills.map(({ at, side, price: paid, because }) => (
    <span key={`${at} ${because}`} className="chart-label absolute z-10 -translate-x-1/2 text-small leading-none text-ink" style={{ left: `${path.x(Date.parse(at))}%`, top: `calc(${path.y(toPlotNumber(paid))}% ${side === "buy" ? "+ 0.5rem" : "- 1.25rem"})` }}>
      {side === "buy" ? "▲" : "▼"}
    </span>
  ));
}

/** The price over the days, and every moment at which the rule would have asked. The list beside it says the same in words. */
export function PreviewChart({ symbol, questions, report, chosenId }: { symbol: string; questions: readonly PreviewedQuestion[]; report: ReplayReport; chosenId: string | null }) {
  const line = report.prices.find((each) => each.symbol === symbol);
  const chosen = questions.find(({ id }) => id === chosenId);
  const levels = [...questions.map((question) => toPlotNumber(question.price)), ...(chosen?.fills ?? []).map((fill) => toPlotNumber(fill.price))];
  const path = line === undefined ? null : pricePath(line, levels);
  const first = line?.points[0];
  const last = line?.points.at(-1);
  if (path === null || first === undefined || last === undefined) return null;
  const days = daysOf(line);
  const edge = days.length > 1 ? dayFormat : timeFormat;
  const fates = [...new Set(questions.map(fateOf))];
  return (
    <figure data-chart="preview" className="mt-5" aria-label={`${symbol} ${rangeWords(days)}: from $${price(first.price)} to $${price(last.price)}, between $${price(String(path.low))} and $${price(String(path.high))}. ${questions.length === 0 ? "No question" : `${questions.length} ${questions.length === 1 ? "question is" : "questions are"} marked; the list tells each.`}`}>
      <div className="relative h-[clamp(9rem,22dvh,13rem)]" aria-hidden="true">
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" className="absolute inset-0 size-full">
          {path.dayStarts.map((at) => (
            <path key={at} d={`M${at} 0V100`} stroke="var(--line)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
          ))}
          <path d={path.area} fill="var(--chart-fill)" fillOpacity="0.6" />
          <path d={path.line} fill="none" stroke="var(--ink)" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" vectorEffect="non-scaling-stroke" />
        </svg>
        <span className="chart-label absolute top-0 right-0 text-small text-faint">{price(String(path.high))}</span>
        <span className="chart-label absolute right-0 bottom-0 text-small text-faint">{price(String(path.low))}</span>
        {questions.map((question) => (
          <Mark key={question.id} question={question} path={path} chosen={question.id === chosenId} />
        ))}
        {chosen !== undefined && <Fills question={chosen} path={path} />}
      </div>
      <figcaption className="mt-1 flex justify-between gap-3 text-small text-faint" aria-hidden="true">
        <span>{edge.format(Date.parse(first.as_of))}</span>
        <span className="flex flex-wrap justify-center gap-x-3">
          {fates.map((fate) => (
            <span key={fate} className="flex items-center gap-1.5">
              <span className={`rounded-pill ${markClass[fate]}`} />
              {fateNames[fate]}
            </span>
          ))}
        </span>
        <span>{edge.format(Date.parse(last.as_of))}</span>
      </figcaption>
    </figure>
  );
}
