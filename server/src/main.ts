/** The process: reads the environment, starts Nod, says where it is, and stops it when asked. */
import pino from "pino";
import { ConfigError, readConfig, type Config } from "./config.ts";
import { ClusterInUse } from "./db/cluster.ts";
import { MigrationFailed } from "./db/migrate.ts";
import { SeedFailed } from "./db/seed.ts";
import { startNod, type RunningNod } from "./nod.ts";

/** A stop that takes longer than this is given up; the next start finds what was left. */
const stopTimeoutMs = 30_000;

/** What a person can mend: told in its own words, without a stack. */
const mendable = [ConfigError, ClusterInUse, MigrationFailed, SeedFailed];

function describeStartFailure(error: unknown): string {
  if (mendable.some((kind) => error instanceof kind) && error instanceof Error) return error.message;
  if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return `${error.message}\nAnother program uses that port: stop it, or set PORT.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function block(nod: RunningNod, config: Config): string {
  const role = config.role === "all" ? "" : `, role ${config.role}`;
  const mode = `${config.allowLive ? "live allowed" : "paper"}, sign-in ${config.auth.mode}${config.tradingEnabled ? "" : ", no orders are sent"}${role}`;
  return ["", "  Nod asks before it trades.", "", `  Address   ${nod.address}`, `  Broker    ${nod.broker}`, `  Database  ${nod.database}`, `  Mode      ${mode}`, "  Stop      Ctrl-C", ""].join("\n");
}

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = pino({
    level: config.logLevel,
    redact: ["req.headers.authorization", "*.authorization", "*.token", "*.secretKey", "*.password"],
  });
  const starting = startNod(config, {
    logger,
    say: (line) => console.log(line),
    onLost: (error) => {
      logger.fatal({ err: error }, "the embedded database is gone");
      void stop(1);
    },
  });

  let stopping: Promise<void> | undefined;
  const stop = (exitCode: number): Promise<void> => {
    stopping ??= (async () => {
      const timer = setTimeout(() => {
        console.error("Stopping took too long; ended. The next start goes on with the same data.");
        process.exit(1);
      }, stopTimeoutMs);
      const nod = await starting.catch(() => null);
      await nod?.stop();
      clearTimeout(timer);
      process.exit(exitCode);
    })();
    return stopping;
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopping === undefined) console.log("Stopping: what is in flight is finished first.");
      void stop(0);
    });
  }

  const nod = await starting;
  if (stopping === undefined) console.log(block(nod, config));
}

try {
  await main();
} catch (error) {
  console.error(describeStartFailure(error));
  process.exit(1);
}
