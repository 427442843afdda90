import { expect, onTestFinished, test } from "vitest";
import { findChromium, launchChromium } from "./support/chromium.ts";

test("the machine's browser starts and runs a page", async () => {
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.setContent("<title>Nod</title>");
  expect(await page.title()).toBe("Nod");
});

test("without a browser the package to install is named", () => {
  expect(() => findChromium(undefined, ["/no/such/chromium"])).toThrow(/Debian's package `chromium`/);
  expect(() => findChromium("/no/such/chromium")).toThrow("CHROMIUM_PATH=/no/such/chromium is not a program that can be run");
});
