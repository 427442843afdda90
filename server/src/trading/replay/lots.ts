/** What is held in a replay, lot by lot: each remembers the question that it came of, so that it can be said what the answer was worth. */
import { add, isPositive, smaller, splitPrice, splitQuantity, subtract, valueOf, zeroQuantity, zeroUsd, type Price, type Quantity, type Usd } from "../../core/decimal.ts";

export type Lot = { questionId: string; symbol: string; qty: Quantity; price: Price };

export type Lots = {
  buy(lot: Lot): void;
  /** First in, first out. @returns what it made, by the question of each lot; the sale's own fee is not in it */
  sell(symbol: string, qty: Quantity, at: Price): { questionId: string; madeUsd: Usd; qty: Quantity }[];
  /** From now on `ratio` shares are what one was. */
  split(symbol: string, ratio: string): void;
  held(symbol: string): Quantity;
  all(): readonly Lot[];
};

export function createLots(): Lots {
  let lots: Lot[] = [];
  return {
    buy: (lot) => void lots.push(lot),
    sell(symbol, qty, at) {
      const sold: { questionId: string; madeUsd: Usd; qty: Quantity }[] = [];
      let left = qty;
      for (const lot of lots) {
        if (lot.symbol !== symbol || !isPositive(left)) continue;
        const taken = smaller(left, lot.qty);
        left = subtract(left, taken);
        sold.push({ questionId: lot.questionId, madeUsd: gainOf({ ...lot, qty: taken }, at), qty: taken });
        lot.qty = subtract(lot.qty, taken);
      }
      lots = lots.filter((lot) => isPositive(lot.qty));
      return sold;
    },
    split(symbol, ratio) {
      lots = lots.map((lot) => (lot.symbol === symbol ? { ...lot, qty: splitQuantity(lot.qty, ratio), price: splitPrice(lot.price, ratio) } : lot));
    },
    held: (symbol) => lots.filter((lot) => lot.symbol === symbol).reduce((total, lot) => add(total, lot.qty), zeroQuantity),
    all: () => lots,
  };
}

/** To the cent; without fees. */
export const gainOf = ({ qty, price }: Pick<Lot, "qty" | "price">, at: Price): Usd => subtract(valueOf(qty, at), valueOf(qty, price));

export const sumUsd = (amounts: readonly Usd[]): Usd => amounts.reduce((total, amount) => add(total, amount), zeroUsd);
