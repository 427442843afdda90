/** The browser of the machine, driven by playwright-core, which brings none of its own. */
import { accessSync, constants } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser } from "playwright-core";

const usualPlaces = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

export const chromiumFlags = [
  "--headless",
  // Chromium's own sandbox needs rights that root in a container does not have; it opens loopback pages only.
  "--no-sandbox",
  "--disable-dev-shm-usage",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  // Nothing but the page under test talks to anybody.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts the browser with a profile of its own, which is removed when it closes.
 * @throws an Error that names the Debian package when there is no browser
 */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(process.env["CHROMIUM_PATH"]), args: chromiumFlags });
}

/** @param named as in `CHROMIUM_PATH`; it must then be that one */
export function findChromium(named: string | undefined, places: readonly string[] = usualPlaces): string {
  const found = (named === undefined ? places : [named]).find(isExecutable);
  if (found !== undefined) return found;
  if (named !== undefined) throw new Error(`CHROMIUM_PATH=${named} is not a program that can be run`);
  throw new Error("the browser tests need Chromium: install Debian's package `chromium`, or name another with CHROMIUM_PATH");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
