/** The app on a port of its own, with local sign-in, and its log in memory. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { Writable } from "node:stream";
import { pino } from "pino";
import { systemClock } from "../../src/core/clock.ts";
import { createApp, type AppDependencies, type AppSettings } from "../../src/http/app.ts";
import { createLocalIdentity } from "../../src/http/auth/local-identity.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import type { Services } from "../../src/http/services.ts";

export type RunningApp = {
  server: Server;
  url: string;
  /** Everything logged so far, as text. */
  log(): string;
  token(uid: string): Promise<string>;
  close(): Promise<void>;
};

export type AppParts = Omit<Services, "devSessions" | "readiness"> & Partial<Pick<Services, "devSessions" | "readiness">>;

const settings: AppSettings = { clientFolder: null, firebaseProjectId: null, operatorToken: null, trustedProxies: 0 };

export async function startApp(services: AppParts, overrides: { settings?: Partial<AppSettings> } & Partial<Pick<AppDependencies, "authenticate" | "hub">> = {}): Promise<RunningApp> {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const local = createLocalIdentity({ secret: new Uint8Array(32).fill(1), host: "127.0.0.1", nodeEnv: "test", clock: systemClock });
  const app = createApp({
    settings: { ...settings, ...overrides.settings },
    services: { devSessions: local, readiness: () => Promise.resolve([]), ...services },
    authenticate: overrides.authenticate ?? local.authenticate,
    logger: pino({ level: "debug" }, stream),
    metrics: createMetrics({ processMetrics: false }),
    hub: overrides.hub ?? null,
  });
  const server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the app has no port");
  return {
    server,
    url: `http://127.0.0.1:${address.port}`,
    log: () => lines.join(""),
    token: (uid) => local.issueToken(uid),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
