import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nod-launcher-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** It has `note(text)`, for what it lived through. */
async function writeProgram(program: string): Promise<void> {
  const note = `const note = (text) => appendFileSync(${JSON.stringify(join(folder, "notes"))}, text + "\\n");`;
  await writeFile(join(folder, "program.mjs"), `import { appendFileSync } from "node:fs";\n${note}\n${program}`);
}

/** A launcher in a process of its own, which runs `program` under `runProgram`. */
async function launch(program: string): Promise<ChildProcess> {
  await writeProgram(program);
  const runProgram = new URL("run-program.mjs", import.meta.url).href;
  const stopsWithLauncher = `--import=${new URL("stop-with-launcher.mjs", import.meta.url).href}`;
  const script = `import { runProgram } from ${JSON.stringify(runProgram)};
    process.exitCode = await runProgram(process.execPath, ${JSON.stringify([stopsWithLauncher, join(folder, "program.mjs")])}, { cwd: ${JSON.stringify(folder)}, channel: true });`;
  const launcher = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "ignore" });
  onTestFinished(() => void launcher.kill("SIGKILL"));
  return launcher;
}

const notes = async (): Promise<string[]> => (await readFile(join(folder, "notes"), "utf8").catch(() => "")).trimEnd().split("\n");
const exitOf = (launcher: ChildProcess): Promise<unknown> => once(launcher, "exit").then(([code]: unknown[]) => code);

const server = `
  note("up " + process.pid);
  const open = setInterval(() => {}, 1000);
  process.on("SIGINT", () => { note("SIGINT"); setTimeout(() => { note("finished"); process.exit(7); }, 300); });
  process.on("SIGTERM", () => { note("SIGTERM"); process.exit(0); });`;

async function programPid(): Promise<number> {
  await expect.poll(async () => (await notes())[0]).toMatch(/^up /);
  return Number((await notes())[0]?.slice(3));
}

test("the program's exit code is the launcher's", async () => {
  expect(await exitOf(await launch("process.exit(3)"))).toBe(3);
});

test("a program that a signal ended counts as 128 and the signal's number", async () => {
  expect(await exitOf(await launch('process.kill(process.pid, "SIGKILL")'))).toBe(128 + 9);
});

test("Ctrl-C, which reaches a launcher from terminal and npm alike, reaches the program once, and is waited for", async () => {
  const launcher = await launch(server);
  await programPid();
  launcher.kill("SIGINT");
  launcher.kill("SIGINT");
  expect(await exitOf(launcher)).toBe(7);
  expect((await notes()).slice(1)).toEqual(["SIGINT", "finished"]);
});

test("a request to end is passed on", async () => {
  const launcher = await launch(server);
  await programPid();
  launcher.kill("SIGTERM");
  expect(await exitOf(launcher)).toBe(0);
  expect((await notes()).slice(1)).toEqual(["SIGTERM"]);
});

test("when the launcher is killed the program is asked to end, and leaves nothing running", async () => {
  const launcher = await launch(server);
  const pid = await programPid();
  launcher.kill("SIGKILL");
  await expect.poll(async () => (await notes()).slice(1)).toEqual(["SIGTERM"]);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test.each([
  ["itself", "spawnSync(process.execPath, [launcher])"],
  ["through a shell that stays", 'spawnSync("sh", ["-c", `"${process.execPath}" "${launcher}"; true`])'],
])("when npm, which started the launcher %s, is killed, the launcher ends the program", async (_way, startLauncher) => {
  await writeProgram(server);
  const launcher = join(folder, "launcher.mjs");
  await writeFile(launcher, `import { runProgram } from ${JSON.stringify(new URL("run-program.mjs", import.meta.url).href)};\nawait runProgram(process.execPath, [${JSON.stringify(join(folder, "program.mjs"))}], { cwd: "/" });`);
  const npmFile = join(folder, "npm.mjs");
  await writeFile(npmFile, `import { spawnSync } from "node:child_process";\nconst launcher = ${JSON.stringify(launcher)};\n${startLauncher};`);
  const npm = spawn(process.execPath, [npmFile], { stdio: "ignore", env: { ...process.env, npm_lifecycle_event: "start" } });
  const pid = await programPid();
  npm.kill("SIGKILL");
  await expect.poll(async () => (await notes()).slice(1)).toEqual(["SIGTERM"]);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

/** One that has ended and that nobody has waited for, as under an init that does not, counts as gone. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/\) Z /.test(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""));
}
