/**
 * `npm run startup -w @nod/web [-- FOLDER…]`: what opening the inbox costs the main thread, and a press after it, for the built
 * client or for several builds side by side, turn by turn. Counted is the thread's own CPU time out of Chromium's trace, which
 * a busy machine does not change much; blocking time is what lies above 50 ms of each task at four-fold slow-down. Asserts
 * nothing.
 */
import { join, resolve } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./support/chromium.ts";
import { createPerson, dip, watch, type Person } from "./support/person.ts";
import { openPage, phone, touch } from "./support/phone.ts";
import { say } from "./support/say.ts";
import { serveBuild } from "./support/served-build.ts";
import { startStack } from "./support/stack.ts";

const rounds = 7;
const restMs = 1_500;
const slowDown = 4;
const longTaskMs = 50;
const categories = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "blink.user_timing"];

type TraceEvent = { name: string; ph: string; pid: number; tid: number; tdur?: number; args?: { name?: string } };
type Figures = Map<string, number>;

/** The main thread's tasks, in milliseconds of its CPU time, and its script evaluation. */
function tasksOf(trace: Buffer): { tasks: number[]; evaluationMs: number } {
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- Chromium's own format
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(trace.toString());
  const mainThreads = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain").map(({ pid, tid }) => `${pid} ${tid}`));
  const onMain = traceEvents.filter(({ ph, pid, tid }) => ph === "X" && mainThreads.has(`${pid} ${tid}`));
  const msOf = (wanted: string): number[] => onMain.filter(({ name }) => name === wanted).map(({ tdur = 0 }) => tdur / 1_000);
  return { tasks: msOf("RunTask"), evaluationMs: [...msOf("EvaluateScript"), ...msOf("v8.evaluateModule")].reduce((total, ms) => total + ms, 0) };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const longest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);

async function traced(browser: Browser, page: Page, act: () => Promise<void>): Promise<ReturnType<typeof tasksOf>> {
  await browser.startTracing(page, { categories });
  await act();
  await page.waitForTimeout(restMs);
  return tasksOf(await browser.stopTracing());
}

async function open(browser: Browser, address: string, person: Person): Promise<Figures> {
  const { page, close } = await openPage(browser, phone);
  const figures: Figures = new Map();
  try {
    await page.addInitScript((session) => sessionStorage.setItem("nod.session", session), JSON.stringify({ uid: person.uid, token: person.token }));
    const network = await page.context().newCDPSession(page);
    await network.send("Network.enable");
    let bytes = 0;
    network.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
    const card = page.locator("[data-question]:not([inert])");
    const start = await traced(browser, page, async () => {
      await page.goto(address);
      await card.waitFor();
    });
    figures.set("bytes, KiB", bytes / 1_024);
    figures.set("main thread in all, ms", sum(start.tasks));
    figures.set("script evaluation, ms", start.evaluationMs);
    figures.set("longest task, ms", longest(start.tasks));
    figures.set(`blocking time at ${slowDown}-fold slow-down, ms`, sum(start.tasks.map((ms) => Math.max(0, ms * slowDown - longTaskMs))));
    const rest = await traced(browser, page, () => page.waitForTimeout(restMs));
    figures.set("a card at rest, ms a second", (sum(rest.tasks) * 1_000) / (2 * restMs));
    const finger = await touch(page, card);
    const drag = await traced(browser, page, () => finger.move(170));
    figures.set("a drag of 170 px, ms", sum(drag.tasks));
    await finger.move(0);
    await finger.lift();
    await page.waitForTimeout(restMs); // Chromium drops a tap that comes right after a drag
    const press = async (what: string, act: () => Promise<void>): Promise<void> => void figures.set(`${what}: longest task, ms`, longest((await traced(browser, page, act)).tasks));
    await press("open the kill switch", () => page.getByRole("button", { name: "Kill switch" }).tap());
    await press("close it", () => page.getByRole("button", { name: "Leave it" }).tap());
    for (const screen of ["Activity", "Portfolio", "Rules", "Settings", "Inbox"]) await press(`to ${screen}`, () => page.getByRole("link", { name: screen }).first().tap());
  } finally {
    await close();
  }
  return figures;
}

const median = (values: readonly number[]): number => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

const folders = process.argv.slice(2).map((typed) => resolve(process.env["INIT_CWD"] ?? ".", typed));
const builds = folders.length === 0 ? [join(import.meta.dirname, "../dist")] : folders;
const stack = await startStack(null, "flat");
const browser = await launchChromium();
const served = await Promise.all(builds.map((folder) => serveBuild(folder, stack.address)));
try {
  const person = await createPerson(stack, "starter");
  await watch(stack, person, [{ symbol: "NVDA", expiresInSeconds: 3_600 }, { symbol: "MSFT", expiresInSeconds: 3_600 }]);
  dip(stack, "NVDA");
  dip(stack, "MSFT");
  const found = builds.map(() => new Map<string, number[]>());
  for (let round = 0; round < rounds; round += 1) {
    for (const [n, { address }] of served.entries()) {
      for (const [what, value] of await open(browser, address, person)) found[n]?.set(what, [...(found[n].get(what) ?? []), value]);
    }
  }
  say(`median of ${rounds}, turn by turn: ${builds.join(" | ")}`);
  for (const what of found[0]?.keys() ?? []) say(`  ${what.padEnd(44)} ${found.map((build) => median(build.get(what) ?? []).toFixed(1).padStart(8)).join(" ")}`);
} finally {
  await Promise.all(served.map((each) => each.stop()));
  await browser.close();
  await stack.stop();
}
