import { useQuery } from "@tanstack/react-query";
import { toPlotNumber } from "../money/decimal-text.ts";
import { priceLineQuery } from "../questions/queries.ts";
import { chartGeometry } from "./chart-geometry.ts";

/** The day of one symbol in the space of a word; empty space while there is no line. */
export function Sparkline({ symbol }: { symbol: string }) {
  const { data } = useQuery(priceLineQuery(symbol));
  const plotted = (data?.points ?? []).map((point) => ({ atMs: Date.parse(point.as_of), value: toPlotNumber(point.price) }));
  const geometry = chartGeometry(plotted, [], { top: 8, bottom: 8, right: 0 });
  return (
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" className="h-8 w-20 shrink-0 overflow-visible" aria-hidden="true">
      {geometry !== null && <path d={geometry.line} fill="none" stroke="var(--ink-soft)" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" vectorEffect="non-scaling-stroke" />}
    </svg>
  );
}
