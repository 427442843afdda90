/** The short forms of `npm run chaos` and `npm run chaos:kills`: processes of their own, for they take over the clock. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";

/** Three minutes where nothing else runs; a machine that is busy with other things may take ten times as long. */
vi.setConfig({ testTimeout: 45 * 60_000 });

async function run(file: string, ...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../chaos", file), ...args], { env: { PATH: process.env["PATH"], HOME: process.env["HOME"] }, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void (child.exitCode ?? child.kill("SIGTERM")));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  await once(child, "close");
  return { code: child.exitCode, output };
}

/** Fails with what a run says of violations, each with the command that replays its seed; with the end of the output when it never came to say it. */
function expectNoViolation(output: string): void {
  const said = output.split("\n").filter((line) => /^seed \d+ violates|^ {2}✗ |^violations/.test(line));
  const verdict = said.some((line) => line.startsWith("violations")) ? said.join("\n") : output.slice(-4_000);
  if (verdict !== "violations: 0") expect.fail(verdict);
}

/** How often something happened, by the last lines of the output. */
const tallied = (output: string, what: string): number => Number(new RegExp(`^ +(\\d+)  ${what}$`, "m").exec(output)?.[1] ?? 0);

test("five hundred seeds of people, prices and faults leave nothing that the checker can complain of", async () => {
  const { code, output } = await run("main.ts", "--seeds", "500", "--jobs", "3");
  expectNoViolation(output);
  expect(code).toBe(0);
  // And they were no idle worlds.
  for (const [what, least] of [["questions", 1_000], ["answers", 600], ["posts", 150], ["fills", 150], ["in doubt for a while", 30]] as const) expect(tallied(output, what)).toBeGreaterThanOrEqual(least);
});

test("a process killed five times under load loses nothing and does nothing twice", async () => {
  const { code, output } = await run("kills.ts", "--kills", "5");
  expectNoViolation(output);
  expect(code).toBe(0);
  expect(tallied(output, "questions")).toBeGreaterThanOrEqual(1);
});
