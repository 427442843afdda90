/**
 * `npm run responsiveness -w @nod/web`: how long a press takes until the next paint at four-fold CPU slow-down (the longest
 * of each kind, as the browser's own Event Timing tells it), how long after its commit a card is on the screen, and how soon another tab agrees. Asserts
 * nothing, since the figures are the machine's too.
 */
import type { Page } from "playwright-core";
import { launchChromium } from "./support/chromium.ts";
import { createPerson, dip, watch } from "./support/person.ts";
import { openPage, phone, signIn, swipe } from "./support/phone.ts";
import { say } from "./support/say.ts";
import { startStack } from "./support/stack.ts";

const slowDown = 4;
const symbols = ["AMZN", "GOOG", "META", "MSFT", "NVDA", "TSLA"];
const restMs = 900;

/** Takes down every interaction from now on, by what it was. */
async function observeInteractions(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: { name: string; ms: number }[] = [];
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if ("interactionId" in entry && typeof entry.interactionId === "number" && entry.interactionId > 0) seen.push({ name: entry.name, ms: entry.duration });
      }
    }).observe({ type: "event", buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
  });
}

async function longest(page: Page, what: string, act: () => Promise<void>): Promise<void> {
  await page.evaluate(() => Object.assign(window, { seen: Object.assign(Reflect.get(window, "seen") ?? [], { length: 0 }) }));
  await act();
  await page.waitForTimeout(restMs * 2);
  const seen: { name: string; ms: number }[] = await page.evaluate(() => Reflect.get(window, "seen"));
  const most = seen.reduce((worst, entry) => (entry.ms > worst.ms ? entry : worst), { name: "nothing above 16 ms", ms: 0 });
  say(`  ${what.padEnd(34)} ${String(Math.round(most.ms)).padStart(4)} ms  (${most.name})`);
}

const stack = await startStack(null, "flat");
const browser = await launchChromium();
try {
  const person = await createPerson(stack, "quick");
  await watch(stack, person, symbols.map((symbol) => ({ symbol })), { max_orders_per_day: 20, max_notional_usd_per_4h: 1_000 });
  const { page, close } = await openPage(browser, phone);
  await signIn(page, stack.address, person.uid);
  await page.getByRole("heading", { name: "Nothing to decide" }).waitFor();

  say("from the start of the transaction that asks (so a little more than from its commit) to the card in the page:");
  const delays: number[] = [];
  const { page: otherTab, close: closeOtherTab } = await openPage(browser, phone);
  await signIn(otherTab, stack.address, person.uid);
  await otherTab.getByRole("heading", { name: "Nothing to decide" }).waitFor();
  const agreements: number[] = [];
  for (const symbol of symbols) {
    const shown = page.evaluate(
      (count) =>
        new Promise<{ atMs: number }>((resolve) => {
          const look = (): void => {
            if (document.querySelectorAll("[data-question]").length <= count) return;
            observer.disconnect();
            requestAnimationFrame(() => resolve({ atMs: performance.timeOrigin + performance.now() }));
          };
          const observer = new MutationObserver(look);
          observer.observe(document.body, { childList: true, subtree: true });
        }),
      0,
    );
    dip(stack, symbol);
    const { atMs } = await shown;
    const response = await fetch(`${stack.address}/v1/me/questions?status=open`, { headers: { authorization: `Bearer ${person.token}` } });
    const open: { questions: { created_at: string }[] } = await response.json();
    delays.push(atMs - Date.parse(open.questions.at(-1)?.created_at ?? ""));
    await page.waitForTimeout(restMs);
    await otherTab.locator("[data-question]").waitFor();
    const died = otherTab.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new MutationObserver((_changes, observer) => {
            if (document.querySelector("[data-phase=dead]") === null) return;
            observer.disconnect();
            resolve(performance.timeOrigin + performance.now());
          }).observe(document.body, { attributes: true, childList: true, subtree: true });
        }),
    );
    const pressedAtMs = await page.getByRole("button", { name: "Skip" }).evaluate((button: HTMLElement) => {
      button.click();
      return performance.timeOrigin + performance.now();
    });
    agreements.push((await died) - pressedAtMs);
    await page.getByRole("heading", { name: "Nothing to decide" }).waitFor();
    await otherTab.getByRole("button", { name: "Done" }).click();
    await otherTab.getByRole("heading", { name: "Nothing to decide" }).waitFor();
    stack.simulator.control.setPrice(symbol, "100.00");
  }
  const sorted = delays.toSorted((left, right) => left - right);
  say(`  ${sorted.map((delay) => delay.toFixed(0)).join(", ")} ms; median ${(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(0)} ms`);
  say("from a press in one tab to the card's death in another of the same person:");
  say(`  ${agreements.map((delay) => delay.toFixed(0)).join(", ")} ms; the longest ${Math.max(...agreements).toFixed(0)} ms`);
  await closeOtherTab();
  await close();

  const presses = await createPerson(stack, "pressed");
  await watch(stack, presses, symbols.map((symbol) => ({ symbol, ...(symbol === "META" ? { ask: { min: 5, max: 50 } } : {}) })), { max_orders_per_day: 20, max_notional_usd_per_4h: 1_000 });
  for (const symbol of symbols) dip(stack, symbol);
  const other = await openPage(browser, phone);
  await signIn(other.page, stack.address, presses.uid);
  await other.page.locator("[data-question]").nth(1).waitFor();
  await other.page.waitForTimeout(restMs);
  const session = await other.page.context().newCDPSession(other.page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: slowDown });
  await observeInteractions(other.page);
  say(`to the next paint at ${slowDown}-fold slow-down, the longest of each:`);
  await longest(other.page, "press on Skip", () => other.page.getByRole("button", { name: "Skip" }).tap());
  await longest(other.page, "press on Approve", () => other.page.getByRole("button", { name: /^Approve/ }).tap());
  await longest(other.page, "swipe", () => swipe(other.page, other.page.locator("[data-question]:not([inert])"), "left"));
  await longest(other.page, "open the kill switch", () => other.page.getByRole("button", { name: "Kill switch" }).tap());
  await longest(other.page, "close it", () => other.page.getByRole("button", { name: "Leave it" }).tap());
  for (const screen of ["Activity", "Portfolio", "Rules", "Settings", "Inbox"]) await longest(other.page, `to ${screen}`, () => other.page.getByRole("link", { name: screen }).first().tap());
  await other.close();
} finally {
  await browser.close();
  await stack.stop();
}
