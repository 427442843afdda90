import { useQuery } from "@tanstack/react-query";
import type { TradingQuestionMetadata } from "@nod/contract/question";
import { memo } from "react";
import { movedByPercent, percentSize, price, toPlotNumber } from "../money/decimal-text.ts";
import { priceLineQuery } from "../questions/queries.ts";
import { referenceOf } from "../questions/trading-question.ts";
import { referenceNames } from "../words/market.ts";
import { clockTime } from "../words/time.ts";
import { chartGeometry } from "./chart-geometry.ts";

/** Percent of the box kept free for the labels. */
const room = { top: 14, bottom: 18, right: 9 };

/** Percent of the box between the moment it fired and the label of the level, so that the dot stays free. */
const labelGap = 4;

/** @param endsAt where the label ends, in percent from the left; left out: at the right edge */
function Level({ at, label, above, tone, endsAt = 100 }: { at: number; label: string; above: boolean; tone: "reference" | "fired"; endsAt?: number }) {
  return (
    <>
      <div className={`absolute inset-x-0 border-t ${tone === "fired" ? "border-amber" : "border-dashed border-faint"}`} style={{ top: `${at}%` }} />
      <span className={`chart-label absolute text-small ${tone === "fired" ? "text-amber" : "text-faint"} ${above ? "-translate-y-full pb-0.5" : "pt-0.5"}`} style={{ top: `${at}%`, right: `${100 - endsAt}%` }}>
        {label}
      </span>
    </>
  );
}

/** The day so far: the price line, what it is compared with, the level that fired and the moment it did. Nothing when there is no line. */
export const DayChart = memo(function DayChart({ metadata, low }: { metadata: TradingQuestionMetadata; /** Leaves room for an amount to choose. */ low: boolean }) {
  const { data, isPending } = useQuery(priceLineQuery(metadata.symbol));
  const firedAtMs = Date.parse(metadata.price_as_of);
  const compared = referenceOf(metadata);
  const threshold = compared?.thresholdPct ?? null;
  const level = compared === null || threshold === null ? null : movedByPercent(compared.price, String(threshold));
  const reference = compared === null ? null : toPlotNumber(compared.price);
  const fired = toPlotNumber(metadata.price);
  const plotted = (data?.points ?? []).map((point) => ({ atMs: Date.parse(point.as_of), value: toPlotNumber(point.price) }));
  const levels = [fired, ...(reference === null ? [] : [reference]), ...(level === null ? [] : [toPlotNumber(level)])];
  const geometry = chartGeometry(plotted, levels, room);
  const [first] = plotted;
  const height = low ? "h-[clamp(5rem,11dvh,7rem)]" : "h-[clamp(6rem,17dvh,9.5rem)]";
  // Its room is kept while it is looked up, so that nothing below it moves when it comes.
  if (isPending) return <div className={`bone -mx-1 mt-4 mb-5.5 ${height}`} aria-hidden="true" />;
  if (geometry === null || first === undefined) return null;
  const referenceIsUpper = level === null || reference === null || reference >= toPlotNumber(level);
  const sign = threshold !== null && threshold < 0 ? "−" : "+";
  const firedX = geometry.x(firedAtMs);
  return (
    <figure data-chart="day" className="-mx-1 mt-4" aria-label={`${metadata.symbol} today, at $${price(metadata.price)} when this was asked${compared === null ? "" : `; ${referenceNames[compared.metric]} $${price(compared.price)}`}`}>
      <div className={`relative ${height}`} aria-hidden="true">
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" className="absolute inset-0 size-full overflow-visible">
          <path d={geometry.area} fill="var(--chart-fill)" />
          <path d={geometry.line} fill="none" stroke="var(--ink)" strokeWidth="1.75" strokeLinejoin="round" strokeLinecap="round" vectorEffect="non-scaling-stroke" />
        </svg>
        {compared !== null && reference !== null && <Level at={geometry.y(reference)} label={`${referenceNames[compared.metric]} ${price(compared.price)}`} above={referenceIsUpper} tone="reference" />}
        {level !== null && <Level at={geometry.y(toPlotNumber(level))} label={`${sign}${percentSize(String(threshold))}\u202f% ${price(level)}`} above={!referenceIsUpper} tone="fired" endsAt={firedX > 60 ? firedX - labelGap : 100} />}
        <span
          className="absolute size-2.5 -translate-1/2 rounded-pill bg-ink ring-6 ring-ink/10"
          style={{ left: `${firedX}%`, top: `${geometry.y(fired)}%` }}
        />
      </div>
      <figcaption className="relative mt-1 h-4.5 text-small text-faint" aria-hidden="true">
        {firedX > 16 && <span className="absolute left-0">{clockTime(first.atMs, first.atMs)}</span>}
        <span className="absolute -translate-x-1/2" style={{ left: `${Math.max(7, Math.min(93, firedX))}%` }}>
          {clockTime(firedAtMs, firedAtMs)}
        </span>
      </figcaption>
    </figure>
  );
});
