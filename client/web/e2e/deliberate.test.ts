import { expect, test } from "vitest";
import { dip } from "./support/person.ts";
import { cardOf, desktop, pressAndHold, swipe, touch } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

test("above the person's own threshold a quick swipe or press approves nothing; a hold that is let go does", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA", notional: 150 }], { max_notional_usd_per_4h: 1_000 });
  const page = await world.open(person);
  dip(world.stack(), "NVDA");
  const card = cardOf(page, "NVDA");
  await card.waitFor();
  await page.waitForTimeout(500);
  await swipe(page, card, "right");
  await expect.poll(async () => (await card.boundingBox())?.x).toBe(16);
  const button = page.locator("[data-hold]");
  await button.tap();
  await page.getByRole("button", { name: "Hold to approve" }).waitFor();
  expect(await world.answersOf(person)).toEqual([]);

  await pressAndHold(page, button, () => page.locator("[data-hold=full]").waitFor());
  await page.getByRole("status").filter({ hasText: "Bought $150.00" }).waitFor();
  expect(await world.answersOf(person)).toEqual([10]);
});

test("a swipe that is held past the threshold until it says so approves, and skipping never takes a hold", async () => {
  const person = await world.person("grace", [{ symbol: "MSFT", notional: 150 }, { symbol: "META", notional: 200 }], { max_notional_usd_per_4h: 1_000 });
  const page = await world.open(person);
  dip(world.stack(), "MSFT");
  const card = cardOf(page, "MSFT");
  await card.waitFor();
  const finger = await touch(page, card);
  await finger.move(170);
  await card.getByText("Keep holding").waitFor();
  await card.getByText("Approve $150 →").waitFor();
  await finger.lift();
  await page.getByRole("status").filter({ hasText: "Bought $150.00" }).waitFor();
  dip(world.stack(), "META");
  await cardOf(page, "META").waitFor();
  await swipe(page, cardOf(page, "META"), "left");
  await page.getByRole("status").filter({ hasText: "Skipped META" }).waitFor();
  expect(await world.answersOf(person)).toEqual([10, -10]);
});

test("by key a large approval takes a second step, and the device's own threshold decides what is large", async () => {
  const person = await world.person("hedy", [{ symbol: "TSLA", notional: 40 }, { symbol: "AMZN", notional: 40 }]);
  const page = await world.open(person, desktop);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("Hold to approve").selectOption("25");
  await page.getByRole("link", { name: /Inbox/ }).click();
  dip(world.stack(), "TSLA");
  await cardOf(page, "TSLA").waitFor();
  await page.waitForTimeout(500);
  await page.keyboard.press("ArrowRight");
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("heading", { name: "Approve $40?" }).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(await world.answersOf(person)).toEqual([]);
  await page.keyboard.press("ArrowRight");
  await dialog.getByRole("button", { name: "Approve $40" }).click();
  await page.locator("[data-story][data-badge=Filled]").waitFor();

  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.reload();
  await page.getByRole("link", { name: "Settings" }).click();
  expect(await page.getByLabel("Hold to approve").inputValue()).toBe("25");
  expect(await world.answersOf(person)).toEqual([10]);
});
