import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ActivityFilter } from "@nod/contract/activity";
import { useMemo } from "react";
import { emptyDeck } from "../questions/deck.ts";
import { activityQuery, deckQuery } from "../questions/queries.ts";
import { isShown, storiesOf, type Story } from "./stories.ts";

export type Stories = {
  /** Null until they are known. */
  stories: readonly Story[] | null;
  /** Why none can be shown. */
  error: Error | null;
  more: { load: () => void; loading: boolean; failure: Error | null } | null;
};

/** What happened, newest first, live. */
export function useStories(show: ActivityFilter): Stories {
  const { data, error, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = useInfiniteQuery(activityQuery(show));
  const { data: deck = emptyDeck } = useQuery(deckQuery(useQueryClient()));
  const stories = useMemo(
    () =>
      data === undefined
        ? null
        : storiesOf(
            data.pages.flatMap(({ entries }) => entries),
            deck,
          ).filter((story) => isShown(story, show)),
    [data, deck, show],
  );
  return {
    stories,
    error: stories === null ? error : null,
    more: hasNextPage ? { load: () => void fetchNextPage(), loading: isFetchingNextPage, failure: isFetchNextPageError ? error : null } : null,
  };
}
