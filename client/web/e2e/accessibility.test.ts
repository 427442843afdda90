/** axe finds nothing in any state, by day and by night, on a phone and on a desktop. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { violations } from "./support/axe.ts";
import { answerElsewhere, dip } from "./support/person.ts";
import { cardOf, desktop, openPage, phone, questionOf, type View } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

/** Two symbols of its own for each, since a price that has dipped stays down. */
const views: readonly [string, View, string, string][] = [
  ["a phone by day", { ...phone, colorScheme: "light" }, "NVDA", "GOOG"],
  ["a phone by night", { ...phone, colorScheme: "dark" }, "MSFT", "META"],
  ["a desktop by day", { ...desktop, colorScheme: "light" }, "TSLA", "INTC"],
  ["a desktop by night", { ...desktop, colorScheme: "dark" }, "AMZN", "ORCL"],
];

/** Each state by its name, so that a failure says where it was. */
async function clean(page: Page, state: string): Promise<void> {
  expect({ state, violations: await violations(page) }).toEqual({ state, violations: [] });
}

/** The ids of a person's questions, in the order of the symbols. */
async function questionsOf(uid: string, symbols: readonly string[]): Promise<(string | undefined)[]> {
  const { rows } = await world.database.ownerPool.query<{ id: string; symbol: string }>("select id, metadata ->> 'symbol' as symbol from questions where firebase_uid = $1", [uid]);
  return symbols.map((symbol) => rows.find((row) => row.symbol === symbol)?.id);
}

test.each(views)("on %s the inbox has no violation: signing in, empty, a card, an amount, a large one, what became of it, dead, offline", async (name, view, symbol, asked) => {
  const signIn = await openPage(world.browser(), view);
  await signIn.page.goto(world.stack().address);
  await signIn.page.getByRole("button", { name: "Sign in" }).waitFor();
  await clean(signIn.page, "signing in");
  await signIn.close();

  const person = await world.person(name.replaceAll(" ", "_"), [{ symbol, notional: 150 }, { symbol: asked, ask: { min: 5, max: 50 } }], { undo_seconds: 60, max_notional_usd_per_4h: 1_000 });
  const page = await world.open(person, view);
  await page.getByRole("heading", { name: "Nothing to decide" }).waitFor();
  await clean(page, "empty");
  dip(world.stack(), symbol);
  const card = cardOf(page, symbol);
  await card.waitFor();
  dip(world.stack(), asked);
  await page.locator("[data-question]").nth(1).waitFor();
  await clean(page, "a card with another behind it");
  await page.waitForTimeout(500);
  await page.locator("[data-hold]").press("Enter");
  await page.getByRole("alertdialog").waitFor();
  await clean(page, "confirming a large one");
  await page.getByRole("alertdialog").getByRole("button", { name: "Approve $150" }).click();
  await page.getByRole("button", { name: /^Undo/ }).waitFor();
  await cardOf(page, asked).waitFor();
  await clean(page, "an amount, and what became of the last answer");
  const id = await questionOf(cardOf(page, asked));
  await answerElsewhere(world.stack(), person, id, 0);
  await page.getByText("Answered on your other device").waitFor();
  await clean(page, "dead");
  await page.context().setOffline(true);
  await page.getByText("Answers are not sent, and not kept for later.").waitFor();
  await clean(page, "offline");
  await page.context().setOffline(false);
});

test.each(views)("on %s the other screens have no violation: activity, stories, portfolio, rules, a rule, all as text, settings, the kill switch", async (name, view, symbol, skipped) => {
  const person = await world.person(`${name.replaceAll(" ", "_")}_2`, [{ symbol }, { symbol: skipped }]);
  const page = await world.open(person, view);
  for (const each of [symbol, skipped]) dip(world.stack(), each);
  await page.locator("[data-question]").nth(1).waitFor();
  const [approvedId, skippedId] = await questionsOf(person.uid, [symbol, skipped]);
  await answerElsewhere(world.stack(), person, skippedId ?? "", -10);
  await answerElsewhere(world.stack(), person, approvedId ?? "", 10);
  await page.getByRole("link", { name: "Activity" }).click();
  const filled = page.locator("[data-story][data-badge=Filled] a");
  await filled.waitFor();
  await clean(page, "activity");
  await filled.click();
  await page.locator("[data-station=fill] summary").click();
  await clean(page, "a story, with figures");
  await page.goto(`${world.stack().address}/activity/${skippedId}?show=skipped`);
  await page.getByText("What it would have made is not known").waitFor();
  await page.locator("[data-station=answer]").waitFor();
  await clean(page, "a story that was skipped");
  await page.goto(`${world.stack().address}/activity?show=trouble`);
  await page.getByText("No trouble").waitFor();
  await clean(page, "no story");
  await page.getByRole("link", { name: "Portfolio" }).click();
  await page.getByText("on average").waitFor();
  await page.locator("[data-chart=curve]").waitFor();
  await clean(page, "portfolio");
  await page.getByRole("link", { name: "Rules" }).last().click();
  await page.locator("[data-standing]").first().waitFor();
  await clean(page, "rules");
  await page.getByRole("link", { name: new RegExp(`^Dip ${symbol}`) }).click();
  await page.locator("[data-checked=fits]").waitFor();
  await clean(page, "a rule");
  await page.goto(`${world.stack().address}/rules/+new`);
  await page.getByRole("heading", { name: /Or a template/ }).waitFor();
  await page.getByText("In use").waitFor();
  await clean(page, "a new rule");
  await page.goto(`${world.stack().address}/rules/+document`);
  await page.locator("[data-checked=fits]").waitFor();
  await clean(page, "all as text");
  await page.goto(`${world.stack().address}/settings`);
  await page.getByText(/^This device ·/).waitFor();
  await clean(page, "settings");
  await page.getByRole("button", { name: "Kill switch" }).first().click();
  await page.locator("[data-preview=block_new]").waitFor();
  await clean(page, "the kill switch");
  await page.getByRole("radio", { name: /Stop and sell everything/ }).check();
  await page.getByRole("button", { name: "Go on to selling" }).click();
  await page.getByText(/^Sold:/).waitFor();
  await clean(page, "selling everything");
});
