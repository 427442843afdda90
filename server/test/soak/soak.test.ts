/** The short form of `npm run soak`: all of its parts, for half a minute. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";

/** A minute and a half where nothing else runs; a machine that is busy with other things may take many times as long. */
vi.setConfig({ testTimeout: 45 * 60_000 });

/** This seed kills one web and one worker process, so that clients move and leases are taken over. */
const seed = "7";

test("two web and two worker processes lose nothing and do nothing twice while they are killed and the database is restarted", async () => {
  const args = ["--minutes", "0.5", "--users", "500", "--clients", "50", "--answers-per-second", "5", "--kill-every", "11", "--not-durable", "--seed", seed];
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../soak/main.ts"), ...args], { env: { PATH: process.env["PATH"], HOME: process.env["HOME"] }, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void (child.exitCode ?? child.kill("SIGTERM")));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");

  // What did not hold, or the end of the output when it never came to say it.
  const said = output.split("\n").filter((line) => /^violations|^ {2}✗ /.test(line));
  const failures = said.filter((line) => !line.includes("was nobody's for"));
  // How long a lease was nobody's is a question of speed, and this machine may have none to spare: the full form judges it.
  expect(said.length === 0 ? output.slice(-4_000) : failures.filter((line) => line.startsWith("  ✗")).join("\n")).toBe("");
  expect(output).toMatch(/^kills +2,/m);
  expect(output).toMatch(/^PostgreSQL +restarted once/m);
  // And something happened meanwhile.
  expect(Number(/^ +(\d+) {2}answers$/m.exec(output)?.[1] ?? 0)).toBeGreaterThan(0);
  expect(Number(/^ +(\d+) {2}questions$/m.exec(output)?.[1] ?? 0)).toBeGreaterThan(0);
});
