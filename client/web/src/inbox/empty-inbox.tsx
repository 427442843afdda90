import { useQuery } from "@tanstack/react-query";
import type { Snapshot, TradingStatus } from "@nod/contract/status";
import { Link } from "../app/link.tsx";
import { useServerNow } from "../live/use-server-now.ts";
import { percentChange, percentSize, price } from "../money/decimal-text.ts";
import type { Deck } from "../questions/deck.ts";
import { snapshotsQuery, statusQuery } from "../questions/queries.ts";
import { feedNames } from "../words/market.ts";
import { clockTime, span } from "../words/time.ts";
import { Sparkline } from "./sparkline.tsx";

/** More than this many rows are named, not shown. */
const factsShown = 8;

function nextLook(status: TradingStatus, nowMs: number): string {
  if (!status.enabled) return "Trading is switched off in your config, so nothing is asked.";
  if (status.market.is_open === false) {
    const opens = status.market.next_open;
    return opens === null ? "The market is closed." : `The market is closed until ${clockTime(Date.parse(opens), nowMs)}.`;
  }
  if (status.next_look_at === null) return status.market.is_open === null ? "Whether the market is open is not known yet." : "The next look has not been set yet.";
  const leftMs = Date.parse(status.next_look_at) - nowMs;
  return leftMs <= 1_000 ? "Looking now." : `Next look in ${span(leftMs)}.`;
}

function Change({ from, to }: { from: string; to: string }) {
  const change = percentChange(from, to);
  if (change === null) return null;
  const down = change.startsWith("-");
  return (
    <span className="text-soft">
      <span aria-hidden="true">{down ? "▾" : "▴"}</span> {down ? "−" : "+"}
      {percentSize(change)}&#x202f;%
    </span>
  );
}

function FactRow({ symbol, facts, nowMs }: { symbol: string; facts: readonly Snapshot[]; nowMs: number }) {
  const last = facts.find(({ metric }) => metric === "last_trade");
  const before = facts.find(({ metric, feed }) => metric === "prev_close" && feed === last?.feed);
  return (
    <li className="flex items-center gap-3 border-t border-line py-3">
      <span className="w-14 shrink-0 font-strong">{symbol}</span>
      <span className="flex flex-1 justify-center">
        <Sparkline symbol={symbol} />
      </span>
      {last === undefined ? (
        <span className="text-small text-faint">no price yet</span>
      ) : (
        <span className="min-w-36 text-right">
          <span className="block">
            {price(last.price)} {before !== undefined && <Change from={before.price} to={last.price} />}
          </span>
          <span className="block text-small text-faint">
            {feedNames[last.feed]} · {span(nowMs - Date.parse(last.as_of))} ago
          </span>
        </span>
      )}
    </li>
  );
}

function ClosedWhileAway({ deck }: { deck: Deck }) {
  const [latest] = deck.closed;
  const expired = deck.closed.filter(({ outcome }) => outcome === "expired").length;
  if (latest === undefined || expired === 0) return null;
  return (
    <p className="mt-4 text-small">
      <Link to={{ screen: "activity", storyId: null, show: "expired" }} className="inline-flex min-h-11 items-center text-soft underline decoration-line underline-offset-4 hover:decoration-ink">
        {expired === 1 ? "1 question expired unanswered" : `${expired} questions expired unanswered`}
      </Link>
    </p>
  );
}

/** Nothing to decide: what is being watched, the last facts, and when the next look is. */
export function EmptyInbox({ deck }: { deck: Deck }) {
  const { data: status } = useQuery(statusQuery);
  const symbols = status?.watching ?? [];
  const shown = symbols.slice(0, factsShown);
  const { data: page } = useQuery(snapshotsQuery(shown));
  const nowMs = useServerNow(1_000);
  return (
    <div className="flex min-h-0 flex-1 flex-col overflow-y-auto px-5 pt-6 pb-8">
      <h2 className="text-figure font-strong tracking-tight">Nothing to decide</h2>
      {status === undefined ? (
        <span className="bone mt-3 h-5 w-56" aria-hidden="true" />
      ) : (
        <p className="mt-2 text-soft">
          {symbols.length === 0 ? "Nothing is being watched. " : `Watching ${symbols.length === 1 ? symbols[0] : `${symbols.length} symbols`}. `}
          {nextLook(status, nowMs)}
        </p>
      )}
      <ul className="mt-6 border-b border-line empty:hidden">
        {shown.map((symbol) => (
          <FactRow key={symbol} symbol={symbol} facts={(page?.snapshots ?? []).filter((snapshot) => snapshot.symbol === symbol)} nowMs={nowMs} />
        ))}
      </ul>
      {symbols.length > shown.length && <p className="mt-3 text-small text-faint">And {symbols.slice(factsShown).join(", ")}.</p>}
      <ClosedWhileAway deck={deck} />
    </div>
  );
}
