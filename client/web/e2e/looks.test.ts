import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { dip } from "./support/person.ts";
import { cardOf, desktop, phone } from "./support/phone.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

/** WCAG 2.2, 1.4.3: the contrast of every text on screen with what lies under it; those below 4.5 are named. */
async function tooFaint(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (canvas === null) throw new Error("no canvas");
    const rgba = (color: string): [number, number, number, number] => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [red, green, blue, alpha / 255];
    };
    const luminance = (color: readonly number[]): number => {
      const [red = 0, green = 0, blue = 0] = color.map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const ground = (element: Element): number[] => {
      const layers: [number, number, number, number][] = [];
      for (let at: Element | null = element; at !== null; at = at.parentElement) layers.unshift(rgba(getComputedStyle(at).backgroundColor));
      return layers.reduce<number[]>((under, [red, green, blue, alpha]) => [red, green, blue].map((part, index) => part * alpha + (under[index] ?? 0) * (1 - alpha)), [255, 255, 255]);
    };
    const faint: string[] = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent?.trim() ?? "";
      if (element === null || text === "" || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.closest("[inert], .sr-only, script, style, kbd") !== null) continue;
      const under = ground(element);
      const [red, green, blue] = rgba(getComputedStyle(element).color);
      const [lighter = 0, darker = 0] = [luminance([red, green, blue]), luminance(under)].sort((left, right) => right - left);
      const contrast = (lighter + 0.05) / (darker + 0.05);
      if (contrast < 4.5) faint.push(`${text}: ${contrast.toFixed(2)}`);
    }
    return faint;
  });
}

const fitsWidth = (page: Page): Promise<boolean> => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth && document.documentElement.scrollHeight <= window.innerHeight);

test.each([
  ["a phone by day", { ...phone, colorScheme: "light" as const }, "NVDA", "rgb(245, 244, 240)"],
  ["a phone by night", { ...phone, colorScheme: "dark" as const }, "MSFT", "rgb(14, 18, 21)"],
  ["a desktop by day", { ...desktop, colorScheme: "light" as const }, "TSLA", "rgb(245, 244, 240)"],
  ["a desktop by night", { ...desktop, colorScheme: "dark" as const }, "AMZN", "rgb(14, 18, 21)"],
])("on %s every screen fits and every word can be read", async (name, view, symbol, paper) => {
  const person = await world.person(name.replaceAll(" ", "_"), [{ symbol }, { symbol: "META", ask: { min: 5, max: 50 } }]);
  const page = await world.open(person, view);
  dip(world.stack(), symbol);
  dip(world.stack(), "META");
  await page.locator("[data-question]").nth(1).waitFor();
  await page.waitForTimeout(600);
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(paper);
  expect(await tooFaint(page)).toEqual([]);
  expect(await fitsWidth(page)).toBe(true);
  const approve = await page.getByRole("button", { name: /^Approve/ }).boundingBox();
  expect((approve?.y ?? Infinity) + (approve?.height ?? 0)).toBeLessThanOrEqual(view.height);

  await page.getByRole("button", { name: /^Approve/ }).click();
  await page.getByRole("status").filter({ hasText: "Bought" }).waitFor();
  await page.waitForTimeout(500);
  expect(await tooFaint(page)).toEqual([]);
  await page.getByRole("link", { name: "Activity" }).click();
  await page.locator("[data-story]").first().waitFor();
  expect(await tooFaint(page)).toEqual([]);
  expect(await fitsWidth(page)).toBe(true);
  await page.getByRole("button", { name: "Kill switch" }).click();
  await page.getByRole("alertdialog").waitFor();
  await page.waitForTimeout(400);
  expect(await page.getByRole("alertdialog").evaluate((dialog) => dialog.contains(document.activeElement))).toBe(true);
});

test("sideways swipes belong to the card: the browser neither goes back nor scrolls", async () => {
  const person = await world.person("swiper", [{ symbol: "NVDA" }]);
  const page = await world.open(person);
  dip(world.stack(), "NVDA");
  const card = cardOf(page, "NVDA");
  await card.waitFor();
  expect(await card.evaluate((element) => getComputedStyle(element).touchAction)).toBe("pan-y");
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).overscrollBehaviorX)).toBe("none");
});

test("with reduced motion nothing moves by itself: an answered card fades", async () => {
  const person = await world.person("still", [{ symbol: "MSFT" }]);
  const page = await world.open(person);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.reload();
  dip(world.stack(), "MSFT");
  const card = cardOf(page, "MSFT");
  await card.waitFor();
  await page.waitForTimeout(500);
  await page.evaluate(() => {
    const element = document.querySelector("[data-question]");
    const seen: number[] = [];
    Object.assign(window, { seen });
    const look = (): void => {
      if (element?.isConnected !== true) return;
      seen.push(element.getBoundingClientRect().x);
      requestAnimationFrame(look);
    };
    look();
  });
  await page.getByRole("button", { name: "Skip" }).click();
  await page.getByRole("status").filter({ hasText: "Skipped MSFT" }).waitFor();
  const places: unknown = await page.evaluate(() => Reflect.get(window, "seen"));
  expect(new Set(Array.isArray(places) ? places : [])).toEqual(new Set([16]));
});
