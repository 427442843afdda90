import { useQuery } from "@tanstack/react-query";
import type { PerformanceRange } from "@nod/contract/performance";
import type { Position, TradingStatus } from "@nod/contract/status";
import { wordsForFailure } from "../api/errors.ts";
import { compareDecimals, percentChange, percentSize, price, quantity, sumOf, toPlotNumber, usd } from "../money/decimal-text.ts";
import { statusQuery } from "../questions/queries.ts";
import { EquityCurve } from "./equity-curve.tsx";
import { Made } from "./made.tsx";
import { gainOf } from "./position-value.ts";
import { roomsOf, type Room } from "./rooms.ts";

/** What is held is worth, and what the day has made of it; a price that is missing leaves the sum unknown. */
function Worth({ status: { positions, day_result_usd: day } }: { status: TradingStatus }) {
  const values = positions.flatMap(({ market_value: value }) => value ?? []);
  const total = values.length === positions.length ? sumOf(values) : null;
  return (
    <div className="px-5">
      <p className="text-figure font-strong tracking-tight" data-worth={total ?? ""}>
        {total === null ? "Not known" : usd(total)}
      </p>
      <p className="mt-1 text-soft" data-day={day ?? ""}>
        held · {day === null ? "today's result is not known" : <><Made amount={day} /> today</>}
      </p>
    </div>
  );
}

function Gain({ position }: { position: Position }) {
  const gain = gainOf(position);
  const change = position.last_price === null ? null : percentChange(position.avg_entry_price, position.last_price);
  if (gain === null || change === null) return <span className="block text-small text-faint">no price yet</span>;
  return (
    <span className="block text-small text-soft">
      <Made amount={gain} /> · {compareDecimals(change, "0") < 0 ? "−" : "+"}
      {percentSize(change)}&#x202f;%
    </span>
  );
}

function PositionRow({ position }: { position: Position }) {
  return (
    <li className="flex items-center gap-3 border-t border-line px-5 py-4">
      <span className="grid size-11 shrink-0 place-items-center rounded-inner bg-wash text-small font-strong">{position.symbol}</span>
      <span className="min-w-0 flex-1">
        {quantity(position.qty, 6)} shares
        <span className="block text-small text-faint">
          ${price(position.avg_entry_price)} on average{position.last_price === null ? "" : `, last $${price(position.last_price)}`}
        </span>
        {position.missing_at_broker === true && <span className="block text-small text-amber">The broker holds less of this than our books say. Selling it may be refused.</span>}
      </span>
      <span className="shrink-0 text-right">
        {position.market_value === null ? "—" : usd(position.market_value)}
        <Gain position={position} />
      </span>
    </li>
  );
}

function RoomRow({ room: { name, headroom, format } }: { room: Room }) {
  const limit = headroom === null ? 0 : toPlotNumber(headroom.limit);
  const left = headroom === null || limit === 0 ? 0 : Math.min(100, Math.max(0, (toPlotNumber(headroom.left) / limit) * 100));
  return (
    <li className="border-t border-line px-5 py-4">
      <p className="flex justify-between gap-4">
        <span>{name}</span>
        <span className={headroom === null ? "text-amber" : "text-soft"}>{headroom === null ? "not known: nothing passes" : `${format(headroom.left)} of ${format(headroom.limit)} left`}</span>
      </p>
      <div className="mt-2 h-1 rounded-pill bg-wash-strong" aria-hidden="true">
        <div className={`h-full rounded-pill ${left === 0 ? "bg-amber" : "bg-accent"}`} style={{ width: `${left}%` }} />
      </div>
    </li>
  );
}

/** What is held and what has come of it, and how much room is left under each limit. */
export function PortfolioScreen({ range }: { range: PerformanceRange }) {
  const { data: status, error } = useQuery(statusQuery);
  return (
    // Little in it takes the focus, and it must be scrolled by key.
    <div tabIndex={0} className="mx-auto min-h-0 w-full max-w-2xl flex-1 overflow-y-auto pb-8">
      <h1 className="px-5 pt-2 pb-4 text-lead font-strong tracking-tight">Portfolio</h1>
      {error !== null && status === undefined && (
        <p role="alert" className="px-5 text-soft">
          {wordsForFailure(error)}
        </p>
      )}
      {status === undefined && error === null && <div className="bone mx-5 h-24" aria-busy="true" aria-label="Loading" />}
      {status !== undefined && (
        <>
          <Worth status={status} />
          <EquityCurve range={range} />
          <ul aria-label="Positions" className="border-b border-line">
            {status.positions.map((position) => (
              <PositionRow key={position.symbol} position={position} />
            ))}
            {status.positions.length === 0 && <li className="border-t border-line px-5 py-8 text-soft">Nothing is held. What a filled order buys is shown here.</li>}
          </ul>
          <h2 className="px-5 pt-8 pb-4 text-lead font-strong tracking-tight">Room under your limits</h2>
          <ul className="border-b border-line">
            {roomsOf(status.headroom).map((room) => (
              <RoomRow key={room.name} room={room} />
            ))}
          </ul>
          <p className="px-5 pt-4 text-small text-faint">{status.buying_power === null ? "The broker's buying power is not known at the moment." : `Buying power at the broker: ${usd(status.buying_power)}.`}</p>
        </>
      )}
    </div>
  );
}
