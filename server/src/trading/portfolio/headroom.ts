/** How much is left under each guardrail that can be used up. Counted as the guardrails count: a test holds the two together. */
import type { Headroom, HeadroomByGuardrail } from "@nod/contract/status";
import { guardrailDefaults, type Guardrails } from "@nod/contract/trading-config";
import { isPositive, smaller, subtract, usd, zeroUsd, type Usd } from "../../core/decimal.ts";
import { defaultMaxOpenQuestions } from "../config/compile.ts";
import { dayResult, exposureOf, grossExposure, lossIn, type Holding } from "../risk/holdings.ts";
import type { UserTradingSettings } from "../risk/risk-context.ts";
import type { RiskSettings } from "../risk/risk-settings.ts";

/** What is used. `trading_day` null: the session is unknown, and with it everything that is counted by the day. */
export type Used = {
  trading_day: string | null;
  orders_today: number;
  orders_minute: number;
  notional_4h: string;
  open_questions: number;
  open_orders: number;
  holdings: readonly Holding[];
};

/** Under each limit the stricter one of the user's and the operator's. Pure. */
export function headroomOf(used: Used, user: UserTradingSettings | null, { caps }: Pick<RiskSettings, "caps">): HeadroomByGuardrail {
  const own = user?.guardrails;
  return {
    orders_per_day: room(smaller(count(own?.max_orders_per_day ?? 0), count(caps.maxOrdersPerDay)), count(used.orders_today)),
    notional_usd_per_4h: room(smaller(usd(own?.max_notional_usd_per_4h ?? 0), caps.maxNotionalUsdPer4h), usd(used.notional_4h)),
    open_questions: room(count(own?.max_open_questions ?? defaultMaxOpenQuestions), count(used.open_questions)),
    open_orders: room(count(own?.max_open_orders ?? guardrailDefaults.maxOpenOrders), count(used.open_orders)),
    orders_per_minute: room(count(own?.max_orders_per_minute ?? guardrailDefaults.maxOrdersPerMinute), count(used.orders_minute)),
    ...(user === null ? {} : exposureRooms(used, user)),
  };
}

function exposureRooms({ holdings, trading_day: tradingDay }: Used, { guardrails, watchlist }: UserTradingSettings): Partial<HeadroomByGuardrail> {
  const { max_gross_exposure_usd: gross, max_daily_loss_usd: loss, max_position_usd: position } = guardrails;
  const result = tradingDay === null ? null : dayResult(holdings);
  return {
    ...(gross === undefined ? {} : { gross_exposure_usd: roomUnlessUnknown(gross, grossExposure(holdings)) }),
    ...(loss === undefined ? {} : { daily_loss_usd: roomUnlessUnknown(loss, result === null ? null : lossIn(result)) }),
    ...(position === undefined ? {} : { position_usd: positionRooms(position, holdings, watchlist) }),
  };
}

function positionRooms(limit: NonNullable<Guardrails["max_position_usd"]>, holdings: readonly Holding[], watchlist: ReadonlySet<string>): Record<string, Headroom | null> {
  const held = new Map(holdings.map((holding) => [holding.symbol, exposureOf(holding)]));
  const symbols = [...new Set([...held.keys(), ...watchlist])].toSorted();
  return Object.fromEntries(symbols.map((symbol) => [symbol, roomUnlessUnknown(limit, held.has(symbol) ? (held.get(symbol) ?? null) : zeroUsd)]));
}

/** Counts and amounts are told alike, as decimal text. */
const count = (value: number): Usd => usd(value);

const roomUnlessUnknown = (limit: number, used: Usd | null): Headroom | null => (used === null ? null : room(usd(limit), used));

function room(limit: Usd, used: Usd): Headroom {
  const left = subtract(limit, used);
  return { limit, used, left: isPositive(left) ? left : zeroUsd };
}
