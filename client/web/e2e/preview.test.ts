/** Rules tried on the recorded day before they are saved: what the page tells is what the recording holds. */
import { openRecordedData, ticksToDecimal } from "@nod/alpaca-simulator";
import type { ReplayReport } from "@nod/contract/preview";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { violations } from "./support/axe.ts";
import { createPerson, type Person } from "./support/person.ts";
import { desktop, phone } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld("recorded");
/** The day that the simulator played before today's: it is over, whatever the hour. */
const [dayBefore, day] = ["2013-10-04", "2013-10-07"];
const recorded = openRecordedData(join(import.meta.dirname, "../../../packages/alpaca-simulator/data"));
/** Minutes are fetched in the background once a symbol is followed; a busy machine takes its time. */
const patience = { timeout: 240_000 };

/** The minutes of the regular session. */
function sessionOf(symbol: string): ReturnType<typeof recorded.minutes> {
  const [open, close] = [Date.parse(`${day}T13:30:00Z`), Date.parse(`${day}T20:00:00Z`)];
  return recorded.minutes(symbol, day).filter(({ t }) => t >= open && t < close);
}

/** Reads the recording by itself: the first minute that closed 1.5 % below the day before, and the open of the next one. */
function firstDipOf(symbol: string): { price: string; bought: string } {
  const minutes = sessionOf(symbol);
  const close = Number(ticksToDecimal(recorded.daily(symbol).find(({ date }) => date === dayBefore)?.c ?? 0));
  const at = minutes.findIndex(({ c }) => Number(ticksToDecimal(c)) <= close * 0.985);
  return { price: Number(ticksToDecimal(minutes[at]?.c ?? 0)).toFixed(2), bought: (Number(ticksToDecimal(minutes[at + 1]?.o ?? 0)) * 1.0005).toFixed(2) };
}

async function previewed(person: Person, days: number): Promise<ReplayReport> {
  const response = await fetch(`${world.stack().address}/v1/me/trading/config/preview`, { method: "POST", headers: { authorization: `Bearer ${person.token}`, "content-type": "application/json" }, body: JSON.stringify({ days }) });
  expect(response.status).toBe(200);
  // oxlint-disable-next-line typescript/no-unsafe-return -- the contract's, as the server's own tests hold
  return response.json();
}

/** A person of the default template, once the minutes of the day before are stored. */
async function personWithAPast(uid: string): Promise<Person> {
  const person = await createPerson(world.stack(), uid);
  const stored = async (): Promise<number[]> => (await previewed(person, 1)).prices.filter(({ symbol }) => symbol !== "SPY").map(({ points }) => points.length);
  await expect.poll(stored, { timeout: patience.timeout / 2, interval: 500 }).toEqual(["IBM", "AIG"].map((symbol) => sessionOf(symbol).length));
  return person;
}

const tryIt = async (page: Page): Promise<void> => {
  await page.getByRole("button", { name: /^Try it/ }).click();
  await page.locator("[data-preview=report]:not([aria-busy=true] *)").waitFor();
};
const moments = (page: Page) => page.getByRole("list", { name: "When it would have asked" }).getByRole("button");
const panel = (page: Page) => page.getByRole("region", { name: "Try it on the past" });

test("a rule is tried on the past before it is saved: how often, when, at which price, what came of it; and nothing is stored", patience, async () => {
  const person = await personWithAPast("ada");
  const page = await world.open(person);
  await page.goto(`${world.stack().address}/rules/aig_dip_amount`);
  await page.getByRole("slider", { name: "Trading days" }).fill("2");
  await tryIt(page);
  const dip = firstDipOf("AIG");
  // The replayed day goes on from now: at some hours it lies on both sides of New York's midnight, and is two days by the calendar.
  const { trading_days: days } = await previewed(person, 2);
  const inDays = days === 1 ? "1 trading day" : "2 trading days";
  await panel(page).getByRole("status").getByText(new RegExp(`^It would have asked 1 time in ${inDays}, \\d`)).waitFor({ state: "attached" });
  expect(await moments(page).allInnerTexts()).toEqual([expect.stringMatching(new RegExp(`at \\$${dip.price}\\s+Bought 0\\.10\\d\\d at \\$${dip.bought}`))]);
  expect(await page.locator("[data-mark]").count()).toBe(1);
  expect(await page.locator("[data-chart=preview]").getAttribute("aria-label")).toMatch(new RegExp(`^AIG in ${inDays}, .*1 question is marked; the list tells each\\.$`));
  expect(await panel(page).getByText("Prices are there of 1 of the 2 days").count()).toBe(days === 1 ? 1 : 0);

  // Lower, and more often: it asks more often than the limits allow orders.
  await page.getByLabel("Threshold (%)").fill("-0.2");
  await page.getByLabel("Cooldown (seconds)").fill("1800");
  await panel(page).getByText("Changed since: this is of before.").waitFor();
  await page.getByRole("region", { name: "What it means" }).getByText("AIG is 0.2 % or more below").waitFor();
  await tryIt(page);
  await expect.poll(() => page.locator("[data-mark]").count()).toBeGreaterThan(6);
  await panel(page).getByText(/Denied by your limits: 3 of 3 orders/).first().waitFor();
  await panel(page).getByRole("button", { name: /^Show all/ }).tap();
  expect(await moments(page).count()).toBe(await page.locator("[data-mark]").count());
  await moments(page).first().tap();
  expect(await moments(page).first().getAttribute("aria-pressed")).toBe("true");
  const { rows } = await world.database.ownerPool.query("select config from user_trading_config where firebase_uid = 'ada'");
  expect(rows.filter(({ config }) => JSON.stringify(config) !== "{}")).toEqual([]);
  expect(await world.ordersOf(person)).toEqual([]);
});

test("all of it as text is tried by rule; a fault that the server finds stands at its place, and a try is called off", patience, async () => {
  const person = await personWithAPast("grace");
  const page = await world.open(person, desktop);
  await page.goto(`${world.stack().address}/rules/+document`);
  const editor = page.getByRole("textbox", { name: "Your config as JSON" });
  const write = async (text: string): Promise<void> => {
    await editor.press("ControlOrMeta+a");
    await page.keyboard.insertText(text);
  };
  await write('{ "rules": [{ "id": "ibm_dip", "threshold_pct": -0.1 }] }');
  await page.locator("[data-checked=fits]").waitFor();
  await tryIt(page);
  const rules = panel(page).getByRole("radio");
  expect(await rules.count()).toBe(3);
  await panel(page).getByRole("radio", { name: /^IBM dip [1-9]/, checked: true }).waitFor({ state: "attached" });
  expect(await page.locator("[data-chart=preview]").getAttribute("aria-label")).toMatch(/^IBM /);
  await panel(page).getByText("AIG dip amount").click();
  await panel(page).getByRole("radio", { name: /^AIG dip amount 1$/, checked: true }).waitFor({ state: "attached" });
  expect(await moments(page).count()).toBe(1);

  // The check of what is typed does not get through, so that only the try itself can find the fault.
  await page.route("**/config/validate", (route) => route.abort());
  await write('{ "rules": [{ "id": "ibm_dip", "threshold_pct": -200 }] }');
  await panel(page).getByText("Changed since: this is of before.").waitFor();
  await page.locator("[data-checked=unknown]").waitFor();
  await page.getByRole("button", { name: "Try it again" }).click();
  await panel(page).getByRole("alert").getByText("/rules/0/threshold_pct").waitFor();

  const held = Promise.withResolvers<void>();
  await page.route("**/config/preview", () => held.resolve());
  const calledOff = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/config/preview"));
  await page.getByRole("button", { name: /^Try it/ }).click();
  await held.promise;
  await panel(page).getByText(/^Working it out, \d s so far\.$/).waitFor();
  await panel(page).getByRole("button", { name: "Stop" }).click();
  await calledOff;
  await panel(page).getByRole("button", { name: "Try it" }).waitFor();
  expect(await page.getByRole("button", { name: "Save" }).isEnabled()).toBe(true);
});

test("while one that was called off still goes on at the server, the next one waits for it and then tells", patience, async () => {
  const person = await personWithAPast("hedy");
  const page = await world.open(person);
  await page.goto(`${world.stack().address}/rules/aig_dip_amount`);
  let refused = 0;
  await page.route("**/config/preview", (route) => {
    refused += 1;
    if (refused > 1) return route.continue();
    return route.fulfill({ status: 429, contentType: "application/problem+json", headers: { "retry-after": "5" }, body: JSON.stringify({ type: "about:blank", title: "Too many requests", status: 429, code: "rate_limited" }) });
  });
  await tryIt(page);
  expect(refused).toBe(2);
  expect(await moments(page).count()).toBe(1);
});

test("by day and by night, on a phone and on a desktop, what was tried has no violation and fits the width", patience, async () => {
  const person = await personWithAPast("mary");
  const page = await world.open(person);
  await page.goto(`${world.stack().address}/rules/aig_dip_amount`);
  await page.getByLabel("Threshold (%)").fill("-0.2");
  await page.getByRole("region", { name: "What it means" }).getByText("AIG is 0.2 % or more below").waitFor();
  await tryIt(page);
  await moments(page).first().click();
  for (const { width, height } of [phone, desktop]) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const state = `${width} ${colorScheme}`;
      expect({ state, violations: await violations(page) }).toEqual({ state, violations: [] });
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth && document.documentElement.scrollHeight <= window.innerHeight)).toBe(true);
    }
  }
});
