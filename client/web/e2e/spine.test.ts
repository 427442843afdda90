import { expect, test } from "vitest";
import { cardOf, swipe } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld("recorded");

test("on a fresh database, with the default rules and a recorded day: sign in, be asked about a real dip, swipe, see it filled, once", async () => {
  const page = await world.open({ uid: "demo" });
  const card = cardOf(page, "IBM");
  await page.getByRole("article").first().waitFor();
  // The numeric question about AIG may have come first.
  if (!(await card.isVisible())) {
    await page.waitForTimeout(500);
    await page.getByRole("button", { name: "Skip" }).click();
  }
  await card.waitFor();
  const text = await card.innerText();
  expect(text).toMatch(/IBM is down\s+1\.[5-9].%\s+vs yesterday, at \$1[78]\d\.\d\d/);
  expect(text).toContain("Buy $10.00 of IBM");
  await swipe(page, card, "right");
  await page.getByRole("status").filter({ hasText: /Bought \$10\.00 at \$1[78]\d\.\d\d/ }).waitFor();
  await page.getByRole("link", { name: "Activity" }).click();
  await page.locator("[data-story][data-badge=Filled]").waitFor();
  expect(await page.locator("[data-story]").filter({ hasText: "IBM" }).count()).toBe(1);
  const orders = await world.ordersOf({ uid: "demo" });
  expect(orders).toEqual([{ client_order_id: expect.any(String), status: "filled", notional_usd: "10" }]);
  const { accounts, posts } = world.stack().simulator.control.book();
  const atBroker = accounts.flatMap((account) => account.orders);
  expect(atBroker).toMatchObject([{ symbol: "IBM", side: "buy", status: "filled", client_order_id: orders[0]?.client_order_id }]);
  expect(posts).toHaveLength(1);
});
