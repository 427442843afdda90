import { expect, test } from "vitest";
import { dip } from "./support/person.ts";
import { cardOf, swipe, touch } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

test("a dip becomes a question, and a swipe exactly one filled order: in the page, in the database and at the broker", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA", notional: 10 }]);
  const page = await world.open(person);
  await page.getByRole("heading", { name: "Nothing to decide" }).waitFor();
  await page.getByText("Watching NVDA.").waitFor();

  dip(world.stack(), "NVDA");
  const card = cardOf(page, "NVDA");
  await card.waitFor();
  const text = await card.innerText();
  expect(text).toContain("NVDA is down");
  expect(text).toMatch(/1\.6.%/);
  expect(text).toContain("Buy $10.00 of NVDA");
  expect(text).toMatch(/about 0\.10\d\d shares · at most \$10\.00/);
  expect(text).toMatch(/IEX · \d+.s ago/);
  expect(text).toMatch(/3 of 3 orders left today/);
  expect(text).toContain("PAPER");
  expect(text).toContain("Paper account at Alpaca");
  expect(await page.getByRole("banner").getByText("PAPER", { exact: true }).count()).toBe(1);

  await swipe(page, card, "right");
  await page.getByRole("status").filter({ hasText: /Bought \$10\.00 at \$98\.\d\d/ }).waitFor();
  await card.waitFor({ state: "detached" });

  await page.getByRole("link", { name: "Activity" }).click();
  const stories = page.locator("[data-story]");
  await stories.filter({ hasText: /Bought \$10\.00 at \$98\.\d\d/ }).waitFor();
  expect(await stories.count()).toBe(1);
  expect(await stories.getAttribute("data-badge")).toBe("Filled");
  expect(await stories.locator("[data-step][data-state=done]").allInnerTexts()).toEqual(["asked", "approved", "sent", "filled"]);

  expect(await world.answersOf(person)).toEqual([10]);
  const orders = await world.ordersOf(person);
  expect(orders).toEqual([{ client_order_id: expect.any(String), status: "filled", notional_usd: "10" }]);
  const book = world.stack().simulator.control.book();
  const atBroker = book.accounts.flatMap((account) => account.orders).filter((order) => order.client_order_id === orders[0]?.client_order_id);
  expect(atBroker).toMatchObject([{ symbol: "NVDA", side: "buy", status: "filled" }]);
  expect(book.accounts.flatMap((account) => account.orders)).toHaveLength(1);
  expect(book.posts).toHaveLength(1);
});

test("the whole trace of an order is one press away, and its address can be opened again", async () => {
  const person = await world.person("grace", [{ symbol: "MSFT" }]);
  const page = await world.open(person);
  dip(world.stack(), "MSFT");
  await cardOf(page, "MSFT").waitFor();
  await swipe(page, cardOf(page, "MSFT"), "right");
  await page.getByRole("status").filter({ hasText: "Bought $10.00" }).waitFor();
  await page.getByRole("link", { name: "Activity" }).click();
  await page.locator("[data-story] a").click();
  const [order] = await world.ordersOf(person);
  await page.getByText(order?.client_order_id ?? "none", { exact: true }).first().waitFor();
  expect(page.url()).toMatch(/\/activity\/[0-9a-f-]{36}$/);

  await page.reload();
  await page.getByText(order?.client_order_id ?? "none", { exact: true }).first().waitFor();
  await page.getByText("MSFT is down 1.6").first().waitFor();
  const trace = await page.getByRole("article").innerText();
  expect(trace).toMatch(/Asked\s+\d+:\d\d:\d\d\.\d{3}\s+Approved\s+\d+:\d\d:\d\d\.\d{3}\s+Sent\s+\d+:\d\d:\d\d\.\d{3}\s+Filled\s+\d+:\d\d:\d\d\.\d{3}/);
});

test("a finger that comes back before it is lifted answers nothing, and the outcome is named before the release", async () => {
  const person = await world.person("hedy", [{ symbol: "TSLA" }]);
  const page = await world.open(person);
  dip(world.stack(), "TSLA");
  const card = cardOf(page, "TSLA");
  await card.waitFor();

  const finger = await touch(page, card);
  await finger.move(170);
  await card.getByText("Approve $10 →").waitFor();
  await finger.move(-170);
  await card.getByText("← Skip").waitFor();
  await finger.move(20);
  await finger.lift();
  await expect.poll(async () => (await card.boundingBox())?.x).toBe(16);
  expect(await card.getAttribute("data-phase")).toBe("open");
  expect(await world.answersOf(person)).toEqual([]);
});

test("what a limit denies says so, and that no order was sent", async () => {
  const person = await world.person("joan", [{ symbol: "AMZN", notional: 40 }], { max_notional_usd_per_4h: 30 });
  const page = await world.open(person);
  dip(world.stack(), "AMZN");
  await cardOf(page, "AMZN").waitFor();
  await swipe(page, cardOf(page, "AMZN"), "right");
  await page.getByRole("status").filter({ hasText: "No order was sent" }).waitFor();
  expect(await world.ordersOf(person)).toEqual([]);
  await page.getByRole("link", { name: "Activity" }).click();
  const story = page.locator("[data-story]");
  expect(await story.getAttribute("data-badge")).toBe("Denied");
});

test("what the broker rejects is called rejected, with the broker's reason", async () => {
  const washTrade = { code: 40310000, message: "potential wash trade detected. use complex orders" };
  world.stack().simulator.control.fault({ route: "POST /v2/orders", do: { kind: "status", status: 403, body: washTrade } });
  const person = await world.person("mary", [{ symbol: "META" }]);
  const page = await world.open(person);
  dip(world.stack(), "META");
  await cardOf(page, "META").waitFor();
  await swipe(page, cardOf(page, "META"), "right");
  const toast = page.getByRole("status").filter({ hasText: "Rejected by the broker" });
  await toast.waitFor();
  expect(await toast.innerText()).toContain("Nothing was bought or sold.");
  await expect.poll(() => world.ordersOf(person)).toMatchObject([{ status: "rejected" }]);
});
