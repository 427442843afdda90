import { useQuery } from "@tanstack/react-query";
import type { Question } from "@nod/contract/question";
import { memo, useDeferredValue, useRef, type ReactNode } from "react";
import { Link } from "../app/link.tsx";
import { ModeTag } from "../app/mode-tag.tsx";
import { useIsPast } from "../live/use-is-past.ts";
import { useServerNow } from "../live/use-server-now.ts";
import { price as exactPrice, usdBrief } from "../money/decimal-text.ts";
import type { Card, CardPhase, Choice } from "../questions/deck.ts";
import { snapshotsQuery, statusQuery } from "../questions/queries.ts";
import { amountBounds, isTradingQuestion, symbolOf, type TradingQuestion } from "../questions/trading-question.ts";
import { feedNames } from "../words/market.ts";
import { span } from "../words/time.ts";
import { AmountPicker } from "./amount-picker.tsx";
import { CountdownRing } from "./countdown-ring.tsx";
import { DayChart } from "./day-chart.tsx";
import { DeadNotice } from "./dead-notice.tsx";
import { freshnessOf } from "./freshness.ts";
import { Headline } from "./headline.tsx";
import { ReceiptLines } from "./receipt-lines.tsx";
import type { SwipeIntent } from "./swipe.ts";
import { useCardDrag } from "./use-card-drag.ts";

function leavingSide(phase: CardPhase): SwipeIntent {
  return phase.kind === "answering" ? phase.choice.kind : null;
}

function Headroom() {
  const { data } = useQuery(statusQuery);
  if (data === undefined) return <span className="bone h-4.5 w-48" aria-hidden="true" />;
  const { orders_per_day: orders, notional_usd_per_4h: notional } = data.headroom;
  return (
    <p className="flex justify-between gap-4 text-small text-faint">
      <span>
        {orders.left} of {orders.limit} orders left today
      </span>
      <span className="text-right">
        {usdBrief(notional.left)} of {usdBrief(notional.limit)} in 4 h
      </span>
    </p>
  );
}

const TradingBody = memo(function TradingBody({ question, amount }: { question: TradingQuestion; amount: string | null }) {
  const { metadata } = question;
  const now = useServerNow(1_000);
  const { data: snapshots } = useQuery(snapshotsQuery([metadata.symbol]));
  const freshness = freshnessOf(metadata, snapshots, now);
  return (
    <>
      <hr className="my-4 border-line" />
      <ReceiptLines metadata={metadata} amount={amount} latestPrice={freshness.price} />
      <div className="mt-3 flex flex-col gap-1">
        <p className="flex justify-between gap-4 text-small">
          <Link to={{ screen: "rules", place: { kind: "rule", ruleId: metadata.rule_id } }} draggable={false} className="-my-1 py-1 text-soft text-pretty underline decoration-line underline-offset-3 hover:decoration-ink">
            {metadata.rule_text}
          </Link>
          <span className={`shrink-0 text-right ${freshness.tooOld ? "text-amber" : "text-faint"}`}>
            {feedNames[metadata.feed]} · {span(freshness.ageMs)} ago
          </span>
        </p>
        <Headroom />
        {metadata.follow_up_of !== undefined && <p className="text-small text-soft">Asked once more, since the first answer was not clear.</p>}
        {metadata.price_before !== undefined && <p className="text-small text-soft">Asked anew, since nothing was sent: now ${exactPrice(metadata.price)}, was ${exactPrice(metadata.price_before)}.</p>}
        {freshness.drift !== null && <p className="text-small text-amber">The price is {freshness.drift} since this was asked. Approving it now sends nothing and asks you anew at the new price.</p>}
        {freshness.tooOld && <p className="text-small text-amber">The price is too old to trade on. Approving it now sends nothing.</p>}
      </div>
    </>
  );
});

/** What letting go would do, named before it is done. */
function OutcomeTag({ intent, approveLabel, ripening }: { intent: SwipeIntent; approveLabel: string; ripening: boolean }) {
  if (ripening) return <span className="rounded-pill bg-accent-wash px-3 py-1 text-small font-strong text-ink">Keep holding</span>;
  if (intent === "approve") return <span className="rounded-pill bg-accent px-3 py-1 text-small font-strong text-on-accent">{approveLabel} →</span>;
  return <span className="rounded-pill bg-wash-strong px-3 py-1 text-small font-strong text-ink">← Skip</span>;
}

export type QuestionCardProps = {
  card: Card;
  inHand: boolean;
  amountText: string;
  onAmount: (text: string) => void;
  /** Null while there is no amount to approve. */
  approval: Choice | null;
  approveLabel: string;
  /** How long an approval by swipe is held before letting go counts; 0: not at all. */
  approvalHeldMs: number;
  /** The open question that was asked in its place, once it is dead. */
  successor: Question | null;
  onChoose: (choice: Choice | null) => void;
  /** Skips it, and its rule asks no more today. */
  onNotToday: () => void;
};

function edge(intent: SwipeIntent): ReactNode {
  if (intent === null) return null;
  return <span aria-hidden="true" className={`pointer-events-none absolute inset-0 rounded-surface border-2 ${intent === "approve" ? "border-accent" : "border-faint"}`} />;
}

/** One decision. The one in hand can be dragged; the next one peeks out behind it. */
export function QuestionCard({ card, inHand, amountText, onAmount, approval, approveLabel, approvalHeldMs, successor, onChoose, onNotToday }: QuestionCardProps) {
  const { question, phase } = card;
  const element = useRef<HTMLElement>(null);
  const bounds = amountBounds(question);
  // The one behind is drawn after the one in hand, while there is nothing else to do.
  const isDrawn = useDeferredValue(true, inHand);
  const isPast = useIsPast(Date.parse(question.expires_at));
  const expired = phase.kind === "open" && isPast;
  const drag = useCardDrag(element, {
    enabled: inHand && phase.kind === "open" && !expired,
    canApprove: approval !== null,
    approvalHeldMs,
    leaving: leavingSide(phase),
    onCommit: (intent) => onChoose(intent === "skip" ? { kind: "skip" } : approval),
  });
  const titleId = `question-${question.id}`;
  const dead = phase.kind === "dead" || expired;
  return (
    <article
      ref={element}
      {...(inHand ? drag.bind() : {})}
      aria-labelledby={titleId}
      inert={!inHand}
      aria-hidden={!inHand}
      data-question={question.id}
      data-phase={dead ? "dead" : phase.kind}
      className={`drag-surface flex origin-bottom flex-col rounded-surface p-5 shadow-surface transition-[translate,scale] duration-(--calm) ${inHand ? "relative z-2 cursor-grab bg-card active:cursor-grabbing" : "absolute inset-0 z-1 translate-y-5.5 scale-93 overflow-hidden bg-card-behind"}`}
    >
      <div className={`flex flex-1 flex-col transition-opacity ${inHand ? (dead ? "opacity-35" : "") : "opacity-0"}`} inert={dead}>
        <header className="mb-3 flex min-h-11 items-center justify-between gap-3">
          {drag.intent === null ? (
            <span className="flex items-center gap-2">
              <span className="rounded-pill border border-line px-3 py-1 text-small font-strong tracking-wider text-soft">{symbolOf(question) ?? "Question"}</span>
              {isTradingQuestion(question) && <ModeTag mode={question.metadata.mode} />}
            </span>
          ) : (
            <OutcomeTag intent={drag.intent} approveLabel={approveLabel} ripening={drag.ripening} />
          )}
          <span className="flex items-center gap-2">
            {isTradingQuestion(question) && drag.intent === null && (
              <button type="button" disabled={phase.kind !== "open"} onClick={onNotToday} className="min-h-11 rounded-pill px-3 text-small text-faint transition-colors hover:text-ink">
                Not today
              </button>
            )}
            <CountdownRing createdAt={question.created_at} expiresAt={question.expires_at} />
          </span>
        </header>
        <Headline question={question} id={titleId} />
        {isDrawn && (
          <>
            {isTradingQuestion(question) && <DayChart metadata={question.metadata} low={bounds !== null} />}
            {bounds !== null && <AmountPicker bounds={bounds} text={amountText} onChange={onAmount} disabled={dead} />}
            {isTradingQuestion(question) && <TradingBody question={question} amount={approval?.kind === "approve" ? approval.amount : null} />}
          </>
        )}
      </div>
      {inHand && dead && <DeadNotice questionId={question.id} outcome={phase.kind === "dead" ? phase.outcome : "expired"} by={phase.kind === "dead" ? phase.by : "nobody"} successor={successor} />}
      {edge(drag.intent)}
    </article>
  );
}
