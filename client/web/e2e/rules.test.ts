import { expect, test } from "vitest";
import { dip, watch } from "./support/person.ts";
import { cardOf, desktop, swipe } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

type StoredRule = { id: string; enabled?: boolean; threshold_pct?: number; cooldown_seconds?: number };

async function rulesOf(uid: string): Promise<StoredRule[]> {
  const { rows } = await world.database.ownerPool.query<{ rules: StoredRule[] }>("select config->'rules' as rules from user_trading_config where firebase_uid = $1", [uid]);
  return rows[0]?.rules ?? [];
}

test("a rule is switched off and on by its person, in plain English, and the rest of the config stays as it was", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA" }]);
  const page = await world.open(person);
  await page.getByRole("link", { name: "Rules" }).click();
  const rule = page.getByRole("listitem").filter({ hasText: "NVDA is 1.5 % or more below its previous close" });
  await rule.getByRole("switch").click();
  await rule.getByRole("switch", { checked: false }).waitFor();
  expect((await rulesOf("ada")).find(({ id }) => id === "dip_nvda")).toMatchObject({ enabled: false, threshold_pct: -1.5 });
  await page.reload();
  await rule.getByRole("switch", { checked: false }).click();
  await rule.getByRole("switch", { checked: true }).waitFor();
});

test("a config that was changed elsewhere meanwhile is not overwritten: it says so and is loaded again", async () => {
  const person = await world.person("grace", [{ symbol: "MSFT" }]);
  const page = await world.open(person);
  await page.getByRole("link", { name: "Rules" }).click();
  const rule = page.getByRole("listitem").filter({ hasText: "MSFT is" });
  await rule.getByRole("switch", { checked: true }).waitFor();
  await watch(world.stack(), person, [{ symbol: "MSFT", notional: 25 }]);
  await rule.getByRole("switch").click();
  await rule.getByRole("alert").filter({ hasText: "changed elsewhere" }).waitFor();
  await rule.getByText(/\b25\b/).waitFor();
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
  await page.getByRole("listitem").filter({ hasText: /TSLA\s*0\.30\d+ shares\s*\$98\.\d\d on average/ }).waitFor();
  await page.getByText("2 of 3 left").waitFor();
  await page.getByText("$70 of $100 left").waitFor();
});

test("a rule is edited in a form: what it means is said as it is typed, a fault stands at its field, and only the change is stored", async () => {
  const person = await world.person("joan", [{ symbol: "AMZN" }]);
  const page = await world.open(person);
  await page.getByRole("link", { name: "Rules" }).click();
  await page.getByRole("link", { name: /^Dip AMZN/ }).click();
  const meaning = page.getByRole("region", { name: "What it means" });
  await meaning.getByText("AMZN is 1.5 % or more below its previous close").waitFor();
  const threshold = page.getByLabel("Threshold (%)");
  await threshold.fill("-200");
  await expect.poll(() => threshold.getAttribute("aria-invalid"), { timeout: 20_000 }).toBe("true");
  expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);
  await threshold.fill("-2.5");
  await meaning.getByText("AMZN is 2.5 % or more below its previous close").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("listitem").filter({ hasText: "AMZN is 2.5 % or more below its previous close" }).waitFor();
  expect((await rulesOf("joan")).find(({ id }) => id === "dip_amzn")).toMatchObject({ threshold_pct: -2.5, cooldown_seconds: 3_600 });
  expect(page.url()).toMatch(/\/rules$/);
});

test("a rule is let be quiet for today, says so, and asks again when it is told to", async () => {
  const person = await world.person("rosa", [{ symbol: "META" }]);
  const page = await world.open(person);
  await page.goto(`${world.stack().address}/rules/dip_meta`);
  await page.getByRole("button", { name: "Not today" }).click();
  await page.getByText(/Quiet until (tomorrow )?\d/).waitFor();
  await page.getByRole("button", { name: "Let it ask again" }).click();
  await page.getByText("Let it be quiet").waitFor();
});

test("a new rule of one's own begins filled in, wants an id, and is stored whole", async () => {
  const person = await world.person("mary", [{ symbol: "GOOG" }]);
  const page = await world.open(person);
  await page.getByRole("link", { name: "Rules" }).click();
  await page.getByRole("link", { name: "Add a rule" }).click();
  await page.getByRole("button", { name: "A price crosses a level" }).click();
  await page.getByLabel("Id", { exact: true }).fill("goog_level");
  await page.getByLabel("Level", { exact: true }).fill("90");
  await page.getByRole("region", { name: "What it means" }).getByText(/GOOG .*90/).waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: /^GOOG level/ }).waitFor();
  expect((await rulesOf("mary")).find(({ id }) => id === "goog_level")).toMatchObject({ type: "price_crosses_level", level: 90, direction: "below" });
});

test("the whole config as text: names are completed from the schema, a fault stands at its place, a change from elsewhere is a conflict", async () => {
  const person = await world.person("emmy", [{ symbol: "NVDA" }]);
  const page = await world.open(person, desktop);
  await page.getByRole("link", { name: "Rules" }).click();
  await page.getByRole("link", { name: "Edit everything as JSON" }).click();
  const editor = page.getByRole("textbox", { name: "Your config as JSON" });
  await editor.waitFor();
  const write = async (text: string): Promise<void> => {
    await editor.press("ControlOrMeta+a");
    await page.keyboard.insertText(text);
  };
  await write('{ "guardrails": { "max_orders_per_day": -5 } }');
  await page.getByRole("list", { name: "Faults" }).getByText("/guardrails/max_orders_per_day").waitFor();
  await page.locator(".cm-lintRange-error").filter({ hasText: "-5" }).waitFor();
  expect(await page.getByRole("button", { name: "Save" }).isDisabled()).toBe(true);

  await write("{ ");
  await page.keyboard.type('"mo');
  await page.locator(".cm-tooltip-autocomplete").getByText('"mode"').waitFor();

  await write('{ "guardrails": { "max_orders_per_day": 2 } }');
  await page.getByText("It makes sense").waitFor();
  await watch(world.stack(), person, [{ symbol: "NVDA", notional: 25 }]);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("alert").filter({ hasText: "changed elsewhere since you opened it" }).waitFor();
  await page.getByRole("button", { name: "Keep mine, to save over it" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "Edit everything as JSON" }).waitFor();
  const { rows } = await world.database.ownerPool.query("select config from user_trading_config where firebase_uid = 'emmy'");
  expect(rows).toEqual([{ config: { guardrails: { max_orders_per_day: 2 } } }]);
});
