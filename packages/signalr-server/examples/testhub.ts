/**
 * Serves the surface that Microsoft's own client functional tests expect of a server
 * (dotnet/aspnetcore, `src/SignalR/clients/ts/FunctionalTests`), so that they can be run against this package.
 *
 * Environment: `PORT` (default 5000) and `HTTPS_PORT` (default 0); 0 takes a free port. `HOST` (default 127.0.0.1).
 * Prints one line for each address: `Now listening on: http://127.0.0.1:5000`.
 */
import { startTestHub } from "./testhub/server.ts";

const testHub = await startTestHub({
  host: process.env["HOST"] ?? "127.0.0.1",
  port: Number(process.env["PORT"] ?? 5000),
  httpsPort: Number(process.env["HTTPS_PORT"] ?? 0),
});
process.stdout.write(`Now listening on: ${testHub.httpsUrl}\nNow listening on: ${testHub.httpUrl}\n`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void testHub.stop().then(() => process.exit(0)));
}
