/**
 * `npm run screenshots -w @nod/web`: photographs the running client into docs/pictures, against the real server,
 * an embedded PostgreSQL and the simulator with its recorded day. The client must have been built.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./support/chromium.ts";
import { cardOf, desktop, openPage, phone, signIn, swipe, touch, type View } from "./support/phone.ts";
import { startStack, type Stack } from "./support/stack.ts";

const pictures = join(import.meta.dirname, "../../../docs/pictures");
/** Long enough for springs, fades and charts to come to rest. */
const restMs = 900;

type Scene = { stack: Stack; browser: Browser; view: View; suffix: string };

async function take(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(restMs);
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

async function opened({ stack, browser, view }: Scene, uid: string): Promise<{ page: Page; close(): Promise<void> }> {
  const { page, close } = await openPage(browser, view);
  await signIn(page, stack.address, uid);
  return { page, close };
}

/** The swipe card: at rest, under the finger, and what became of it. */
async function approveBySwipe(page: Page, suffix: string): Promise<void> {
  const card = cardOf(page, "IBM");
  await card.locator("[data-chart]").waitFor();
  await take(page, `inbox-${suffix}`);
  const finger = await touch(page, card);
  await finger.move(150);
  await take(page, `drag-${suffix}`);
  await finger.move(0);
  await finger.lift();
  await page.waitForTimeout(restMs);
  await swipe(page, card, "right");
  await page.getByRole("status").filter({ hasText: "Bought" }).waitFor();
  await take(page, `approved-${suffix}`);
  await page.getByRole("button", { name: "Put away" }).click();
}

/** The numeric card, with an amount chosen. */
async function skipNumeric(page: Page, suffix: string): Promise<void> {
  const card = cardOf(page, "AIG");
  await card.locator("[data-chart]").waitFor();
  await page.getByRole("slider").fill("20");
  await take(page, `numeric-${suffix}`);
  await page.getByRole("button", { name: "Skip" }).click();
  await page.getByRole("button", { name: "Put away" }).click();
}

/** The recorded day goes on: on a slow machine it has asked again meanwhile. */
async function skipTheRest(page: Page): Promise<void> {
  const empty = page.getByRole("heading", { name: "Nothing to decide" });
  const skip = page.getByRole("button", { name: "Skip" });
  for (;;) {
    await empty.or(skip).first().waitFor();
    if (await empty.isVisible()) return;
    await page.waitForTimeout(restMs);
    if (await skip.isVisible()) await skip.click();
  }
}

async function onPhone(scene: Scene): Promise<void> {
  const { suffix } = scene;
  const { page, close } = await opened(scene, `phone-${suffix}`);
  await page.locator("[data-question]").nth(1).waitFor();
  const steps = (await cardOf(page, "IBM").isVisible()) ? [approveBySwipe, skipNumeric] : [skipNumeric, approveBySwipe];
  for (const step of steps) await step(page, suffix);
  await skipTheRest(page);
  await take(page, `empty-${suffix}`);
  await page.getByRole("link", { name: "Activity" }).click();
  await page.locator("[data-badge=Filled]").waitFor();
  await take(page, `activity-${suffix}`);
  await page.locator("[data-badge=Filled] a").click();
  await page.locator("[data-station=fill]").waitFor();
  await take(page, `trace-${suffix}`);
  await page.getByRole("link", { name: "Portfolio" }).click();
  await page.getByText("on average").waitFor();
  await page.locator("[data-chart=curve]").waitFor();
  await take(page, `portfolio-${suffix}`);
  await stopping(page, suffix);
  await editing(page, suffix);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByText(/^This device ·/).waitFor();
  await take(page, `settings-${suffix}`);
  await close();
}

/** The kill switch: what it offers, and the second confirmation of the hardest. */
async function stopping(page: Page, suffix: string): Promise<void> {
  await page.getByRole("button", { name: "Kill switch" }).click();
  await page.locator("[data-preview=block_new]").waitFor();
  await take(page, `kill-switch-${suffix}`);
  await page.getByRole("radio", { name: /Stop and sell everything/ }).check();
  await page.getByRole("button", { name: "Go on to selling" }).click();
  await page.getByText(/^Sold:/).waitFor();
  await take(page, `sell-everything-${suffix}`);
  await page.keyboard.press("Escape");
}

/** The rules: the list, one in its form, the kinds and templates, all of it as text with a fault in it. */
async function editing(page: Page, suffix: string): Promise<void> {
  await page.getByRole("link", { name: "Rules" }).click();
  await page.locator("[data-standing]").first().waitFor();
  await take(page, `rules-${suffix}`);
  await page.getByRole("link", { name: /^IBM dip/ }).click();
  await page.locator("[data-checked=fits]").waitFor();
  await take(page, `rule-${suffix}`);
  await tryingOnThePast(page, suffix);
  await page.getByRole("link", { name: "Rules" }).first().click();
  await page.getByRole("link", { name: "Add a rule" }).click();
  await page.getByText("In use").waitFor();
  await take(page, `new-rule-${suffix}`);
  await page.getByRole("link", { name: "Rules" }).first().click();
  await page.getByRole("link", { name: "Edit everything as JSON" }).click();
  const editor = page.getByRole("textbox", { name: "Your config as JSON" });
  await editor.press("ControlOrMeta+a");
  await page.keyboard.insertText('{\n  "rules": [\n    {\n      "id": "ibm_dip",\n      "threshold_pct": -2,\n      "cooldown_seconds": -1\n    }\n  ],\n  "guardrails": {\n    "max_orders_per_day": 2\n  }\n}');
  await page.locator(".cm-lintRange-error").waitFor();
  await take(page, `config-${suffix}`);
}

/** A rule that asks sooner, tried on the day before. */
async function tryingOnThePast(page: Page, suffix: string): Promise<void> {
  await page.getByLabel("Threshold (%)").fill("-0.2");
  await page.getByLabel("Cooldown (seconds)").fill("7200");
  await page.getByText("IBM is 0.2 % or more below").waitFor();
  const panel = page.getByRole("region", { name: "Try it on the past" });
  const chart = panel.locator("[data-chart=preview]");
  // The minutes of the day before are fetched in the background.
  do {
    await panel.getByRole("button", { name: /^Try it/ }).click();
    await panel.locator("[data-preview=report]:not([aria-busy=true] *)").or(panel.getByRole("alert")).first().waitFor();
    await page.waitForTimeout(restMs);
  } while (!(await chart.isVisible()));
  await panel.getByRole("list", { name: "When it would have asked" }).getByRole("button").first().click();
  await panel.evaluate((element) => element.scrollIntoView({ block: "start" }));
  await take(page, `preview-${suffix}`);
}

async function onDesktop(scene: Scene): Promise<void> {
  const { page, close } = await opened(scene, `desktop-${scene.suffix}`);
  await page.locator("[data-question]").nth(1).waitFor();
  await page.locator("[data-chart]").first().waitFor();
  await page.waitForTimeout(restMs);
  await page.keyboard.press("ArrowRight");
  await page.locator("[data-badge=Filled]").waitFor();
  await page.locator("[data-question] [data-chart]").first().waitFor();
  await take(page, `desktop-${scene.suffix}`);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("Hold to approve").selectOption("0");
  await page.getByRole("link", { name: /Inbox/ }).click();
  await page.locator("[data-question] [data-chart]").first().waitFor();
  await page.waitForTimeout(restMs);
  await page.keyboard.press("ArrowRight");
  await page.getByRole("alertdialog").waitFor();
  await take(page, `desktop-hold-${scene.suffix}`);
  await close();
}

async function signingIn({ stack, browser, view, suffix }: Scene): Promise<void> {
  const { page, close } = await openPage(browser, view);
  await page.goto(stack.address);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await take(page, `sign-in-${suffix}`);
  await close();
}

const stack = await startStack(null, "recorded");
const browser = await launchChromium();
try {
  await mkdir(pictures, { recursive: true });
  for (const colorScheme of ["light", "dark"] as const) {
    await signingIn({ stack, browser, view: { ...phone, colorScheme, scale: 2 }, suffix: colorScheme });
    await onPhone({ stack, browser, view: { ...phone, colorScheme, scale: 2 }, suffix: colorScheme });
    await onDesktop({ stack, browser, view: { ...desktop, colorScheme }, suffix: colorScheme });
  }
} finally {
  await browser.close();
  await stack.stop();
}
