import type { TradingQuestionMetadata } from "@nod/contract/question";
import { aboutShares, usd } from "../money/decimal-text.ts";
import { sideWords } from "../words/market.ts";

/** What would be sent, in lines that read like a receipt. `amount` is what the person chose, when the question asks for it. */
export function ReceiptLines({ metadata, amount, latestPrice }: { metadata: TradingQuestionMetadata; amount: string | null; latestPrice: string }) {
  const { order, symbol } = metadata;
  const notional = order.notional_usd ?? amount;
  const side = sideWords[order.side].order;
  if (notional === null) {
    return (
      <p className="font-strong">
        {side} {symbol} · {order.order_type}
      </p>
    );
  }
  const shares = aboutShares(notional, latestPrice);
  const bound = order.side === "buy" ? ` · at most ${usd(notional)}` : "";
  return (
    <div>
      <p className="font-strong">
        {side} {usd(notional)} of {symbol}
      </p>
      <p className="mt-0.5 text-small text-soft">
        {order.order_type === "market" ? "Market" : order.order_type}
        {shares !== null && ` · about ${shares} shares`}
        {bound}
      </p>
    </div>
  );
}
