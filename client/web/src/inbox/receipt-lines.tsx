import { useQuery } from "@tanstack/react-query";
import type { TradingQuestionMetadata } from "@nod/contract/question";
import { statusQuery } from "../questions/queries.ts";
import { accountWords } from "../words/market.ts";
import { receiptOf } from "./receipt.ts";

/** What would be sent, and from which account. `amount` is what the person chose, when the question asks for it. */
export function ReceiptLines({ metadata, amount, latestPrice }: { metadata: TradingQuestionMetadata; amount: string | null; latestPrice: string }) {
  const { data: status } = useQuery(statusQuery);
  const { title, terms, exits } = receiptOf(metadata, amount, latestPrice);
  return (
    <div data-receipt>
      <p className="font-strong">{title}</p>
      <p className="mt-0.5 text-small text-soft">{terms}</p>
      {exits !== null && <p className="text-small text-soft text-pretty">{exits}</p>}
      {status === undefined && <span className="bone mt-0.5 block h-4 w-40" aria-hidden="true" />}
      {status !== undefined && <p className={`text-small ${metadata.mode === "live" ? "font-strong text-red" : "text-faint"}`}>{accountWords(metadata.mode, status.broker)}</p>}
    </div>
  );
}
