import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ActivityFilter } from "@nod/contract/activity";
import { RefusedError, wordsForFailure } from "../api/errors.ts";
import { BackIcon } from "../app/icons.tsx";
import { Link } from "../app/link.tsx";
import { emptyDeck } from "../questions/deck.ts";
import { deckQuery, storyQuery } from "../questions/queries.ts";
import { storiesOf } from "./stories.ts";
import { StoryTrace } from "./story-trace.tsx";
import { useStories } from "./use-stories.ts";

/** One story by its address: what the list knows at once, and the whole of it as soon as it is there. */
export function OpenStory({ storyId, show }: { storyId: string; show: ActivityFilter }) {
  const { data, error } = useQuery(storyQuery(storyId));
  const { data: deck = emptyDeck } = useQuery(deckQuery(useQueryClient()));
  const { stories } = useStories(show);
  const id = data?.entry.id ?? storyId;
  const story = (data === undefined ? stories : storiesOf([data.entry], deck))?.find((each) => each.id === id);
  return (
    <>
      <Link to={{ screen: "activity", storyId: null, show }} className="ml-3 inline-flex min-h-11 items-center gap-1 pr-3 text-small text-soft hover:text-ink lg:hidden">
        <BackIcon /> Activity
      </Link>
      {error !== null && data === undefined && (
        <p role="alert" className="px-5 py-4 text-soft">
          {error instanceof RefusedError && error.status === 404 ? "There is no such story among yours." : wordsForFailure(error)}
        </p>
      )}
      {story !== undefined && <StoryTrace story={story} trace={data?.story ?? null} />}
      {story === undefined && error === null && <div className="bone mx-5 mt-2 h-24" aria-busy="true" aria-label="Loading" />}
    </>
  );
}
