import { expect, test } from "vitest";
import { dip, watch } from "./support/person.ts";
import { cardOf, swipe } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

test("a rule is switched off and on by its person, in plain English, and the rest of the config stays as it was", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA" }]);
  const page = await world.open(person);
  await page.getByRole("link", { name: "Rules" }).click();
  const rule = page.getByRole("listitem").filter({ hasText: "When NVDA is 1.5 % or more below its previous close" });
  await rule.getByRole("switch").click();
  await rule.getByRole("switch", { checked: false }).waitFor();
  const { rows } = await world.database.ownerPool.query<{ rules: { id: string; enabled?: boolean; threshold_pct?: number }[] }>("select config->'rules' as rules from user_trading_config where firebase_uid = 'ada'");
  expect(rows[0]?.rules.find(({ id }) => id === "dip_nvda")).toMatchObject({ enabled: false, threshold_pct: -1.5 });
  await page.reload();
  await rule.getByRole("switch", { checked: false }).click();
  await rule.getByRole("switch", { checked: true }).waitFor();
});

test("a config that was changed elsewhere meanwhile is not overwritten: it says so and is loaded again", async () => {
  const person = await world.person("grace", [{ symbol: "MSFT" }]);
  const page = await world.open(person);
  await page.getByRole("link", { name: "Rules" }).click();
  const rule = page.getByRole("listitem").filter({ hasText: "When MSFT is" });
  await rule.getByRole("switch", { checked: true }).waitFor();
  await watch(world.stack(), person, [{ symbol: "MSFT", notional: 25 }]);
  await rule.getByRole("switch").click();
  await rule.getByRole("alert").filter({ hasText: "changed elsewhere" }).waitFor();
  await rule.getByText("25 USD").waitFor();
  expect(await rule.getByRole("switch").getAttribute("aria-checked")).toBe("true");
});

test("what was bought is held, and takes up room under the limits", async () => {
  const person = await world.person("hedy", [{ symbol: "TSLA", notional: 30 }]);
  const page = await world.open(person);
  dip(world.stack(), "TSLA");
  await cardOf(page, "TSLA").waitFor();
  await swipe(page, cardOf(page, "TSLA"), "right");
  await page.getByRole("status").filter({ hasText: "Bought $30.00" }).waitFor();
  await page.getByRole("link", { name: "Portfolio" }).click();
  await page.getByRole("listitem").filter({ hasText: /TSLA\s*0\.30\d+ shares\s*bought at \$98\.\d\d/ }).waitFor();
  await page.getByText("2 of 3 left").waitFor();
  await page.getByText("$70 of $100 left").waitFor();
});
