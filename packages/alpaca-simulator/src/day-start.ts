import type { Journal } from "./book/journal.ts";
import type { Ledger } from "./book/ledger.ts";
import type { BookRecord } from "./book/records.ts";
import type { Venue } from "./book/venue.ts";
import type { DateMap } from "./market/date-map.ts";
import type { Split } from "./market/recorded-data.ts";
import { Decimal } from "./money.ts";

/**
 * When the trading date has changed: each account's `last_equity` is what it was worth at the
 * previous close, and positions are multiplied by the splits whose ex-date it is.
 */
export function startDay(ledger: Ledger, journal: Journal, venue: Venue, splits: readonly Split[], dateMap: DateMap): void {
  const date = venue.tradingDate();
  for (const account of ledger.accounts.values()) {
    if (account.date === date) continue;
    const values = [...account.positions].map(([symbol, position]) => {
      const close = venue.previousClose(symbol) ?? position.costBasis.dividedBy(position.qty.abs());
      return position.qty.times(close);
    });
    const lastEquity = Decimal.sum(account.cash, ...values).toString();
    const records: BookRecord[] = [{ record: "day", account: account.id, date, lastEquity }];
    for (const split of account.date === undefined ? [] : splits) {
      if (dateMap.presented(split.exDate) !== date || !account.positions.has(split.symbol)) continue;
      records.push({ record: "split", account: account.id, symbol: split.symbol, ratio: split.ratio, date });
    }
    journal.commit(records);
  }
}
