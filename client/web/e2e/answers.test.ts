import { expect, test } from "vitest";
import { dip } from "./support/person.ts";
import { cardOf, desktop, phone, swipe, touch } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();
/** A card that has just come into the hand takes no press for this long. */
const armingMs = 500;

test("a swipe to the left skips: no order, and skipping is no mistake", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA" }]);
  const page = await world.open(person);
  dip(world.stack(), "NVDA");
  await cardOf(page, "NVDA").waitFor();
  await swipe(page, cardOf(page, "NVDA"), "left");
  await page.getByRole("status").filter({ hasText: "Skipped NVDA" }).waitFor();
  expect(await world.answersOf(person)).toEqual([-10]);
  expect(await world.ordersOf(person)).toEqual([]);
  await page.getByRole("link", { name: "Activity" }).click();
  expect(await page.locator("[data-story]").getAttribute("data-badge")).toBe("Skipped");
});

test("without swiping: the buttons are large enough for a thumb, and a double press answers one card, not two", async () => {
  const person = await world.person("grace", [{ symbol: "NVDA" }, { symbol: "MSFT" }]);
  const page = await world.open(person);
  dip(world.stack(), "NVDA");
  dip(world.stack(), "MSFT");
  await page.locator("[data-question]").nth(1).waitFor();
  for (const name of ["Skip", "Approve $10", "Kill switch"]) {
    const box = await page.getByRole("button", { name }).boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
  }
  await page.waitForTimeout(armingMs);
  const approve = page.getByRole("button", { name: "Approve $10" });
  await approve.dblclick();
  await page.getByRole("status").filter({ hasText: "Bought $10.00" }).waitFor();
  expect(await page.locator("[data-question]").count()).toBe(1);
  expect(await world.answersOf(person)).toEqual([10]);
  expect(await world.ordersOf(person)).toHaveLength(1);
});

test("on a desktop the arrow keys answer, and the story stands beside the card", async () => {
  const person = await world.person("hedy", [{ symbol: "TSLA" }, { symbol: "AMZN" }]);
  const page = await world.open(person, desktop);
  dip(world.stack(), "TSLA");
  dip(world.stack(), "AMZN");
  await page.locator("[data-question]").nth(1).waitFor();
  await page.waitForTimeout(armingMs);
  await page.keyboard.press("ArrowLeft");
  await page.locator("[data-story][data-badge=Skipped]").waitFor();
  await page.waitForTimeout(armingMs);
  await page.keyboard.press("ArrowRight");
  await page.locator("[data-story][data-badge=Filled]").waitFor();
  expect((await world.answersOf(person)).sort()).toEqual([-10, 10]);
});

test("a numeric card takes the amount by slider, steps and number pad, within its bounds, and sends just that", async () => {
  const person = await world.person("joan", [{ symbol: "META", ask: { min: 5, max: 50 } }]);
  const page = await world.open(person);
  dip(world.stack(), "META");
  const card = cardOf(page, "META");
  await card.waitFor();
  await page.getByRole("button", { name: "Approve $5" }).waitFor();

  await page.getByRole("slider").fill("20");
  await page.getByRole("button", { name: "Approve $20" }).waitFor();
  await page.getByRole("button", { name: "One dollar more" }).click();
  await page.getByRole("button", { name: "Approve $21" }).waitFor();
  const field = page.getByRole("textbox", { name: "Amount in dollars" });
  await field.fill("51");
  expect(await page.getByRole("button", { name: "Approve" }).isDisabled()).toBe(true);
  await page.getByText("An amount between $5 and $50").waitFor();
  await field.fill("12.50");
  await card.getByText("Buy $12.50 of META").waitFor();

  const slider = await page.getByRole("slider").boundingBox();
  expect(slider).not.toBeNull();
  await swipe(page, card, "right");
  await page.getByRole("status").filter({ hasText: "Bought $12.50" }).waitFor();
  expect(await world.answersOf(person)).toEqual([12.5]);
  expect(await world.ordersOf(person)).toMatchObject([{ notional_usd: "12.5", status: "filled" }]);
});

test("answered on the other device: the card dies in place and says so, and another finger can do no harm", async () => {
  const person = await world.person("mary", [{ symbol: "NVDA" }]);
  const here = await world.open(person, phone);
  const there = await world.open(person, desktop);
  dip(world.stack(), "NVDA");
  await Promise.all([cardOf(here, "NVDA").waitFor(), cardOf(there, "NVDA").waitFor()]);
  await there.waitForTimeout(armingMs);
  const finger = await touch(here, cardOf(here, "NVDA"));
  await finger.move(100);
  await there.keyboard.press("ArrowRight");
  await here.getByText("Answered on your other device").waitFor();
  await finger.move(200);
  await finger.lift();
  await here.locator("[data-phase=dead]").waitFor();
  await here.getByRole("button", { name: "Done" }).click();
  await here.getByRole("heading", { name: "Nothing to decide" }).waitFor();
  await there.locator("[data-story][data-badge=Filled]").waitFor();
  expect(await world.answersOf(person)).toEqual([10]);
  expect(await world.ordersOf(person)).toHaveLength(1);
});

test("two tabs agree: a card comes to both, and what one answers the other is told within moments, not at its next look", async () => {
  const person = await world.person("vera", [{ symbol: "INTC" }]);
  const [here, there] = [await world.open(person), await world.open(person)];
  await Promise.all([here.getByTitle("Live", { exact: true }).waitFor(), there.getByTitle("Live", { exact: true }).waitFor()]);
  dip(world.stack(), "INTC");
  await Promise.all([cardOf(here, "INTC").waitFor(), cardOf(there, "INTC").waitFor()]);
  // Where the hub did not tell it, the next look would be up to a minute later; on a calm machine it takes some 50 ms.
  const told = there.getByText("Answered on your other device").waitFor({ timeout: 30_000 });
  await swipe(here, cardOf(here, "INTC"), "left");
  await Promise.all([here.getByRole("status").filter({ hasText: "Skipped INTC" }).waitFor(), told]);
  await there.getByText("It was skipped there. No order was sent.").waitFor();
  expect(await world.answersOf(person)).toEqual([-10]);
});

test("a card that expires under the finger goes back and says so; letting go answers nothing", async () => {
  const person = await world.person("rosa", [{ symbol: "MSFT", expiresInSeconds: 10 }]);
  const page = await world.open(person);
  dip(world.stack(), "MSFT");
  const card = cardOf(page, "MSFT");
  await card.waitFor();
  const finger = await touch(page, card);
  await finger.move(170);
  await card.getByText("Expired", { exact: true }).waitFor();
  await finger.lift();
  await expect.poll(async () => (await card.boundingBox())?.x).toBe(16);
  await page.getByRole("button", { name: "Done" }).click({ timeout: 20_000 });
  await page.getByText("1 question expired unanswered").waitFor();
  expect(await world.answersOf(person)).toEqual([]);
  expect(await world.ordersOf(person)).toEqual([]);
});
