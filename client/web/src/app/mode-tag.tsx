import type { TradingMode } from "@nod/contract/primitives";

/** PAPER quietly and always, LIVE loudly: it is never in doubt which money it is. */
export function ModeTag({ mode }: { mode: TradingMode }) {
  return mode === "live" ? (
    <span className="rounded-pill bg-red px-3.5 py-1 text-small font-strong tracking-wider text-on-red">LIVE</span>
  ) : (
    <span className="rounded-pill border border-line px-3 py-1 text-small font-strong tracking-wider text-soft">PAPER</span>
  );
}
