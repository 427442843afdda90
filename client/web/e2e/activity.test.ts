/** The story after the card: activity, what has come of it, and when a rule asks again. */
import type { TradingStatus } from "@nod/contract/status";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { answerElsewhere, dip } from "./support/person.ts";
import { cardOf, questionOf, swipe } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();
const armingMs = 500;

const stories = (page: Page) => page.locator("[data-story]");
const filter = (page: Page, name: string) => page.getByRole("navigation", { name: "Which stories" }).getByRole("link", { name });

test("stories are filtered in the address, live, and one that was skipped opens its whole trace, also after a reload", { timeout: 120_000 }, async () => {
  const person = await world.person("ada", [{ symbol: "NVDA" }, { symbol: "MSFT" }]);
  const page = await world.open(person);
  dip(world.stack(), "NVDA");
  await cardOf(page, "NVDA").waitFor();
  await swipe(page, cardOf(page, "NVDA"), "left");
  await page.getByRole("status").filter({ hasText: "Skipped NVDA" }).waitFor();
  await page.getByRole("link", { name: "Activity" }).click();
  await filter(page, "Open").click();
  await page.getByText("Nothing waits for your answer.").waitFor();
  dip(world.stack(), "MSFT");
  const asked = stories(page).filter({ hasText: "Waiting for your answer" });
  await asked.waitFor();
  await answerElsewhere(world.stack(), person, (await asked.getAttribute("data-story")) ?? "", 10);
  await page.getByText("Nothing waits for your answer.").waitFor();
  await filter(page, "Approved").click();
  await page.locator("[data-story][data-badge=Filled]").filter({ hasText: "MSFT" }).waitFor();
  await filter(page, "Skipped").click();
  await page.locator("[data-story][data-badge=Skipped]").filter({ hasText: "NVDA" }).waitFor();
  expect(new URL(page.url()).search).toBe("?show=skipped");
  await page.reload();
  await stories(page).locator("a").click();
  await page.getByText("The answer was -10, given over http.").waitFor();
  await page.getByText("What it would have made is not known").waitFor();
  expect(await page.locator("[data-station]").evaluateAll((entries) => entries.map((entry) => entry.getAttribute("data-station")))).toEqual(["facts", "rule", "question", "answer", "question"]);
  await page.locator("[data-station=answer] summary").click();
  await page.locator("[data-station=answer]").getByText(/^no\. \d+, [0-9a-f]{12}…$/).waitFor();
  await page.reload();
  await page.getByText("The answer was -10, given over http.").waitFor();
  await page.getByRole("link", { name: "Activity" }).first().click();
  await page.locator("[data-story][data-badge=Skipped]").waitFor();
});

test("older stories come page by page, a failure is told in words, and what was loaded stays", { timeout: 120_000 }, async () => {
  const person = await world.person("grace", [{ symbol: "TSLA" }]);
  await world.database.ownerPool.query(
    `insert into questions (id, firebase_uid, question_text, kind, correct_answer, pipeline_key, pipeline_step, source_tag, status, created_at, expires_at, closed_at)
     select gen_random_uuid(), 'grace', 'Old question ' || n, 'swipe', 10, 'trading', 'x', 'old:' || n, 'expired', now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '5 minutes', now() - n * interval '1 hour' + interval '5 minutes'
       from generate_series(1, 30) as n`,
  );
  const page = await world.open(person);
  await page.route("**/v1/me/trading/activity?*cursor=*", (route) => route.fulfill({ status: 500, json: { code: "internal", title: "x", status: 500 } }));
  await page.getByRole("link", { name: "Activity" }).click();
  await stories(page).nth(24).waitFor();
  await page.getByRole("button", { name: "Show older" }).click();
  await page.getByText("The server could not do that. Nothing was changed.").waitFor();
  expect(await stories(page).count()).toBe(25);
  await page.unroute("**/v1/me/trading/activity?*cursor=*");
  await page.getByRole("button", { name: "Show older" }).click();
  await stories(page).nth(29).waitFor();
  await page.getByRole("button", { name: "Show older" }).waitFor({ state: "detached" });
  expect(await stories(page).count()).toBe(30);
  await page.route("**/v1/me/trading/activity?*", (route) => route.fulfill({ status: 500, json: { code: "internal", title: "x", status: 500 } }));
  await filter(page, "Trouble").click();
  await page.getByRole("alert").filter({ hasText: "The server could not do that." }).waitFor();
});

test("the portfolio says what is held is worth, what the day made, and draws what has come of it, over the time in the address", { timeout: 120_000 }, async () => {
  const person = await world.person("hedy", [{ symbol: "AMZN", notional: 100 }]);
  const page = await world.open(person);
  await page.getByRole("link", { name: "Portfolio" }).click();
  await page.getByText("The curve begins with your first fill.").waitFor();
  dip(world.stack(), "AMZN");
  await page.getByRole("link", { name: /Inbox/ }).click();
  await cardOf(page, "AMZN").waitFor();
  await answerElsewhere(world.stack(), person, await questionOf(cardOf(page, "AMZN")), 10);
  await page.getByRole("link", { name: "Portfolio" }).click();
  await page.getByText("on average").waitFor();
  // A tenth more than the dip: a hundred dollars of it are worth some hundred and ten.
  world.stack().simulator.control.setPrice("AMZN", "108.24");
  const row = page.getByRole("list", { name: "Positions" }).getByRole("listitem");
  await row.filter({ hasText: "last $108.24" }).filter({ hasText: /\+(9|10)\.\d\u202f%/ }).waitFor();
  expect(await page.locator("[data-worth]").innerText()).toMatch(/^\$1(09|10)\.\d\d$/);
  expect(await page.locator("[data-day]").innerText()).toMatch(/held · ▴ \+\$(9|10)\.\d\d today/);
  await page.getByRole("navigation", { name: "Over which time" }).getByRole("link", { name: "Month", exact: true }).click();
  await page.getByRole("figure", { name: /^The result over time, from .+: \+\$(9|10)\.\d\d$/ }).waitFor();
  expect(new URL(page.url()).search).toBe("?range=1m");
});

test("a position of which the broker holds less says so, and the others do not", { timeout: 120_000 }, async () => {
  const page = await world.open(await world.person("rosalind", [{ symbol: "GOOGL" }]));
  await page.route("**/v1/me/trading/status", async (route) => {
    const response = await route.fetch();
    const status: TradingStatus = await response.json();
    const held = { qty: "2", avg_entry_price: "100", market_value: null, last_price: null, last_price_as_of: null };
    await route.fulfill({ response, json: { ...status, positions: [{ ...held, symbol: "IBM", missing_at_broker: true }, { ...held, symbol: "SPY" }] } });
  });
  await page.getByRole("link", { name: "Portfolio" }).click();
  await page.reload();
  const rows = page.getByRole("list", { name: "Positions" }).getByRole("listitem");
  await rows.filter({ hasText: "IBM" }).getByText("The broker holds less of this than our books say. Selling it may be refused.").waitFor();
  expect(await rows.filter({ hasText: "The broker holds less" }).count()).toBe(1);
  expect(await rows.count()).toBe(2);
});

test("not today skips the card and makes its rule quiet; the rule's card says when it can ask again, and why not before", async () => {
  const person = await world.person("joan", [{ symbol: "META" }]);
  const page = await world.open(person);
  dip(world.stack(), "META");
  await cardOf(page, "META").waitFor();
  await page.waitForTimeout(armingMs);
  await page.getByRole("button", { name: "Not today" }).click();
  await page.getByRole("status").filter({ hasText: "Its rule is quiet until" }).waitFor();
  expect(await world.answersOf(person)).toEqual([-10]);
  await page.getByRole("link", { name: "Rules" }).click();
  const rule = page.getByRole("listitem").filter({ hasText: "Dip META" });
  await rule.filter({ hasText: /Last fired \d+:\d\d\. Can ask again from .+: .*you wanted quiet/ }).waitFor();
  await rule.getByRole("switch").click();
  await rule.filter({ hasText: "Does not ask: switched off." }).waitFor();
});
