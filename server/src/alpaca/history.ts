import type { HistoryPorts } from "../trading/market/bar-ports.ts";
import { createAlpacaBars } from "./bars.ts";
import { createAlpacaCalendar } from "./calendar.ts";
import type { AlpacaConnection } from "./connection.ts";
import { createAlpacaCorporateActions } from "./corporate-actions.ts";

/** Alpaca's past: bars, calendar, splits. */
export function createAlpacaHistory(alpaca: AlpacaConnection, barsPerPage?: number): HistoryPorts {
  return { ...createAlpacaBars(alpaca, barsPerPage), ...createAlpacaCalendar(alpaca), ...createAlpacaCorporateActions(alpaca) };
}
