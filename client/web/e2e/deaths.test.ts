import { expect, test } from "vitest";
import { answerElsewhere, dip } from "./support/person.ts";
import { cardOf, desktop, questionOf, swipe, touch } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();
/** 0.9 % below the price that the cards show: further than the 0.5 % that the rules allow, and still a dip. */
const drifted = "97.50";

test("the price drifts under the finger: the card says so, letting go sends nothing, and the new card names both prices", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA" }]);
  const page = await world.open(person);
  dip(world.stack(), "NVDA");
  const card = cardOf(page, "NVDA");
  await card.waitFor();
  const first = await questionOf(card);
  const finger = await touch(page, card);
  await finger.move(170);
  world.stack().simulator.control.setPrice("NVDA", drifted);
  await card.getByText(/The price is down 0\.9.% since this was asked/).waitFor();
  await finger.lift();
  await page.getByRole("status").filter({ hasText: "No order was sent: you are asked anew" }).waitFor();
  const revised = page.locator(`[data-question]:not([data-question="${first}"])`);
  await revised.getByText("Asked anew, since nothing was sent: now $97.50, was $98.40.").waitFor();
  expect(await world.ordersOf(person)).toEqual([]);
  await swipe(page, revised, "right");
  await page.getByRole("status").filter({ hasText: /Bought \$10\.00 at \$97\.\d\d/ }).waitFor();
  expect(await world.ordersOf(person)).toMatchObject([{ status: "filled" }]);
});

test("asked anew because of the other device: the card here dies in place, says by how much the price moved, and the new one is next", async () => {
  const person = await world.person("grace", [{ symbol: "MSFT" }, { symbol: "META" }]);
  const page = await world.open(person);
  dip(world.stack(), "MSFT");
  const card = cardOf(page, "MSFT");
  await card.waitFor();
  dip(world.stack(), "META");
  await page.locator("[data-question]").nth(1).waitFor();
  const id = await questionOf(card);
  world.stack().simulator.control.setPrice("MSFT", drifted);
  await card.getByText("since this was asked").waitFor();
  await answerElsewhere(world.stack(), person, id, 10);
  await page.getByText(/Price moved 0\.9.%: asked again/).waitFor();
  await page.getByText("It was $98.40 and is now $97.50. No order was sent for this card.").waitFor();
  await page.getByRole("button", { name: "Next card" }).click();
  await page.locator(`[data-question]:not([data-question="${id}"])`).first().getByText("Asked anew, since nothing was sent").waitFor();
  expect(await world.ordersOf(person)).toEqual([]);
});

test("an answer that is neither yes nor no, from the other device, is asked once more, in words", async () => {
  const person = await world.person("hedy", [{ symbol: "TSLA" }]);
  const page = await world.open(person);
  dip(world.stack(), "TSLA");
  const card = cardOf(page, "TSLA");
  await card.waitFor();
  const id = await questionOf(card);
  await answerElsewhere(world.stack(), person, id, 1);
  await page.getByText("Not clear: asked once more").waitFor();
  await page.getByRole("button", { name: "Next card" }).click();
  await page.locator(`[data-question]:not([data-question="${id}"])`).getByText("Asked once more, since the first answer was not clear.").waitFor();
  await swipe(page, card, "left");
  await page.getByRole("status").filter({ hasText: "Skipped TSLA" }).waitFor();
  expect(await world.ordersOf(person)).toEqual([]);
});

test("a server that restarts during a drag: the card stays under the finger, and letting go answers the new process once", async () => {
  const person = await world.person("joan", [{ symbol: "AMZN" }]);
  const page = await world.open(person);
  dip(world.stack(), "AMZN");
  const card = cardOf(page, "AMZN");
  await card.waitFor();
  const finger = await touch(page, card);
  await finger.move(80);
  await world.stack().stopServer();
  await page.getByRole("status").filter({ hasText: "Answers are not sent" }).waitFor();
  await finger.move(60);
  await world.stack().startServer();
  await page.getByTitle("Live", { exact: true }).waitFor();
  await finger.move(170);
  await card.getByText("Approve $10 →").waitFor();
  await finger.lift();
  await page.getByRole("status").filter({ hasText: "Bought $10.00" }).waitFor();
  expect(await world.answersOf(person)).toEqual([10]);
  expect(await world.ordersOf(person)).toHaveLength(1);
});

test("a tap on a notification opens its card, and one that is over says how it ended", async () => {
  const person = await world.person("mary", [{ symbol: "GOOG" }, { symbol: "NVDA" }]);
  const page = await world.open(person, desktop);
  // NVDA has dipped in an earlier test already: which of the two comes first is not said.
  dip(world.stack(), "GOOG");
  dip(world.stack(), "NVDA");
  await page.locator("[data-question]").nth(1).waitFor();
  const second = await questionOf(page.locator("[data-question]").nth(1));
  await page.goto(`${world.stack().address}/questions/${second}`);
  await page.locator(`[data-question="${second}"]:not([inert])`).waitFor();
  await answerElsewhere(world.stack(), person, second, -10);
  await page.goto(`${world.stack().address}/questions/${second}`);
  await page.getByText("It was skipped already. No order was sent.").waitFor();
});
