import type { ActivityEntry, ActivityPage } from "@nod/contract/activity";
import type { Order } from "@nod/contract/order";

/** The pages of stories that have been loaded, newest first. */
export type LoadedActivity = { pages: ActivityPage[]; pageParams: (string | null)[] };

/** TanStack Query hands its data around untyped where it compares it. */
export function isLoaded(data: unknown): data is LoadedActivity {
  return typeof data === "object" && data !== null && "pages" in data && Array.isArray(data.pages);
}

const isOf = (entry: ActivityEntry, order: Order): boolean => entry.order?.id === order.id || (order.question_id !== null && entry.question?.id === order.question_id);

const isNewer = (order: Order | null, than: Order | null): boolean => order !== null && (than === null || Date.parse(order.updated_at) > Date.parse(than.updated_at));

export function holdsOrder(data: LoadedActivity, order: Order): boolean {
  return data.pages.some(({ entries }) => entries.some((entry) => isOf(entry, order)));
}

/** An order changed: its story has it in its place. An older state never overwrites a newer one. */
export function withOrder(data: LoadedActivity, order: Order): LoadedActivity {
  return {
    ...data,
    pages: data.pages.map((page) => ({ ...page, entries: page.entries.map((entry) => (isOf(entry, order) && isNewer(order, entry.order) ? { ...entry, order } : entry)) })),
  };
}

/**
 * What was fetched, over what was known: a page that was read before the hub told of a change, and came after it, must not
 * take the change back. A story that pages of two readings both hold is kept once.
 */
export function withoutGoingBack(known: LoadedActivity | undefined, fetched: LoadedActivity): LoadedActivity {
  const before = new Map((known?.pages ?? []).flatMap(({ entries }) => entries).map((entry) => [entry.id, entry.order]));
  const seen = new Set<string>();
  const pages = fetched.pages.map((page) => ({
    ...page,
    entries: page.entries.flatMap((entry) => {
      if (seen.has(entry.id)) return [];
      seen.add(entry.id);
      const order = before.get(entry.id) ?? null;
      return [isNewer(order, entry.order) ? { ...entry, order } : entry];
    }),
  }));
  return { ...fetched, pages };
}

/** The order as it was last heard of; null when no loaded story has it. */
export function orderIn(data: Pick<LoadedActivity, "pages"> | undefined, id: string): Order | null {
  for (const { entries } of data?.pages ?? []) for (const { order } of entries) if (order?.id === id) return order;
  return null;
}
