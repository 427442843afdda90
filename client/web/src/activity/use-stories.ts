import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { deckQuery, ordersQuery } from "../questions/queries.ts";
import { storiesOf, type Story } from "./stories.ts";

export type Stories = { stories: readonly Story[] | null; error: Error | null; more: (() => void) | null; loadingMore: boolean };

/** Everything that happened, newest first; null until it is known. Questions without an order are those of this session. */
export function useStories(): Stories {
  const orders = useInfiniteQuery(ordersQuery);
  const { data: deck } = useQuery(deckQuery(useQueryClient()));
  const stories = useMemo(
    () => (orders.data === undefined ? null : storiesOf(orders.data.pages.flatMap((page) => page.orders), deck?.closed ?? [])),
    [orders.data, deck],
  );
  return {
    stories,
    error: stories === null ? orders.error : null,
    more: orders.hasNextPage ? () => void orders.fetchNextPage() : null,
    loadingMore: orders.isFetchingNextPage,
  };
}
