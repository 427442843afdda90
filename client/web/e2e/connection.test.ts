import { expect, test } from "vitest";
import { dip } from "./support/person.ts";
import { cardOf, swipe } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

test("offline an answer is refused with words and never kept for later; back online it counts when given again", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA" }]);
  const page = await world.open(person);
  dip(world.stack(), "NVDA");
  const card = cardOf(page, "NVDA");
  await card.waitFor();

  await page.context().setOffline(true);
  await page.getByRole("status").filter({ hasText: "Answers are not sent, and not kept for later." }).waitFor();
  await swipe(page, card, "right");
  await page.getByRole("alert").filter({ hasText: "Your answer was not sent, and it is not kept for later." }).waitFor();
  await expect.poll(async () => (await card.boundingBox())?.x).toBe(16);
  expect(await card.getAttribute("data-phase")).toBe("open");

  await page.context().setOffline(false);
  await page.getByRole("status").filter({ hasText: "not kept for later" }).waitFor({ state: "detached" });
  await page.waitForTimeout(2_000);
  expect(await world.answersOf(person)).toEqual([]);
  await swipe(page, card, "right");
  await page.getByRole("status").filter({ hasText: "Bought $10.00" }).waitFor();
  expect(await world.answersOf(person)).toEqual([10]);
  expect(await world.ordersOf(person)).toHaveLength(1);
});

test("without the hub the page says so, looks by itself, and a card still comes and still counts", async () => {
  const person = await world.person("grace", [{ symbol: "MSFT" }]);
  const { browser } = world;
  const context = await browser().newContext({ viewport: { width: 390, height: 844 } });
  try {
    await context.route("**/hubs/**", (route) => route.abort());
    const page = await context.newPage();
    await page.goto(world.stack().address);
    await page.getByLabel("Your name on this machine").fill(person.uid);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Live updates are interrupted.").waitFor();
    dip(world.stack(), "MSFT");
    await cardOf(page, "MSFT").waitFor();
    await page.waitForTimeout(500);
    await page.getByRole("button", { name: "Approve $10" }).click();
    await page.getByRole("status").filter({ hasText: "Bought $10.00" }).waitFor();
  } finally {
    await context.close();
  }
  expect(await world.ordersOf(person)).toMatchObject([{ status: "filled" }]);
});

test("the server goes and comes back: the banner tells it, the card is still there, nothing was lost", async () => {
  const person = await world.person("hedy", [{ symbol: "TSLA" }]);
  const page = await world.open(person);
  dip(world.stack(), "TSLA");
  const card = cardOf(page, "TSLA");
  await card.waitFor();

  await world.stack().stopServer();
  await page.getByRole("status").filter({ hasText: "Answers are not sent" }).waitFor();
  await page.getByRole("button", { name: "Approve $10" }).click();
  await page.getByRole("alert").filter({ hasText: "You are offline" }).waitFor();
  await world.stack().startServer();
  await page.getByTitle("Live", { exact: true }).waitFor();
  await page.getByRole("status").filter({ hasText: "Answers are not sent" }).waitFor({ state: "detached" });
  expect(await card.getAttribute("data-phase")).toBe("open");
  await swipe(page, card, "right");
  await page.getByRole("status").filter({ hasText: "Bought $10.00" }).waitFor();
  await expect.poll(() => world.ordersOf(person)).toMatchObject([{ status: "filled" }]);
});

test("the kill switch is one press and one confirmation from every screen, and holds", async () => {
  const person = await world.person("joan", [{ symbol: "AMZN" }]);
  const page = await world.open(person);
  dip(world.stack(), "AMZN");
  await cardOf(page, "AMZN").waitFor();
  await page.getByRole("link", { name: "Activity" }).tap();
  await page.getByRole("button", { name: "Kill switch" }).tap();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText("Orders at the broker and positions stay as they are.").waitFor();
  await dialog.getByRole("button", { name: "Stop new orders" }).tap();
  await page.getByRole("status").filter({ hasText: "No new order is sent" }).waitFor();

  await page.getByRole("link", { name: /Inbox/ }).tap();
  const card = cardOf(page, "AMZN");
  await card.waitFor();
  await page.waitForTimeout(300);
  await swipe(page, card, "right");
  await page.getByRole("status").filter({ hasText: "No order was sent" }).waitFor();
  expect(await world.ordersOf(person)).toEqual([]);

  await page.getByRole("button", { name: "Kill switch: on" }).tap();
  await dialog.getByRole("button", { name: "Let orders through" }).tap();
  await page.getByRole("status").filter({ hasText: "No new order is sent" }).waitFor({ state: "detached" });
});

test("a session that the server no longer takes leads back to signing in", async () => {
  const person = await world.person("mary", [{ symbol: "NVDA" }]);
  const page = await world.open(person);
  await page.evaluate(() => sessionStorage.setItem("nod.session", JSON.stringify({ uid: "mary", token: "forged" })));
  await page.reload();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
});
