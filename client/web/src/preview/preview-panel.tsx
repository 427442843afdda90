import { maxPreviewDays, type ReplayReport } from "@nod/contract/preview";
import { useEffect, useState, type CSSProperties } from "react";
import { RefusedError, wordsForFailure } from "../api/errors.ts";
import { useServerNow } from "../live/use-server-now.ts";
import { smallButtonClass } from "../settings/section.tsx";
import { PreviewResult, type TriedRule } from "./preview-result.tsx";
import { askedWords } from "./preview-words.ts";
import { daysOf } from "./price-path.ts";
import { usePreview, type Trial } from "./use-preview.ts";

const daysAtFirst = 20;
/** What takes longer than this shows that it goes on. */
const progressNamedAfterMs = 2_000;
const nowEveryMs = 60_000;

/** How long something has been going on, in whole seconds; counted while it does. */
function useSecondsOf(isOn: boolean): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    if (!isOn) return undefined;
    const startedMs = performance.now();
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - startedMs) / 1_000)), 1_000);
    return () => {
      clearInterval(timer);
      setSeconds(0);
    };
  }, [isOn]);
  return seconds;
}

function Failure({ error }: { error: unknown }) {
  if (error instanceof RefusedError && error.errors.length > 0) {
    return (
      <ul role="alert" aria-label="Why it cannot be tried" className="mt-4 text-small text-red">
        {error.errors.map(({ pointer, message }) => (
          <li key={`${pointer} ${message}`}>
            <code className="font-mono">{pointer.replace(/^\/own(?=\/)/, "")}</code> {message}
          </li>
        ))}
      </ul>
    );
  }
  const words = error instanceof RefusedError && error.code === "rate_limited" ? "Too many previews are being worked out at the moment. Wait a few seconds and try again." : wordsForFailure(error);
  return (
    <p role="alert" className="mt-4 text-small text-amber">
      {words}
    </p>
  );
}

function Days({ days, onChange }: { days: number; onChange: (days: number) => void }) {
  const style: CSSProperties & Record<"--filled", string> = { "--filled": `${((days - 1) / (maxPreviewDays - 1)) * 100}%` };
  const text = `${days} trading ${days === 1 ? "day" : "days"}`;
  return (
    <label className="block">
      <span className="flex justify-between text-small">
        <span className="text-soft">Over the last</span>
        <span className="font-strong">{text}</span>
      </span>
      <input type="range" aria-label="Trading days" aria-valuetext={text} className="amount-slider" style={style} min={1} max={maxPreviewDays} value={days} onChange={(event) => onChange(Number(event.target.value))} />
    </label>
  );
}

export type PreviewPanelProps = {
  /** The document as it stands in the form or editor; null while it cannot be read. */
  own: object | null;
  /** What is told of: the rule that is edited, or all that are on. */
  rules: readonly TriedRule[];
  /** It has faults that are shown elsewhere. */
  faulty: boolean;
};

/** Tries a document on the last days before it is saved. */
export function PreviewPanel({ own, rules, faulty }: PreviewPanelProps) {
  const [days, setDays] = useState(daysAtFirst);
  const [trial, setTrial] = useState<Trial | null>(null);
  const { data: report, error, isFetching } = usePreview(trial);
  const seconds = useSecondsOf(isFetching);
  const nowMs = useServerNow(nowEveryMs);
  const text = own === null ? null : JSON.stringify(own);
  const isOfBefore = trial !== null && !isFetching && (trial.own !== text || trial.days !== days);
  const told = report === undefined || trial === null ? null : report;
  const summaryOf = ({ questions, prices }: ReplayReport): string => {
    const asked = questions.filter((question) => rules.some(({ id }) => id === question.rule_id));
    const days = new Set(prices.flatMap((line) => (rules.some(({ symbol }) => symbol === line.symbol) ? daysOf(line) : [])));
    return askedWords(asked.length, [...days].toSorted());
  };
  return (
    <section aria-labelledby="preview-title" className="relative rounded-surface bg-card p-5 shadow-surface">
      <h3 id="preview-title" className="font-strong">
        Try it on the past
      </h3>
      <p className="mt-0.5 mb-4 text-small text-soft text-pretty">What it would have asked, as it stands here. Nothing is saved and nothing is ordered.</p>
      <Days days={days} onChange={setDays} />
      <div className="mt-2 flex items-center gap-3">
        {isFetching ? (
          <button type="button" onClick={() => setTrial(null)} className={smallButtonClass}>
            Stop
          </button>
        ) : (
          <button type="button" disabled={text === null || faulty} onClick={() => text !== null && setTrial({ own: text, days, attempt: (trial?.attempt ?? 0) + 1 })} className={smallButtonClass}>
            {told === null ? "Try it" : "Try it again"}
          </button>
        )}
        <p role="status" className="min-w-0 flex-1 text-small text-soft">
          {isFetching && (seconds * 1_000 >= progressNamedAfterMs ? `Working it out, ${seconds} s so far.` : "Working it out.")}
          {!isFetching && told !== null && !isOfBefore && <span className="sr-only">{summaryOf(told)}</span>}
          {isOfBefore && error === null && "Changed since: this is of before."}
          {faulty && told === null && "Once it makes sense it can be tried."}
        </p>
      </div>
      {error !== null && !isFetching && <Failure error={error} />}
      {told !== null && error === null && (
        <div className={`transition-opacity ${isFetching ? "opacity-50" : ""}`} aria-busy={isFetching}>
          <PreviewResult report={told} rules={rules} wantedDays={trial?.days ?? days} nowMs={nowMs} />
        </div>
      )}
    </section>
  );
}
