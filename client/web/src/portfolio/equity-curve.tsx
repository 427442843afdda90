import { useQuery } from "@tanstack/react-query";
import type { Performance, PerformanceRange } from "@nod/contract/performance";
import { wordsForFailure } from "../api/errors.ts";
import { Link } from "../app/link.tsx";
import { signedUsd } from "../money/decimal-text.ts";
import { performanceQuery } from "../questions/queries.ts";
import { clockTime, dayOf } from "../words/time.ts";
import { curveOf } from "./curve.ts";
import { Made } from "./made.tsx";

const ranges = ["1d", "1m", "3m"] as const satisfies readonly PerformanceRange[];
const rangeNames: Record<PerformanceRange, { short: string; words: string }> = { "1d": { short: "Day", words: "in the last session" }, "1m": { short: "Month", words: "in a month" }, "3m": { short: "3 months", words: "in three months" } };

function Ranges({ range }: { range: PerformanceRange }) {
  return (
    <nav aria-label="Over which time" className="flex gap-1.5">
      {ranges.map((each) => (
        <Link
          key={each}
          to={{ screen: "portfolio", range: each }}
          aria-current={each === range ? "page" : undefined}
          className={`grid min-h-11 place-items-center rounded-pill px-3.5 text-small transition-colors ${each === range ? "bg-ink font-strong text-paper" : "bg-wash text-soft hover:bg-wash-strong"}`}
        >
          {rangeNames[each].short}
        </Link>
      ))}
    </nav>
  );
}

const height = "h-[clamp(7rem,20dvh,11rem)]";

function Chart({ performance, range }: { performance: Performance; range: PerformanceRange }) {
  const { points } = performance;
  const curve = curveOf(points);
  const [first] = points;
  const last = points.at(-1);
  if (curve === null || first === undefined || last === undefined) return null;
  const firstMs = Date.parse(first.at);
  const lastMs = Date.parse(last.at);
  const label = (atMs: number): string => (range === "1d" ? clockTime(atMs, lastMs) : dayOf(atMs));
  return (
    <figure data-chart="curve" className="mt-4" aria-label={`The result over time, from ${label(firstMs)} to ${label(lastMs)}${performance.change_usd === null ? "" : `: ${signedUsd(performance.change_usd)}`}`}>
      <div className={`relative ${height}`} aria-hidden="true">
        {curve.begin !== null && <div className="absolute inset-x-0 border-t border-dashed border-faint" style={{ top: `${curve.begin}%` }} />}
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" className="absolute inset-0 size-full overflow-visible">
          {curve.lines.map((line) => (
            <path key={line} d={line} fill="none" stroke="var(--ink)" strokeWidth="1.75" strokeLinejoin="round" strokeLinecap="round" vectorEffect="non-scaling-stroke" />
          ))}
        </svg>
        <span className="absolute size-2.5 -translate-1/2 rounded-pill bg-ink ring-6 ring-ink/10" style={{ left: `${curve.last.x}%`, top: `${curve.last.y}%` }} />
      </div>
      <figcaption className="mt-1 flex justify-between text-small text-faint" aria-hidden="true">
        <span>{label(firstMs)}</span>
        <span>{label(lastMs)}</span>
      </figcaption>
    </figure>
  );
}

function missing({ unpriced }: Performance): string | null {
  if (unpriced.length === 0) return null;
  return `A price of ${unpriced.join(", ")} is missing for a part of it. Nothing is guessed: the line has a gap there.`;
}

function Told({ performance, range }: { performance: Performance; range: PerformanceRange }) {
  const { since, points, change_usd: change } = performance;
  if (since === null) return <p className="mt-4 text-soft">The curve begins with your first fill.</p>;
  const total = points.at(-1)?.result_usd ?? null;
  const gap = missing(performance);
  return (
    <>
      <p className="mt-4">
        {change === null ? <span className="text-soft">Not known {rangeNames[range].words}</span> : <Made amount={change} />} {change !== null && <span className="text-soft">{rangeNames[range].words}</span>}
      </p>
      <Chart performance={performance} range={range} />
      <p className="mt-3 text-small text-pretty text-faint">
        {total === null ? "What your orders have made" : `${signedUsd(total)} in all`} since your first fill on {dayOf(Date.parse(since))}: what you hold at its price, and the cash of your buys and sells. Without fees. The account at the broker is shared, so this is not its balance.
      </p>
      {gap !== null && <p className="mt-2 text-small text-pretty text-amber">{gap}</p>}
    </>
  );
}

/** What the person's own orders have come to, over the time that the address names. */
export function EquityCurve({ range }: { range: PerformanceRange }) {
  const { data, error } = useQuery(performanceQuery(range));
  return (
    <section aria-label="What your orders have made" className="px-5 pt-4 pb-6">
      <Ranges range={range} />
      {data === undefined && error === null && <div className={`bone mt-4 ${height}`} aria-busy="true" aria-label="Loading" />}
      {data === undefined && error !== null && (
        <p role="alert" className="mt-4 text-soft">
          {wordsForFailure(error)}
        </p>
      )}
      {data !== undefined && <Told performance={data} range={range} />}
    </section>
  );
}
