import { useQuery } from "@tanstack/react-query";
import type { StoryEntry } from "@nod/contract/order-story";
import { Link } from "../app/link.tsx";
import { price, quantity, usd } from "../money/decimal-text.ts";
import { skippedQuery } from "../questions/queries.ts";
import { isTradingQuestion, referenceOf } from "../questions/trading-question.ts";
import { feedNames, referenceNames } from "../words/market.ts";
import { orderExplanation, orderSize } from "../words/order.ts";
import { preciseTime, zoneName } from "../words/time.ts";
import { OutcomeBadge } from "./outcome-badge.tsx";
import { measureWords } from "./skipped-words.ts";
import type { Story } from "./stories.ts";
import { WholeTrace } from "./whole-trace.tsx";

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div className="flex justify-between gap-6 border-t border-line py-2.5">
      <dt className="shrink-0 text-small text-faint">{name}</dt>
      <dd className="min-w-0 text-right text-small break-words">{children}</dd>
    </div>
  );
}

/** What was not approved, as if it had been. */
function WouldHave({ questionId }: { questionId: string }) {
  const { data } = useQuery(skippedQuery);
  const measure = data?.questions.find((each) => each.question_id === questionId);
  if (measure === undefined) return null;
  const { title, detail } = measureWords(measure);
  return (
    <section aria-label="What it would have made" className="mt-5 rounded-inner bg-wash px-4 py-3">
      <p className="font-strong">{title}</p>
      <p className="mt-0.5 text-small text-pretty text-soft">{detail}</p>
    </section>
  );
}

function Facts({ story: { order, question } }: { story: Story }) {
  const reference = question !== null && isTradingQuestion(question) ? referenceOf(question.metadata) : null;
  return (
    <dl className="mt-6 border-b border-line">
      {question !== null && <Fact name="Question">{question.question_text}</Fact>}
      {question !== null && isTradingQuestion(question) && (
        <>
          <Fact name="Rule">{question.metadata.rule_text}</Fact>
          <Fact name="Price when asked">{`$${price(question.metadata.price)}, ${feedNames[question.metadata.feed]}`}</Fact>
          {reference !== null && <Fact name="Compared with">{`${referenceNames[reference.metric]} $${price(reference.price)}`}</Fact>}
        </>
      )}
      {order !== null && (
        <>
          <Fact name="Order">{`${order.side === "buy" ? "Buy" : "Sell"} ${orderSize(order)}, ${order.order_type}, ${order.mode}`}</Fact>
          {order.filled_avg_price !== null && <Fact name="Filled">{`${quantity(order.filled_qty, 9)} shares at $${price(order.filled_avg_price)}`}</Fact>}
          {order.filled_avg_price !== null && order.notional_usd !== null && <Fact name="Asked for">{usd(order.notional_usd)}</Fact>}
          <Fact name="Our order id">{order.client_order_id}</Fact>
          {order.alpaca_order_id !== null && <Fact name="Broker's order id">{order.alpaca_order_id}</Fact>}
        </>
      )}
    </dl>
  );
}

/** One story in full: its steps with their times, the facts that fired the rule, the names to look it up by, and everything recorded. */
export function StoryTrace({ story, trace }: { story: Story; /** Null until it is there. */ trace: readonly StoryEntry[] | null }) {
  const { order, question, steps, standing } = story;
  const explanation = order === null ? story.detail : orderExplanation(order);
  return (
    <article aria-labelledby="story-title" className="px-5 pt-1 pb-10">
      <header className="flex items-start justify-between gap-3 pt-1">
        <h2 id="story-title" className="text-lead font-strong tracking-tight">
          {story.symbol}: {story.title}
        </h2>
        <OutcomeBadge tone={story.tone}>{story.badge}</OutcomeBadge>
      </header>
      {explanation !== null && explanation !== "" && <p className="mt-2 text-soft">{explanation}</p>}
      {standing === "asked" && question !== null && (
        <Link to={{ screen: "inbox", questionId: question.id }} className="mt-4 grid h-12 place-items-center rounded-surface bg-wash px-4 font-strong transition-colors hover:bg-wash-strong">
          Open its card
        </Link>
      )}
      {(standing === "skipped" || standing === "expired") && question !== null && <WouldHave questionId={question.id} />}
      <ol className="mt-6">
        {steps.map(({ name, atMs, state }) => (
          <li key={name} className="relative flex items-baseline gap-3 pb-4 pl-6 before:absolute before:top-4 before:bottom-0 before:left-[0.1875rem] before:w-px before:bg-line last:before:hidden">
            <span className={`absolute top-1.75 left-0 size-2 rounded-pill ${state === "done" ? "bg-accent" : state === "stopped" ? "bg-amber" : "border border-faint"}`} aria-hidden="true" />
            <span className="flex-1 first-letter:uppercase">{name}</span>
            <span className="text-small text-faint">{atMs === null ? (state === "done" ? "" : "not yet") : preciseTime(atMs)}</span>
          </li>
        ))}
      </ol>
      <p className="text-small text-faint">Times in {zoneName()}.</p>
      <Facts story={story} />
      <WholeTrace trace={trace} />
    </article>
  );
}
