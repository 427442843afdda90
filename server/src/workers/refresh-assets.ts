/** Asks the broker what may be done with the symbols that are watched, each when it is new and then about hourly. */
import type { Pool } from "../db/pool.ts";
import { assetsToAskFor, recordAsset } from "../trading/market/assets-table.ts";
import type { BrokerPort } from "../trading/ports.ts";

export type AssetLimits = { refreshAfterSeconds: number; perPass: number; callTimeoutMs: number };

const defaultAssetLimits: AssetLimits = { refreshAfterSeconds: 3_600, perPass: 20, callTimeoutMs: 10_000 };

/**
 * One pass; returns how many assets were heard of.
 * @throws BrokerUnavailableError: what was heard before it is kept, and the rest is asked for in the next pass
 */
export async function refreshAssets(deps: { pool: Pool; broker: BrokerPort; limits?: Partial<AssetLimits> }): Promise<number> {
  const { pool, broker } = deps;
  const limits = { ...defaultAssetLimits, ...deps.limits };
  const due = await assetsToAskFor(pool, { olderThanSeconds: limits.refreshAfterSeconds, limit: limits.perPass });
  for (const watched of due) {
    const asset = await broker.asset(watched.symbol, AbortSignal.timeout(limits.callTimeoutMs));
    await recordAsset(pool, watched, asset);
  }
  return due.length;
}

/** Longer than this a tick does not wait for the broker: a symbol that is still unknown is denied when it comes to that. */
const learnPatienceMs = 1_000;
const onlyNewSeconds = 2_147_483_647;

/** Asks about the symbols that were never asked about. Never throws, never waits long: the next pass asks again. */
export async function learnNewAssets(deps: { pool: Pool; broker: BrokerPort; onError: (error: unknown) => void }): Promise<void> {
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, learnPatienceMs);
  const learning = refreshAssets({ ...deps, limits: { refreshAfterSeconds: onlyNewSeconds } }).then(() => undefined, deps.onError);
  await Promise.race([learning, enough]);
  clearTimeout(timer);
}
