import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Question } from "@nod/contract/question";
import { wordsForFailure } from "../api/errors.ts";
import { CloseIcon } from "../app/icons.tsx";
import { navigate } from "../app/routes.ts";
import { inFront, type Deck } from "../questions/deck.ts";
import { changeDeck, questionQuery } from "../questions/queries.ts";

const closedWords: Record<Exclude<Question["status"], "open">, string> = {
  expired: "It expired before you came. No order was sent.",
  approved: "It was approved already. Activity shows what became of it.",
  rejected: "It was skipped already. No order was sent.",
  superseded: "What it showed is no longer so, and it was asked anew. No order was sent for it.",
  withdrawn: "It was taken back. No order was sent.",
};

/** A tap on a notification leads here: an open question comes into the hand, one that is over says how it ended. */
export function TappedQuestion({ questionId, deck }: { questionId: string; deck: Deck }) {
  const client = useQueryClient();
  const { data, error } = useQuery(questionQuery(questionId));
  const isOpen = deck.cards.some(({ question, phase }) => question.id === questionId && phase.kind === "open");
  useEffect(() => {
    if (!isOpen) return;
    changeDeck(client, (current) => inFront(current, questionId));
    navigate({ screen: "inbox" });
  }, [client, isOpen, questionId]);
  const status = deck.closed.find(({ question }) => question.id === questionId)?.outcome ?? data?.status ?? "open";
  if (isOpen || (status === "open" && error === null)) return null;
  return (
    <div role="status" className="absolute inset-x-4 top-0 z-20 rounded-surface border border-line bg-card py-3 pr-12 pl-5 shadow-surface">
      <p className="font-strong">{data?.question_text ?? "The question you tapped"}</p>
      <p className="text-small text-soft">{status === "open" ? wordsForFailure(error) : closedWords[status]}</p>
      <button type="button" aria-label="Put away" onClick={() => navigate({ screen: "inbox" })} className="absolute top-0.5 right-1 grid size-11 place-items-center rounded-pill text-faint hover:text-ink">
        <CloseIcon />
      </button>
    </div>
  );
}
