import { expect, test } from "vitest";
import { phone } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

test("colours are the device's own choice, before what the system says, and stay", async () => {
  const person = await world.person("ada", [{ symbol: "NVDA" }]);
  const page = await world.open(person, { ...phone, colorScheme: "light" });
  const paper = (): Promise<string> => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("Colours").selectOption("dark");
  expect(await paper()).toBe("rgb(14, 18, 21)");
  await page.reload();
  await page.getByLabel("Colours").waitFor();
  expect(await paper()).toBe("rgb(14, 18, 21)");
  await page.getByLabel("Colours").selectOption("system");
  expect(await paper()).toBe("rgb(245, 244, 240)");
});

test("quiet hours are kept in the person's config, say when they hold, and are taken out again", async () => {
  const person = await world.person("grace", [{ symbol: "MSFT" }]);
  const page = await world.open(person);
  await page.getByRole("link", { name: "Settings" }).click();
  const quiet = page.getByRole("switch", { name: "Quiet hours" });
  await quiet.click();
  await page.getByText(/Nothing is asked from 22:00 to 07:00, /).waitFor();
  await page.getByLabel("From").fill("21:30");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/Nothing is asked from 21:30 to 07:00, /).waitFor();
  const stored = async (): Promise<unknown> => (await world.database.ownerPool.query("select config->'restraint'->'quiet_hours' as quiet from user_trading_config where firebase_uid = 'grace'")).rows;
  expect(await stored()).toMatchObject([{ quiet: { from: "21:30", to: "07:00" } }]);
  await quiet.click();
  await page.getByText("You are asked at any hour at which your rules fire.").waitFor();
  expect(await stored()).toEqual([{ quiet: null }]);
});

test("mode and notifications say why they are as they are; this device is listed, another one can be forgotten; signing out ends it", async () => {
  const person = await world.person("hedy", [{ symbol: "TSLA" }]);
  const elsewhere = "0195f2c8-9a4e-4b1c-8f0d-2f6f0f1f2a3b";
  const response = await fetch(`${world.stack().address}/v1/me/devices/${elsewhere}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${person.token}`, "content-type": "application/json" },
    body: JSON.stringify({ label: "Old phone", push_token: "a-token" }),
  });
  expect(response.status).toBe(200);
  const page = await world.open(person);
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByText("No real money moves.").waitFor();
  await page.getByText("This server sends none").waitFor();
  expect(await page.getByRole("switch", { name: "Tell me of cards while Nod is closed" }).isDisabled()).toBe(true);
  await page.getByText(/^This device · notifications off/).waitFor();
  await page.getByRole("button", { name: "Forget Old phone" }).click();
  await page.getByText("Old phone").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  const { rows } = await world.database.ownerPool.query("select id from devices where firebase_uid = 'hedy'");
  expect(rows).toEqual([]);
});
