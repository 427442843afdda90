import { infiniteQueryOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import type { Order } from "@nod/contract/order";
import { http } from "../api/http.ts";
import { connection, modeOf } from "../live/connection.ts";
import { serverClock } from "../live/server-clock.ts";
import { emptyDeck, fetched, type Deck } from "./deck.ts";
import { isLoaded, withOrder, withoutGoingBack, type LoadedOrders } from "./loaded-orders.ts";

/** Without the hub everything is looked up this often; with it, rarely, as a net under it. */
const pollWithoutHubMs = 4_000;
const pollWithHubMs = 60_000;
const statusIntervalMs = 10_000;
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

export const ordersKey = ["orders"] as const;

export const ordersQuery = infiniteQueryOptions({
  queryKey: ordersKey,
  queryFn: ({ pageParam }) => http.orders(pageParam),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
  structuralSharing: (known: unknown, fetched: unknown) => (isLoaded(fetched) ? withoutGoingBack(isLoaded(known) ? known : undefined, fetched) : fetched),
  refetchInterval: pollInterval(pollWithHubMs),
});

export function takeOrder(client: QueryClient, order: Order): void {
  client.setQueryData<LoadedOrders>(ordersKey, (data) => (data === undefined ? data : withOrder(data, order)));
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
