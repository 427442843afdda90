import { infiniteQueryOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import type { ActivityFilter } from "@nod/contract/activity";
import type { Order } from "@nod/contract/order";
import type { PerformanceRange } from "@nod/contract/performance";
import { http } from "../api/http.ts";
import { connection, modeOf } from "../live/connection.ts";
import { serverClock } from "../live/server-clock.ts";
import { emptyDeck, fetched, type Deck } from "./deck.ts";
import { holdsOrder, isLoaded, withOrder, withoutGoingBack, type LoadedActivity } from "./loaded-activity.ts";

/** Without the hub everything is looked up this often; with it, rarely, as a net under it. */
const pollWithoutHubMs = 4_000;
const pollWithHubMs = 60_000;
const statusIntervalMs = 10_000;
const performanceIntervalMs = 30_000;
const standingIntervalMs = 15_000;
const snapshotIntervalMs = 5_000;
const priceLineIntervalMs = 30_000;
/** A symbol that has just come to be followed gets its day's minutes within seconds. */
const priceLineStartMs = 2_000;
const pointsOfADay = 20;
const quickLooks = 10;

const pollInterval = (withHubMs: number) => (): number => (modeOf(connection.read()) === "live" ? withHubMs : Math.min(withHubMs, pollWithoutHubMs));

export const deckKey = ["deck"] as const;

export const deckQuery = (client: QueryClient) =>
  queryOptions({
    queryKey: deckKey,
    queryFn: async (): Promise<Deck> => {
      const requestedAtMs = Date.now();
      const page = await http.openQuestions();
      return fetched(client.getQueryData<Deck>(deckKey) ?? emptyDeck, page.questions, requestedAtMs, { deviceMs: Date.now(), serverMs: serverClock.now() });
    },
    refetchInterval: pollInterval(pollWithHubMs),
    staleTime: 1_000,
    gcTime: Infinity,
    structuralSharing: false,
  });

export function changeDeck(client: QueryClient, change: (deck: Deck) => Deck): void {
  client.setQueryData<Deck>(deckKey, (deck) => change(deck ?? emptyDeck));
}

const activityKey = ["activity"] as const;
const storyKey = ["story"] as const;
const performanceKey = ["performance"] as const;

/** Stories as the server tells them; those of this page's own deck are laid over them where they are shown. */
export const activityQuery = (show: ActivityFilter) =>
  infiniteQueryOptions({
    queryKey: [...activityKey, show],
    queryFn: ({ pageParam }) => http.activity(show, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    structuralSharing: (known: unknown, fetched: unknown) => (isLoaded(fetched) ? withoutGoingBack(isLoaded(known) ? known : undefined, fetched) : fetched),
    refetchInterval: pollInterval(pollWithHubMs),
  });

export const storyQuery = (id: string) => queryOptions({ queryKey: [...storyKey, id], queryFn: () => http.story(id), refetchInterval: pollInterval(pollWithHubMs) });

/** What is on screen of them is read again: something of them changed, and not all of it was told. */
export function lookAgainAtActivity(client: QueryClient): void {
  for (const queryKey of [activityKey, storyKey]) void client.invalidateQueries({ queryKey });
}

/** What follows from orders and questions: the curve, and how the rules stand. */
export function lookAgainAtStandings(client: QueryClient): void {
  for (const queryKey of [performanceKey, ruleStandingsQuery.queryKey]) void client.invalidateQueries({ queryKey });
}

/** An order as the hub or a reply told of it: at once where its story is loaded. What the filters make of it, the server says. */
export function takeOrder(client: QueryClient, order: Order): void {
  const all = client.getQueryData<LoadedActivity>(activityQuery("all").queryKey);
  const isKnown = all !== undefined && holdsOrder(all, order);
  client.setQueriesData<LoadedActivity>({ queryKey: activityKey }, (data) => (data === undefined ? data : withOrder(data, order)));
  void client.invalidateQueries({ queryKey: activityKey, predicate: ({ queryKey }) => !isKnown || queryKey[1] !== "all" });
  void client.invalidateQueries({ queryKey: storyKey });
}

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: () => http.status(),
  refetchInterval: pollInterval(statusIntervalMs),
});

/** What the server offers to clients changes with its settings alone. */
export const clientConfigQuery = queryOptions({ queryKey: ["client-config"], queryFn: () => http.clientConfig(), staleTime: Infinity });

export const devicesQuery = queryOptions({ queryKey: ["devices"], queryFn: () => http.devices() });

export const configQuery = queryOptions({ queryKey: ["config"], queryFn: () => http.config() });

export const templatesQuery = queryOptions({ queryKey: ["templates"], queryFn: () => http.templates(), staleTime: 60_000 });

export const snoozesQuery = queryOptions({ queryKey: ["snoozes"], queryFn: () => http.snoozes() });

/** What the skipped ones would have made changes with the minutes that come in, and those of a day are whole when it is over. */
export const skippedQuery = queryOptions({ queryKey: ["skipped"], queryFn: () => http.skipped(), staleTime: 60_000 });

export const performanceQuery = (range: PerformanceRange) =>
  queryOptions({ queryKey: [...performanceKey, range], queryFn: () => http.performance(range), refetchInterval: pollInterval(performanceIntervalMs) });

/** How each rule stands; read again while it is looked at, since time alone changes it. */
export const ruleStandingsQuery = queryOptions({ queryKey: ["rule-standings"], queryFn: () => http.ruleStandings(), refetchInterval: pollInterval(standingIntervalMs) });

export const snapshotsQuery = (symbols: readonly string[]) =>
  queryOptions({
    queryKey: ["snapshots", ...symbols],
    queryFn: () => http.snapshots(symbols),
    refetchInterval: snapshotIntervalMs,
    enabled: symbols.length > 0,
  });

export const priceLineQuery = (symbol: string) =>
  queryOptions({
    queryKey: ["price-line", symbol],
    queryFn: () => http.priceLine(symbol),
    refetchInterval: ({ state }) => ((state.data?.points.length ?? 0) < pointsOfADay && state.dataUpdateCount < quickLooks ? priceLineStartMs : priceLineIntervalMs),
    retry: false,
  });

/** A question that this page was not told of, or not told the end of; closed, it never changes again. */
export const questionQuery = (id: string) => queryOptions({ queryKey: ["question", id], queryFn: () => http.question(id), staleTime: ({ state }) => (state.data === undefined || state.data.status === "open" ? 0 : Infinity) });
