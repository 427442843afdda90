import type { Order, OrdersPage } from "@nod/contract/order";

/** The pages of orders that have been loaded, newest first. */
export type LoadedOrders = { pages: OrdersPage[]; pageParams: (string | null)[] };

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
