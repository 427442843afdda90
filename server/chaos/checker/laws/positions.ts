import type { Book } from "@nod/alpaca-simulator";
import { Decimal } from "decimal.js";
import type { Queryable } from "../evidence.ts";
import { violationsOf, type Violation } from "../violation.ts";

/**
 * The differences that Nod shows are those that there are between the broker's positions and everybody's orders. Of a world at
 * rest whose books were compared last of all, and of all its users together, since one account holds what is theirs.
 */
export async function positionsAreShownAsTheyAre(database: Queryable, book: Book): Promise<Violation[]> {
  const { found, report } = violationsOf("positions are shown as they are");
  const { rows: held } = await database.query<{ symbol: string; qty: string }>(
    "select symbol, sum(case side when 'sell' then -filled_qty else filled_qty end)::text as qty from trade_orders group by symbol",
  );
  const { rows: differences } = await database.query<{ symbol: string; broker: string; ours: string }>("select symbol, broker_qty::text as broker, our_qty::text as ours from position_differences");
  const ours = new Map(held.map(({ symbol, qty }) => [symbol, new Decimal(qty)]));
  const brokers = new Map<string, Decimal>();
  for (const { positions } of book.accounts) for (const [symbol, { qty }] of Object.entries(positions)) brokers.set(symbol, (brokers.get(symbol) ?? new Decimal(0)).plus(qty));
  const told = (symbol: string, broker: Decimal, here: Decimal): string => `${symbol}: ${broker.toFixed()} at the broker, ${here.toFixed()} here`;
  const really = [...new Set([...ours.keys(), ...brokers.keys()])].flatMap((symbol) => {
    const [broker, here] = [brokers.get(symbol) ?? new Decimal(0), ours.get(symbol) ?? new Decimal(0)];
    return broker.equals(here) ? [] : [told(symbol, broker, here)];
  });
  const shown = differences.map(({ symbol, broker, ours: here }) => told(symbol, new Decimal(broker), new Decimal(here)));
  for (const each of really) if (!shown.includes(each)) report(`${each}, and nobody is told`);
  for (const each of shown) if (!really.includes(each)) report(`${each}: so it is told, and it is not so`);
  return found;
}
