import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { useServerNow } from "../live/use-server-now.ts";
import { usdBrief } from "../money/decimal-text.ts";
import { putAway, type Card, type Choice, type Deck } from "../questions/deck.ts";
import { changeDeck } from "../questions/queries.ts";
import { amountBounds, isTradingQuestion } from "../questions/trading-question.ts";
import { readAmount } from "./amount.ts";
import { Dock } from "./dock.tsx";
import { QuestionCard } from "./question-card.tsx";
import { useAnswer } from "./use-answer.ts";

/** After a card has come into the hand, presses and keys count only after this: a double press never answers two. */
const armingMs = 400;
/** A dead card leaves by itself after this, counted only while the page is looked at. */
const deadShownMs = 7_000;

function useArmed(questionId: string): boolean {
  const [armed, setArmed] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setArmed(questionId), armingMs);
    return () => clearTimeout(timer);
  }, [questionId]);
  return armed === questionId;
}

function useLeavesByItself(dead: boolean, leave: () => void): void {
  const onLeave = useEffectEvent(leave);
  useEffect(() => {
    if (!dead) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const count = (): void => {
      clearTimeout(timer);
      if (!document.hidden) timer = setTimeout(() => onLeave(), deadShownMs);
    };
    count();
    document.addEventListener("visibilitychange", count);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", count);
    };
  }, [dead]);
}

/** The keys belong to the card unless the person is typing, sliding or in a dialog. */
function useAnswerKeys(onKey: (key: "ArrowLeft" | "ArrowRight") => void): void {
  const press = useEffectEvent(onKey);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.repeat || event.metaKey || event.ctrlKey || event.altKey || event.shiftKey) return;
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      if (event.target instanceof Element && event.target.closest("input, textarea, select, [role='alertdialog'], [role='dialog']") !== null) return;
      event.preventDefault();
      press(event.key);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

function approvalFor({ question }: Card, amountText: string): Choice | null {
  const bounds = amountBounds(question);
  if (bounds === null) return { kind: "approve", amount: null };
  const amount = readAmount(amountText, bounds);
  return amount === null ? null : { kind: "approve", amount };
}

function approveLabelFor({ question }: Card, approval: Choice | null): string {
  if (!isTradingQuestion(question)) return "Approve";
  const notional = question.metadata.order.notional_usd ?? (approval?.kind === "approve" ? approval.amount : null);
  return notional === null ? "Approve" : `Approve ${usdBrief(notional)}`;
}

/** The card in hand, the next one behind it, and the two buttons. */
export function CardStack({ deck }: { deck: Deck }) {
  const client = useQueryClient();
  const answer = useAnswer();
  const [amounts, setAmounts] = useState<Readonly<Record<string, string>>>({});
  const shown = deck.cards.slice(0, 2);
  const [inHand] = shown;
  const id = inHand?.question.id ?? "";
  const armed = useArmed(id);
  const now = useServerNow(500);
  const dead = inHand?.phase.kind === "dead" || (inHand?.phase.kind === "open" && Date.parse(inHand.question.expires_at) <= now);
  const leave = (): void => changeDeck(client, (current) => putAway(current, id));
  useLeavesByItself(inHand?.phase.kind === "dead", leave);

  const amountTextOf = (card: Card): string => amounts[card.question.id] ?? amountBounds(card.question)?.min ?? "";
  const approval = inHand === undefined ? null : approvalFor(inHand, amountTextOf(inHand));
  const choose = (choice: Choice | null): void => {
    if (inHand === undefined || choice === null || inHand.phase.kind !== "open" || dead) return;
    answer(inHand.question, choice);
  };
  const press = (choice: Choice | null): void => {
    if (armed) choose(choice);
  };
  useAnswerKeys((key) => press(key === "ArrowRight" ? approval : { kind: "skip" }));
  if (inHand === undefined) return null;
  return (
    <>
      <div className="min-h-0 flex-1 overflow-x-clip -mt-2 overflow-y-auto px-4 pt-3 pb-10">
        <div className="relative">
          {shown.map((card) => {
            const cardApproval = approvalFor(card, amountTextOf(card));
            return (
              <QuestionCard
                key={card.question.id}
                card={card}
                inHand={card === inHand}
                amountText={amountTextOf(card)}
                onAmount={(text) => setAmounts((known) => ({ ...known, [card.question.id]: text }))}
                approval={cardApproval}
                approveLabel={approveLabelFor(card, cardApproval)}
                onChoose={choose}
              />
            );
          })}
        </div>
      </div>
      <Dock
        note={inHand.phase.kind === "open" && !dead ? inHand.phase.note : null}
        state={dead ? "dead" : inHand.phase.kind === "answering" ? "answering" : "open"}
        approveLabel={approveLabelFor(inHand, approval)}
        canApprove={approval !== null}
        onSkip={() => press({ kind: "skip" })}
        onApprove={() => press(approval)}
        onPutAway={inHand.phase.kind === "dead" ? leave : null}
        waiting={deck.cards.length - 1}
      />
    </>
  );
}
