/** `npm run icons -w @nod/web`: draws the app's icons from `public/icon.svg`, as phones and home screens want them. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { launchChromium } from "./support/chromium.ts";

const folder = join(import.meta.dirname, "../public");
/** A maskable icon is cut to whatever shape the system likes: the drawing keeps inside the middle 80 %, on a full square. */
const icons = [
  { name: "icon-192.png", size: 192, full: false },
  { name: "icon-512.png", size: 512, full: false },
  { name: "icon-maskable-512.png", size: 512, full: true },
  { name: "apple-touch-icon.png", size: 180, full: true },
] as const;

const drawing = await readFile(join(folder, "icon.svg"), "utf8");
const browser = await launchChromium();
try {
  for (const { name, size, full } of icons) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    const inner = full ? drawing.replace('rx="16"', 'rx="0"').replace('viewBox="0 0 64 64"', 'viewBox="-6 -6 76 76"').replace('<rect width="64" height="64"', '<rect x="-6" y="-6" width="76" height="76"') : drawing;
    await page.setContent(`<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${inner}`);
    await writeFile(join(folder, name), await page.screenshot({ omitBackground: true }));
    await page.close();
  }
} finally {
  await browser.close();
}
