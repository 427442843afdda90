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
