import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { useKeys } from "../app/keys.ts";
import { useIsPast } from "../live/use-is-past.ts";
import { usdBrief, worthOfShares } from "../money/decimal-text.ts";
import { putAway, successorOf, type Card, type Choice, type Deck } from "../questions/deck.ts";
import { changeDeck } from "../questions/queries.ts";
import { amountBounds, isTradingQuestion } from "../questions/trading-question.ts";
import { readAmount } from "./amount.ts";
import { useDeviceSettings } from "../settings/use-device-settings.ts";
import { ConfirmApproval } from "./confirm-approval.tsx";
import { holdMs, needsHold } from "./deliberate.ts";
import { Dock } from "./dock.tsx";
import { QuestionCard } from "./question-card.tsx";
import { useAnswer, useNotToday } from "./use-answer.ts";

/** After a card has come into the hand, presses and keys count only after this: a double press never answers two. */
const armingMs = 400;
/** These tell something and want no order. */
const noticePipeline = "notice";
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

function approvalFor({ question }: Card, amountText: string): Choice | null {
  const bounds = amountBounds(question);
  if (bounds === null) return { kind: "approve", amount: null };
  const amount = readAmount(amountText, bounds);
  return amount === null ? null : { kind: "approve", amount };
}

/** What approving is worth in dollars; null when nobody can tell. */
function worthOf({ question }: Card, approval: Choice | null): string | null {
  if (!isTradingQuestion(question)) return "0";
  const { order, price } = question.metadata;
  const asked = approval?.kind === "approve" ? approval.amount : null;
  if (order.notional_usd !== null) return order.notional_usd;
  return asked ?? (order.qty === undefined ? null : worthOfShares(order.qty, order.limit_price ?? price));
}

function approveLabelFor(card: Card, approval: Choice | null): string {
  if (card.question.pipeline_key === noticePipeline) return "Got it";
  if (!isTradingQuestion(card.question)) return "Approve";
  const { order } = card.question.metadata;
  const worth = order.qty === undefined ? worthOf(card, approval) : null;
  return worth === null ? "Approve" : `Approve ${usdBrief(worth)}`;
}

/** The card in hand, the next one behind it, and the two buttons. */
export function CardStack({ deck }: { deck: Deck }) {
  const client = useQueryClient();
  const answer = useAnswer();
  const notToday = useNotToday();
  const [amounts, setAmounts] = useState<Readonly<Record<string, string>>>({});
  const shown = deck.cards.slice(0, 2);
  const [inHand] = shown;
  const id = inHand?.question.id ?? "";
  const armed = useArmed(id);
  const expired = useIsPast(inHand === undefined ? Infinity : Date.parse(inHand.question.expires_at));
  const dead = inHand?.phase.kind === "dead" || (inHand?.phase.kind === "open" && expired);
  const leave = (): void => changeDeck(client, (current) => putAway(current, id));
  useLeavesByItself(inHand?.phase.kind === "dead", leave);

  const amountTextOf = (card: Card): string => amounts[card.question.id] ?? amountBounds(card.question)?.min ?? "";
  const approval = inHand === undefined ? null : approvalFor(inHand, amountTextOf(inHand));
  const { holdAboveUsd } = useDeviceSettings();
  const holds = (card: Card, choice: Choice | null): boolean => isTradingQuestion(card.question) && needsHold(card.question.metadata.mode, worthOf(card, choice), holdAboveUsd);
  const [confirming, setConfirming] = useState<string | null>(null);
  const choose = (choice: Choice | null): void => {
    if (inHand === undefined || choice === null || inHand.phase.kind !== "open" || dead) return;
    answer(inHand.question, choice);
  };
  const press = (choice: Choice | null): void => {
    if (armed) choose(choice);
  };
  const pressApprove = (): void => {
    if (inHand === undefined || !armed || dead || approval === null) return;
    if (holds(inHand, approval)) setConfirming(inHand.question.id);
    else choose(approval);
  };
  useKeys(["ArrowLeft", "ArrowRight"], (key) => (key === "ArrowRight" ? pressApprove() : press({ kind: "skip" })));
  if (inHand === undefined) return null;
  const label = approveLabelFor(inHand, approval);
  return (
    <>
      {/* A dead card has nothing to focus, and must be scrolled by key all the same. */}
      <div tabIndex={0} className="-mt-2 min-h-0 flex-1 overflow-x-clip overflow-y-auto px-4 pt-3 pb-10">
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
                approvalHeldMs={holds(card, cardApproval) ? holdMs : 0}
                successor={successorOf(deck, card.question.id)}
                onChoose={choose}
                onNotToday={() => {
                  if (card === inHand && armed && !dead && isTradingQuestion(card.question)) notToday(card.question);
                }}
              />
            );
          })}
        </div>
      </div>
      <Dock
        note={inHand.phase.kind === "open" && !dead ? inHand.phase.note : null}
        state={dead ? "dead" : inHand.phase.kind === "answering" ? "answering" : "open"}
        approveLabel={label}
        canApprove={approval !== null}
        canSkip={inHand.question.pipeline_key !== noticePipeline}
        holds={holds(inHand, approval)}
        onSkip={() => press({ kind: "skip" })}
        onHeld={() => press(approval)}
        onApprove={pressApprove}
        onPutAway={inHand.phase.kind === "dead" ? leave : null}
        waiting={deck.cards.length - 1}
      />
      {confirming === id && !dead && inHand.phase.kind === "open" && (
        <ConfirmApproval
          label={label}
          line={isTradingQuestion(inHand.question) && inHand.question.metadata.mode === "live" ? "This is real money. One order goes to the broker." : "It is more than you approve in one step on this device. One order goes to the broker."}
          onApprove={() => press(approval)}
          onClose={() => setConfirming(null)}
        />
      )}
    </>
  );
}
