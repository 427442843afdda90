import type { AssetClass, Feed } from "@nod/contract/primitives";
import type { CompiledInput } from "../rules/compiled-rule.ts";

/** One call to the market: everything of one feed and asset class. */
export type FeedGroup = { feed: Feed; assetClass: AssetClass };
export const feedGroupName = (group: FeedGroup): string => `${group.feed}/${group.assetClass}`;

/** `quoted`: somebody wants its bid and ask. */
export type WantedSymbol = { symbol: string; pollIntervalSeconds: number; quoted: boolean };

/** What all users together want fetched, and how often. A symbol is fetched as often as its most eager user asks. */
export type WantedInputs = {
  add(inputs: readonly CompiledInput[]): void;
  /** Of a list that was added: it is known by itself, not by what is in it. */
  remove(inputs: readonly CompiledInput[]): void;
  groups(): { group: FeedGroup; symbols: readonly WantedSymbol[] }[];
};

/** `symbols`: how many inputs want each symbol at each interval; `quoted`: how many want its quote. */
type Group = { group: FeedGroup; symbols: Map<string, Map<number, number>>; quoted: Map<string, number> };

export function createWantedInputs(): WantedInputs {
  const groups = new Map<string, Group>();
  // Users of one template share their inputs: of each list, how many have it. Symbols are counted once for all of them.
  const sharing = new Map<readonly CompiledInput[], number>();

  const count = (inputs: readonly CompiledInput[], by: 1 | -1): void => {
    for (const { feed, assetClass, symbols, pollIntervalSeconds, quoted } of inputs) {
      const name = feedGroupName({ feed, assetClass });
      const group = groups.get(name) ?? { group: { feed, assetClass }, symbols: new Map<string, Map<number, number>>(), quoted: new Map<string, number>() };
      groups.set(name, group);
      for (const symbol of symbols) {
        const intervals = group.symbols.get(symbol) ?? new Map<number, number>();
        group.symbols.set(symbol, intervals);
        const users = (intervals.get(pollIntervalSeconds) ?? 0) + by;
        if (users > 0) intervals.set(pollIntervalSeconds, users);
        else intervals.delete(pollIntervalSeconds);
        if (intervals.size === 0) group.symbols.delete(symbol);
        if (quoted) group.quoted.set(symbol, (group.quoted.get(symbol) ?? 0) + by);
        if (group.quoted.get(symbol) === 0) group.quoted.delete(symbol);
      }
      if (group.symbols.size === 0) groups.delete(name);
    }
  };

  return {
    add: (inputs) => {
      const users = sharing.get(inputs) ?? 0;
      sharing.set(inputs, users + 1);
      if (users === 0) count(inputs, 1);
    },
    remove: (inputs) => {
      const users = sharing.get(inputs) ?? 0;
      if (users > 1) sharing.set(inputs, users - 1);
      else if (sharing.delete(inputs)) count(inputs, -1);
    },
    groups: () =>
      [...groups.values()].map(({ group, symbols, quoted }) => ({
        group,
        symbols: [...symbols].map(([symbol, intervals]) => ({ symbol, pollIntervalSeconds: Math.min(...intervals.keys()), quoted: quoted.has(symbol) })),
      })),
  };
}
