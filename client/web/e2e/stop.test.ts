import { expect, test } from "vitest";
import { dip } from "./support/person.ts";
import { cardOf, swipe } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

test("selling everything takes a second confirmation that names it; then the position is sold and nothing new is bought", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA", notional: 20 }]);
  const page = await world.open(person);
  dip(world.stack(), "NVDA");
  await cardOf(page, "NVDA").waitFor();
  await swipe(page, cardOf(page, "NVDA"), "right");
  await page.getByRole("status").filter({ hasText: "Bought $20.00" }).waitFor();
  await page.getByRole("link", { name: "Portfolio" }).tap();
  await page.getByRole("listitem").filter({ hasText: "NVDA" }).waitFor();

  await page.getByRole("button", { name: "Kill switch" }).tap();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("radio", { name: /Stop and sell everything/ }).check();
  await dialog.getByText("1 position: sold at the market.").waitFor();
  await dialog.getByRole("button", { name: "Go on to selling" }).tap();
  await dialog.getByRole("heading", { name: "Sell everything?" }).waitFor();
  await dialog.getByText(/Sold: 0\.2\d* shares of NVDA, about \$\d+\.\d\d/).waitFor();
  expect(await world.ordersOf(person)).toHaveLength(1);
  await dialog.getByRole("button", { name: "Sell 1 position now" }).tap();
  await page.getByRole("status").filter({ hasText: "what you hold is sold" }).waitFor();
  await page.getByText("Nothing is held.").waitFor({ timeout: 45_000 });
  expect((await world.ordersOf(person)).map(({ status }) => status)).toEqual(["filled", "filled"]);

  await page.getByRole("button", { name: "Kill switch: on" }).tap();
  await dialog.getByRole("button", { name: "Let orders through" }).tap();
  await page.getByRole("status").filter({ hasText: "Stopped." }).waitFor({ state: "detached" });
});

test("going back from the second confirmation changes nothing, and a harder stop replaces a milder one", async () => {
  const person = await world.person("grace", [{ symbol: "MSFT" }]);
  const page = await world.open(person);
  await page.getByRole("button", { name: "Kill switch" }).tap();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("radio", { name: /Stop and sell everything/ }).check();
  await dialog.getByRole("button", { name: "Go on to selling" }).tap();
  await dialog.getByText("Nothing is held, so nothing is sold.").waitFor();
  await dialog.getByRole("button", { name: "Back" }).tap();
  await dialog.getByRole("radio", { name: /Stop new orders/ }).check();
  await dialog.getByRole("button", { name: "Stop new orders" }).tap();
  await page.getByRole("status").filter({ hasText: "No new order is sent." }).waitFor();

  await page.getByRole("button", { name: "Kill switch: on" }).tap();
  await dialog.getByRole("radio", { name: /Stop and cancel/ }).check();
  await dialog.getByText("No order is at the broker.").waitFor();
  await dialog.getByRole("button", { name: "Stop and cancel" }).tap();
  await page.getByRole("status").filter({ hasText: "orders at the broker are taken back" }).waitFor();
  const { rows } = await world.database.ownerPool.query<{ mode: string }>("select mode from kill_switches where firebase_uid = 'grace'");
  expect(rows).toEqual([{ mode: "cancel_only" }]);
});

test("an approval is taken back while its time runs: no order reaches the broker", async () => {
  const person = await world.person("hedy", [{ symbol: "TSLA" }], { undo_seconds: 60 });
  const page = await world.open(person);
  dip(world.stack(), "TSLA");
  await cardOf(page, "TSLA").waitFor();
  await swipe(page, cardOf(page, "TSLA"), "right");
  await page.getByRole("button", { name: /^Undo · \d+ s$/ }).tap();
  await page.getByRole("status").filter({ hasText: "No order was sent" }).filter({ hasText: "Taken back by you." }).waitFor();
  expect(await world.ordersOf(person)).toMatchObject([{ status: "not_placed" }]);
  const book = world.stack().simulator.control.book();
  expect(book.accounts.flatMap((account) => account.orders).filter(({ symbol }) => symbol === "TSLA")).toEqual([]);
});
