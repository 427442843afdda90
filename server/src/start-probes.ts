/** What a process without people serves, so that it can be watched. */
import type { Foundation } from "./foundation.ts";
import { createGracefulServer } from "./http/graceful-server.ts";
import { createProbeApp } from "./http/probe-app.ts";
import { createReadinessProbe, databaseCheck, leasesCheck, marketDataCheck, migrationsCheck } from "./http/readiness.ts";
import { migrationsFolder } from "./prepare-database.ts";
import type { RunningWorker } from "./start-worker.ts";

const drainMs = 1_000;

/** @returns the port */
export async function startProbes({ config, logger, metrics, pool, stops, workerPool }: Foundation, worker: RunningWorker): Promise<number> {
  let isStopping = false;
  const readiness = createReadinessProbe([
    databaseCheck(pool),
    migrationsCheck(pool, migrationsFolder),
    { name: "broker_reconciled", required: true, look: () => worker.reconciled() },
    marketDataCheck(pool),
    leasesCheck(workerPool, { asks: config.questionWorkerEnabled }),
    { name: "accepting_requests", required: true, look: () => ({ ready: !isStopping, detail: isStopping ? "It is stopping." : "It works." }) },
  ]);
  const server = createGracefulServer(createProbeApp({ operatorToken: config.operatorToken, trustedProxies: config.trustedProxies, readiness, logger, metrics }));
  stops.add(async () => {
    isStopping = true;
    await server.stop(drainMs, () => Promise.resolve());
  });
  return server.listen(config.port, config.host);
}
