import type { StreamWish } from "../trading/market/stream-port.ts";

type Channels = { trades: ReadonlySet<string>; quotes: ReadonlySet<string>; statuses: ReadonlySet<string> };
const channelNames = ["trades", "quotes", "statuses"] as const;
const none: Channels = { trades: new Set(), quotes: new Set(), statuses: new Set() };

type Message = { action: "subscribe" | "unsubscribe" } & Record<(typeof channelNames)[number], string[]>;

/**
 * What is wanted against what the broker has confirmed, on one connection. One request is under way at a time: what goes is
 * given up first, so that its place is free for what comes.
 */
export function createSubscriptions() {
  let wishes: readonly StreamWish[] = [];
  let confirmed = none;
  let asked: "nothing" | "something" = "nothing";
  /** Learned from refusals: a plan may allow fewer than we think. */
  let limit = Infinity;

  const wanted = (): Channels => {
    const within = wishes.slice(0, limit);
    const symbols = new Set(within.map((wish) => wish.symbol));
    return { trades: symbols, quotes: new Set(within.filter((wish) => wish.quoted).map((wish) => wish.symbol)), statuses: symbols };
  };
  const differences = (from: Channels, to: Channels): Record<(typeof channelNames)[number], string[]> => ({
    trades: [...to.trades.difference(from.trades)],
    quotes: [...to.quotes.difference(from.quotes)],
    statuses: [...to.statuses.difference(from.statuses)],
  });
  const isAnything = (lists: Record<(typeof channelNames)[number], string[]>): boolean => channelNames.some((name) => lists[name].length > 0);

  return {
    want(next: readonly StreamWish[]): void {
      wishes = next;
    },
    /** A new connection: nothing is confirmed on it. */
    forget(): void {
      confirmed = none;
      asked = "nothing";
    },
    /** What to send now; null while an answer is awaited, and when everything is as it is wanted. */
    next(): Message | null {
      if (asked === "something") return null;
      const target = wanted();
      const gone = differences(target, confirmed);
      const added = differences(confirmed, target);
      const message: Message | null = isAnything(gone) ? { action: "unsubscribe", ...gone } : isAnything(added) ? { action: "subscribe", ...added } : null;
      if (message !== null) asked = "something";
      return message;
    },
    confirm(channels: Channels): void {
      confirmed = channels;
      asked = "nothing";
    },
    /** Too many symbols: as many as are confirmed fit, and if none are, half of what was tried may. */
    refused(): void {
      asked = "nothing";
      limit = Math.max(confirmed.trades.size, Math.floor(Math.min(limit, wishes.length) / 2));
    },
    /** No answer is awaited. */
    isSettled: (): boolean => asked === "nothing",
    confirmed: (): ReadonlySet<string> => confirmed.trades,
  };
}
