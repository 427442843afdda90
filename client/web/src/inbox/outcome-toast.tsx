import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Order } from "@nod/contract/order";
import type { Question } from "@nod/contract/question";
import { useEffect, useEffectEvent } from "react";
import { stepsOf } from "../activity/stories.ts";
import { StorySteps } from "../activity/story-steps.tsx";
import { CloseIcon } from "../app/icons.tsx";
import { orderIn } from "../questions/loaded-activity.ts";
import { activityQuery, snoozesQuery } from "../questions/queries.ts";
import { isTradingQuestion, symbolOf } from "../questions/trading-question.ts";
import { orderExplanation, orderStages, orderTitle, withoutNoOrderSent, type Tone } from "../words/order.ts";
import { clockTime } from "../words/time.ts";
import { UndoButton } from "./undo-button.tsx";
import { receiptKey, type Receipt } from "./use-answer.ts";

/** Good news leaves by itself this long after the story has ended; what did not happen stays until it is put away. */
const goodNewsShownMs = 6_000;

/** Until when the rule of a card is quiet, if the person wanted that. */
function useQuietUntil(question: Question): string | null {
  const { data } = useQuery({ ...snoozesQuery, enabled: false });
  const ruleId = isTradingQuestion(question) ? question.metadata.rule_id : null;
  return data?.snoozes.find((snooze) => snooze.rule_id === ruleId)?.until ?? null;
}

type Words = { title: string; detail: string | null; tone: Tone; over: boolean };

function wordsFor({ question, result }: Receipt, order: Order | null, quietUntil: string | null): Words {
  const symbol = symbolOf(question);
  const of = symbol === null ? "" : ` ${symbol}`;
  if (order !== null) {
    const { tone, over } = orderStages[order.status];
    return { title: orderTitle(order), detail: orderExplanation(order), tone, over };
  }
  if (result.decision?.verdict === "denied" && result.follow_up_question_id !== null) {
    return { title: "No order was sent: you are asked anew", detail: withoutNoOrderSent(result.decision.message), tone: "warn", over: true };
  }
  if (result.decision?.verdict === "denied") return { title: "No order was sent", detail: withoutNoOrderSent(result.decision.message), tone: "warn", over: true };
  if (result.follow_up_question_id !== null) return { title: "That was not clear", detail: "You are asked once more. No order was sent.", tone: "calm", over: true };
  switch (result.outcome) {
    case "approved":
      return { title: `Approved${of}`, detail: null, tone: "good", over: true };
    case "rejected":
      return { title: `Skipped${of}`, detail: quietUntil === null ? "No order was sent." : `No order was sent. Its rule is quiet until ${clockTime(Date.parse(quietUntil), Date.now())}.`, tone: "calm", over: true };
    case "expired":
      return { title: "Expired before your answer came", detail: "No order was sent.", tone: "warn", over: true };
    case "superseded":
    case "withdrawn":
      return { title: "The question was taken back", detail: "No order was sent.", tone: "warn", over: true };
  }
}

const edges: Record<Tone, string> = { calm: "bg-ink", good: "bg-accent", warn: "bg-amber", bad: "bg-red" };

function Toast({ receipt, onPutAway }: { receipt: Receipt; onPutAway: () => void }) {
  const { data: activity } = useInfiniteQuery(activityQuery("all"));
  const made = receipt.result.order;
  const order = made === null ? null : (orderIn(activity, made.id) ?? made);
  const words = wordsFor(receipt, order, useQuietUntil(receipt.question));
  const leaves = words.over && (words.tone === "good" || words.tone === "calm");
  const leave = useEffectEvent(onPutAway);
  useEffect(() => {
    if (!leaves) return undefined;
    const timer = setTimeout(() => leave(), goodNewsShownMs);
    return () => clearTimeout(timer);
  }, [leaves]);
  return (
    <div
      data-toast={words.tone}
      className="sheet pointer-events-auto relative rounded-surface border border-line bg-card py-3 pr-12 pl-9 shadow-surface"
    >
      <span className={`absolute top-5 left-4.5 size-2 rounded-pill ${edges[words.tone]}`} aria-hidden="true" />
      <p className="font-strong">{words.title}</p>
      {words.detail !== null && <p className="text-small text-soft">{words.detail}</p>}
      {order !== null && order.status === "pending_submit" && <UndoButton order={order} />}
      {order !== null && (
        <div className="mt-1 -mr-8">
          <StorySteps steps={stepsOf(order, receipt.question)} />
        </div>
      )}
      <button type="button" aria-label="Put away" onClick={onPutAway} className="absolute top-0.5 right-1 grid size-11 place-items-center rounded-pill text-faint hover:text-ink">
        <CloseIcon />
      </button>
    </div>
  );
}

/** What the last answer led to, live, until the story has ended. */
export function OutcomeToast() {
  const client = useQueryClient();
  const { data: receipt } = useQuery<Receipt | null>({ queryKey: receiptKey, queryFn: () => null, enabled: false, gcTime: Infinity });
  return (
    <div role="status" className="pointer-events-none absolute inset-x-4 bottom-32 z-20 lg:fixed lg:right-8 lg:bottom-8 lg:left-auto lg:w-96">
      {receipt !== null && receipt !== undefined && <Toast key={receipt.question.id} receipt={receipt} onPutAway={() => client.setQueryData(receiptKey, null)} />}
    </div>
  );
}
