import type { StoryEntry, StoryStation } from "@nod/contract/order-story";
import { preciseTime } from "../words/time.ts";

const stationNames: Record<StoryStation, string> = {
  facts: "Facts",
  rule: "Rule",
  question: "Question",
  answer: "Answer",
  decision: "Guardrails",
  submission: "Sending",
  broker: "Broker",
  fill: "Fill",
  intervention: "Stepped in",
};

/** The figures of an entry as lines; what is nested stays as it was recorded. */
function figuresOf(data: StoryEntry["data"]): [string, string][] {
  return Object.entries(data).flatMap(([name, value]): [string, string][] => {
    if (value === null || value === undefined) return [];
    return [[name.replaceAll("_", " "), typeof value === "string" ? value : JSON.stringify(value)]];
  });
}

const hashShown = 12;

function Line({ at, station, text, opens }: Pick<StoryEntry, "at" | "station" | "text"> & { /** There are figures behind it. */ opens: boolean }) {
  return (
    <>
      <span className="flex justify-between gap-4 text-small text-faint">
        <span>{stationNames[station]}</span>
        <span className="shrink-0">{preciseTime(Date.parse(at))}</span>
      </span>
      <span className="mt-0.5 flex justify-between gap-4">
        <span className="min-w-0 break-words">{text}</span>
        {opens && (
          <span aria-hidden="true" className="shrink-0 text-faint transition-transform group-open:rotate-180">
            ▾
          </span>
        )}
      </span>
    </>
  );
}

function Entry({ entry: { at, station, text, data, event } }: { entry: StoryEntry }) {
  const figures = figuresOf(data);
  return (
    <li className="border-t border-line" data-station={station}>
      {figures.length === 0 && event === null ? (
        <div className="py-3">
          <Line at={at} station={station} text={text} opens={false} />
        </div>
      ) : (
        <details className="group">
          <summary className="block cursor-pointer py-3 [&::-webkit-details-marker]:hidden">
            <Line at={at} station={station} text={text} opens />
          </summary>
          <dl className="pb-3 text-small">
            {figures.map(([name, value]) => (
              <div key={name} className="flex justify-between gap-6 py-0.5">
                <dt className="shrink-0 text-faint">{name}</dt>
                <dd className="min-w-0 text-right break-all text-soft">{value}</dd>
              </div>
            ))}
            {event !== null && (
              <div className="flex justify-between gap-6 py-0.5">
                <dt className="shrink-0 text-faint">in your log</dt>
                <dd className="min-w-0 text-right break-all text-soft">
                  {`no. ${event.place}, ${event.hash.slice(0, hashShown)}…`}
                </dd>
              </div>
            )}
          </dl>
        </details>
      )}
    </li>
  );
}

/** Everything that was recorded: facts, rule, question, answer, guardrails, each attempt to send, the broker's words, fills. */
export function WholeTrace({ trace }: { trace: readonly StoryEntry[] | null }) {
  return (
    <section aria-labelledby="trace-title" className="mt-8">
      <h3 id="trace-title" className="pb-3 text-body font-strong">
        Everything that was recorded
      </h3>
      {trace === null && <div className="bone h-24" aria-busy="true" aria-label="Loading" />}
      {trace?.length === 0 && <p className="border-y border-line py-4 text-small text-soft">Nothing was recorded of it beyond what stands above.</p>}
      <ol className="border-b border-line empty:hidden">
        {trace?.map((entry, index) => (
          <Entry key={entry.event?.id ?? `before-${index}`} entry={entry} />
        ))}
      </ol>
    </section>
  );
}
