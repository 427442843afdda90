import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { wordsForFailure } from "../api/errors.ts";
import { ActivityList } from "../activity/activity-list.tsx";
import { useIsWide } from "../app/use-is-wide.ts";
import { deckQuery } from "../questions/queries.ts";
import { CardStack } from "./card-stack.tsx";
import { EmptyInbox } from "./empty-inbox.tsx";
import { OutcomeToast } from "./outcome-toast.tsx";
import { TappedQuestion } from "./tapped-question.tsx";

function Bones() {
  return (
    <div className="flex flex-1 flex-col gap-4 px-4 pt-1" aria-busy="true" aria-label="Loading">
      <div className="flex flex-1 flex-col gap-4 rounded-surface bg-card p-5 shadow-surface">
        <div className="flex justify-between">
          <span className="bone h-7 w-16" />
          <span className="bone size-11" />
        </div>
        <span className="bone h-6 w-28" />
        <span className="bone h-10 w-24" />
        <span className="bone h-36 w-full" />
        <span className="bone h-5 w-40" />
        <span className="bone h-4 w-64" />
      </div>
      <div className="flex gap-3 pb-9">
        <span className="bone h-14 flex-1" />
        <span className="bone h-14 flex-[1.6]" />
      </div>
    </div>
  );
}

/** The inbox: the card in hand, or what is being watched. On a desktop the story stands beside it. */
export function InboxScreen({ questionId }: { /** The one that was tapped in a notification. */ questionId: string | null }) {
  const { data: deck, error } = useQuery(deckQuery(useQueryClient()));
  const isKnown = deck !== undefined && (deck.loaded || deck.cards.length > 0);
  // The first card is drawn in pieces, so that nothing is held up while it comes.
  const known = useDeferredValue(isKnown) && isKnown;
  const isWide = useIsWide();
  return (
    <div className="flex min-h-0 flex-1 lg:gap-10">
      <section aria-label="Inbox" className="relative mx-auto flex min-h-0 w-full max-w-md flex-1 flex-col lg:mx-0 lg:max-w-[26rem] lg:flex-none">
        <h1 className="sr-only">Inbox</h1>
        {!known && error === null && <Bones />}
        {!known && error !== null && (
          <p role="alert" className="m-auto px-8 text-center text-soft">
            {wordsForFailure(error)}
          </p>
        )}
        {known && (deck.cards.length > 0 ? <CardStack deck={deck} /> : <EmptyInbox deck={deck} />)}
        {known && questionId !== null && <TappedQuestion key={questionId} questionId={questionId} deck={deck} />}
        <OutcomeToast />
      </section>
      {isWide && (
        <section aria-label="Latest activity" className="mr-5 min-h-0 flex-1 overflow-y-auto">
          <ActivityList show="all" openStoryId={null} withoutOpen />
        </section>
      )}
    </div>
  );
}
