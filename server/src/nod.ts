import type { Config } from "./config.ts";
import { createStops, layFoundation, type NodHooks } from "./foundation.ts";
import { startProbes } from "./start-probes.ts";
import { startWeb } from "./start-web.ts";
import { startWorker } from "./start-worker.ts";

export type RunningNod = {
  /** `http://127.0.0.1:8080` */
  address: string;
  broker: string;
  database: string;
  /** Finishes what is in flight and leaves nothing running. */
  stop(): Promise<void>;
};

/**
 * Builds what the process's role asks for and starts it. What was started is stopped again when a later step fails.
 * @throws MigrationFailed, SeedFailed, ClusterInUse and whatever a port or a disk refuses: the start must stop
 */
export async function startNod(config: Config, hooks: NodHooks): Promise<RunningNod> {
  const stops = createStops(hooks.logger);
  try {
    const base = await layFoundation(config, hooks, stops);
    const worker = config.broker.kind === "elsewhere" ? null : await startWorker(base, config.broker);
    const port = worker !== null && config.role === "worker" ? await startProbes(base, worker) : await startWeb(base, worker);
    return {
      address: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
      broker: worker?.broker ?? base.broker.description,
      database: base.database.description,
      stop: () => stops.stopAll(),
    };
  } catch (error) {
    await stops.stopAll();
    throw error;
  }
}
