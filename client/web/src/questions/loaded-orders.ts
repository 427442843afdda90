import type { Order, OrdersPage } from "@nod/contract/order";

/** The pages of orders that have been loaded, newest first. */
export type LoadedOrders = { pages: OrdersPage[]; pageParams: (string | null)[] };

/** TanStack Query hands its data around untyped where it compares it. */
export function isLoaded(data: unknown): data is LoadedOrders {
  return typeof data === "object" && data !== null && "pages" in data && Array.isArray(data.pages);
}

/** An order changed: it is put in its place, or on top when it is new. An older state never overwrites a newer one. */
export function withOrder(data: LoadedOrders, order: Order): LoadedOrders {
  let found = false;
  const pages = data.pages.map((page) => ({
    ...page,
    orders: page.orders.map((known) => {
      if (known.id !== order.id) return known;
      found = true;
      return Date.parse(order.updated_at) >= Date.parse(known.updated_at) ? order : known;
    }),
  }));
  const [first, ...rest] = pages;
  if (found || first === undefined) return { ...data, pages };
  return { ...data, pages: [{ ...first, orders: [order, ...first.orders] }, ...rest] };
}

/**
 * What was fetched, over what was known: a page that was read before the hub told of a change, and came after it, must not
 * take the change back.
 */
export function withoutGoingBack(known: LoadedOrders | undefined, fetched: LoadedOrders): LoadedOrders {
  if (known === undefined) return fetched;
  const knownOrders = new Map(known.pages.flatMap((page) => page.orders).map((order) => [order.id, order]));
  const pages = fetched.pages.map((page) => ({
    ...page,
    orders: page.orders.map((order) => {
      const before = knownOrders.get(order.id);
      knownOrders.delete(order.id);
      return before !== undefined && Date.parse(before.updated_at) > Date.parse(order.updated_at) ? before : order;
    }),
  }));
  const newestFetched = Date.parse(pages[0]?.orders[0]?.created_at ?? "");
  const [first, ...rest] = pages;
  if (first === undefined) return fetched;
  const madeSince = [...knownOrders.values()].filter(({ created_at }) => Number.isNaN(newestFetched) || Date.parse(created_at) > newestFetched);
  return { ...fetched, pages: [{ ...first, orders: [...madeSince, ...first.orders] }, ...rest] };
}
