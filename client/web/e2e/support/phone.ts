/** A page as a person holds it, and what a finger does to it. */
import type { Browser, CDPSession, Locator, Page } from "playwright-core";

/** `serviceWorkers`: blocked unless a test is about them, so that tests can stand between the page and the network. */
/** Of every wait and press; long enough for a machine that is busy with other things, short of a test's own. */
const actionTimeoutMs = 90_000;

export type View = { serviceWorkers?: "allow" | "block"; width: number; height: number; colorScheme?: "light" | "dark"; touch?: boolean; scale?: number };

export const phone: View = { width: 390, height: 844, touch: true };
export const desktop: View = { width: 1280, height: 800, touch: false };

/** What went wrong inside the page: uncaught errors and violations of the Content-Security-Policy. */
export type Faults = string[];

export async function openPage(browser: Browser, view: View): Promise<{ page: Page; faults: Faults; close(): Promise<void> }> {
  const { width, height, colorScheme = "light", touch = true, scale = 1, serviceWorkers = "block" } = view;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, hasTouch: touch, isMobile: touch, deviceScaleFactor: scale, serviceWorkers });
  context.setDefaultTimeout(actionTimeoutMs);
  const page = await context.newPage();
  const faults: Faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && message.text().includes("Content Security Policy")) faults.push(message.text());
  });
  return { page, faults, close: () => context.close() };
}

export async function signIn(page: Page, address: string, uid: string): Promise<void> {
  await page.goto(address);
  await page.getByLabel("Your name on this machine").fill(uid);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Kill switch" }).waitFor();
}

/** The card in the hand that asks about `symbol`. */
export const cardOf = (page: Page, symbol: string): Locator => page.getByRole("article", { name: new RegExp(`^${symbol} is (down|up)`) });

/** The id of the question that a card asks. */
export async function questionOf(card: Locator): Promise<string> {
  return (await card.getAttribute("data-question")) ?? "";
}

const betweenLooksMs = 50;

export type Finger = { move(dx: number): Promise<void>; lift(): Promise<void> };

/** Where a card comes to stand: nobody swipes one that is still on its way. */
async function placeOf(page: Page, card: Locator): Promise<{ x: number; y: number; width: number }> {
  let last: { x: number; y: number; width: number } | null = null;
  for (;;) {
    await card.waitFor();
    const box = await card.boundingBox();
    if (box !== null && box.x === last?.x && box.y === last.y) return box;
    last = box;
    await page.waitForTimeout(betweenLooksMs);
  }
}

/** Puts a finger on the card. It moves in small steps, as fingers do. */
export async function touch(page: Page, card: Locator): Promise<Finger> {
  const box = await placeOf(page, card);
  const session: CDPSession = await page.context().newCDPSession(page);
  const y = box.y + 110;
  const startX = box.x + box.width / 2;
  let x = startX;
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
  return {
    async move(dx) {
      const steps = Math.max(1, Math.ceil(Math.abs(startX + dx - x) / 12));
      const step = (startX + dx - x) / steps;
      for (let taken = 0; taken < steps; taken += 1) {
        x += step;
        await session.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x, y }] });
      }
    },
    async lift() {
      await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
      await session.detach();
    },
  };
}

/** A finger that stays on a button for as long as it takes, and is lifted there. */
export async function pressAndHold(page: Page, button: Locator, until: () => Promise<void>): Promise<void> {
  const box = await button.boundingBox();
  if (box === null) throw new Error("the button is not on the screen");
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }] });
  await until();
  await session.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await session.detach();
}

/** No finger taps in the moment in which it lifted from a swipe; Chromium takes the two for one gesture, and the tap for nothing. */
const betweenTouchesMs = 400;

export async function swipe(page: Page, card: Locator, direction: "right" | "left"): Promise<void> {
  const finger = await touch(page, card);
  await finger.move(direction === "right" ? 170 : -170);
  await finger.lift();
  await page.waitForTimeout(betweenTouchesMs);
}
