/** The table `shard_wants`: what the users of each shard follow, for the one process that fetches it for all of them. */
import type { Db, Pool } from "../db/pool.ts";
import { withTransaction } from "../db/transaction.ts";
import type { CompiledConfigs } from "../trading/config/compiled-configs.ts";
import type { UserShard } from "../trading/config/config-table.ts";
import { feedGroupName, type FeedGroup, type WantedInputs, type WantedSymbol } from "../trading/config/due-inputs.ts";
import type { WantedBars } from "../trading/market/bar-reader.ts";
import type { StreamCandidate } from "../trading/market/stream-pick.ts";
import { wantedOf } from "./condition-feed.ts";
import { createStreamCandidates } from "./stream-candidates.ts";
import type { ConfigNews } from "./tick.ts";

/** Told when a shard's wants have changed. */
export const wantsChannel = "nod_wants";

/** `bars`: what conditions read. `candidates`: of the stream's feed, with the number of rules on each. */
export type ShardWants = { inputs: { group: FeedGroup; symbols: readonly WantedSymbol[] }[]; bars: WantedBars[]; candidates: StreamCandidate[] };

/** More than every stock and coin that there is; of a shard that names more, the rest is not fetched and stays unknown. */
export const maxWantedSymbols = 20_000;
/** Whoever edits his rules edits on; what all want is told again after this time at the earliest. */
const publishEveryMs = 1_000;

/** @param stream the feed of the stream; null without one */
export function wantsOf(configs: Pick<CompiledConfigs, "inputs" | "rules" | "activeUsers" | "get">, stream: FeedGroup | null): ShardWants {
  let left = maxWantedSymbols;
  const inputs = configs.inputs.groups().map(({ group, symbols }) => {
    const fitting = symbols.slice(0, left);
    left -= fitting.length;
    return { group, symbols: fitting };
  });
  const bars = [...configs.rules.conditions.watched()].flatMap(wantedOf).slice(0, maxWantedSymbols);
  return { inputs, bars, candidates: stream === null ? [] : createStreamCandidates(configs, stream)().slice(0, maxWantedSymbols) };
}

export type WantsPublisher = {
  /** Says what is wanted if that is something else than before. @returns in how many milliseconds it must be called again; null: when configs change */
  publish(configs: CompiledConfigs, news: ConfigNews, holds: (tx: Db) => Promise<boolean>): Promise<number | null>;
};

/** One for each time that a shard is taken. What is said passes the shard's fence. */
export function createWantsPublisher(pool: Pool, shard: UserShard, stream: FeedGroup | null): WantsPublisher {
  let published: string | null = null;
  let publishedAtMs = -Infinity;
  let isDue = true;
  return {
    async publish(configs, news, holds) {
      isDue ||= news !== "unchanged";
      if (news === "loaded") published = null;
      if (!isDue) return null;
      const waitMs = publishedAtMs + publishEveryMs - performance.now();
      if (waitMs > 0) return waitMs;
      isDue = false;
      const wants = JSON.stringify(wantsOf(configs, stream));
      if (wants === published) return null;
      try {
        await withTransaction(pool, async (tx) => {
          if (await holds(tx)) await writeWants(tx, shard, wants);
        });
      } catch (error) {
        isDue = true;
        throw error;
      }
      published = wants;
      publishedAtMs = performance.now();
      return null;
    },
  };
}

async function writeWants(tx: Db, { index, of }: UserShard, wants: string): Promise<void> {
  await tx.query(
    `with outdated as (delete from shard_wants where shards <> $1::int4)
     insert into shard_wants (shards, shard, wants) values ($1::int4, $2::int4, $3::jsonb)
     on conflict (shards, shard) do update set wants = excluded.wants, version = pg_current_xact_id()`,
    [of, index, wants],
  );
  await tx.query("select pg_notify($1::text, '')", [wantsChannel]);
}

export type PublishedWants = {
  /** Reads what has changed since the last time, in one statement. */
  refresh(): Promise<void>;
  readonly inputs: Pick<WantedInputs, "groups">;
  bars(): WantedBars[];
  candidates(): StreamCandidate[];
};

/** The union over all shards, as last read. */
export function createPublishedWants(db: Db, shards: number): PublishedWants {
  const known = new Map<number, { version: string; wants: ShardWants }>();
  let union = unionOf([]);
  return {
    async refresh() {
      const { rows } = await db.query<{ shard: number; version: string; wants: ShardWants }>({
        name: "changed-wants",
        text: `select w.shard, w.version::text, w.wants
                 from shard_wants w left join unnest($2::int4[], $3::text[]) as k (shard, version) on k.shard = w.shard
                where w.shards = $1::int4 and k.version is distinct from w.version::text`,
        values: [shards, [...known.keys()], [...known.values()].map(({ version }) => version)],
      });
      if (rows.length === 0) return;
      for (const { shard, version, wants } of rows) known.set(shard, { version, wants });
      union = unionOf([...known.values()].map(({ wants }) => wants));
    },
    inputs: { groups: () => union.inputs },
    bars: () => union.bars,
    candidates: () => union.candidates,
  };
}

/** A symbol is fetched as often as the most eager wants it; bars reach as far back as the furthest; rules are counted together. */
export function unionOf(all: readonly ShardWants[]): ShardWants {
  const groups = new Map<string, { group: FeedGroup; symbols: Map<string, WantedSymbol> }>();
  const bars = new Map<string, WantedBars>();
  const candidates = new Map<string, StreamCandidate>();
  for (const wants of all) {
    for (const { group, symbols } of wants.inputs) {
      const name = feedGroupName(group);
      const known = groups.get(name) ?? { group, symbols: new Map<string, WantedSymbol>() };
      groups.set(name, known);
      for (const each of symbols) {
        const before = known.symbols.get(each.symbol);
        known.symbols.set(each.symbol, before === undefined ? each : { symbol: each.symbol, pollIntervalSeconds: Math.min(before.pollIntervalSeconds, each.pollIntervalSeconds), quoted: before.quoted || each.quoted });
      }
    }
    for (const each of wants.bars) {
      const name = `${each.feed} ${each.assetClass} ${each.symbol} ${each.timeframe}`;
      const before = bars.get(name);
      if (before === undefined || before.bars < each.bars) bars.set(name, each);
    }
    for (const each of wants.candidates) {
      const before = candidates.get(each.symbol);
      candidates.set(each.symbol, before === undefined ? each : { symbol: each.symbol, quoted: before.quoted || each.quoted, rules: before.rules + each.rules });
    }
  }
  return {
    inputs: [...groups.values()].map(({ group, symbols }) => ({ group, symbols: [...symbols.values()] })).filter(({ symbols }) => symbols.length > 0),
    bars: [...bars.values()],
    candidates: [...candidates.values()],
  };
}
