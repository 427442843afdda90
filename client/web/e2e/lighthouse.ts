/**
 * `npm run lighthouse -w @nod/web`: audits the sign-in page and an inbox with a card, as Lighthouse's mobile profile does (its
 * throttling is simulated), and prints the median of five. Needs the built client; asserts nothing, since the figures are the
 * machine's too.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";
import { chromiumFlags, findChromium } from "./support/chromium.ts";
import { createPerson } from "./support/person.ts";
import { say } from "./support/say.ts";
import { startStack } from "./support/stack.ts";
import { freePort } from "../../../server/src/db/free-port.ts";

const runs = 5;
const categories = ["performance", "accessibility", "best-practices"] as const;
const metrics = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index"] as const;
const browserStartTimeoutMs = 30_000;

const median = (values: readonly number[]): number => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

const stack = await startStack(null, "recorded");
const profile = await mkdtemp(join(tmpdir(), "nod-lighthouse-"));
const port = await freePort();
const chromium = spawn(findChromium(process.env["CHROMIUM_PATH"]), [...chromiumFlags, `--remote-debugging-port=${port}`, `--user-data-dir=${profile}`, "about:blank"], { stdio: "ignore" });
try {
  const person = await createPerson(stack, "lighthouse");
  const deadline = Date.now() + browserStartTimeoutMs;
  while (!(await fetch(`http://127.0.0.1:${port}/json/version`).then(({ ok }) => ok, () => false))) {
    if (Date.now() > deadline) throw new Error("Chromium did not start");
    await sleep(100);
  }
  const browser = await puppeteer.connect({ browserURL: `http://127.0.0.1:${port}`, defaultViewport: null });
  // The recorded day has asked by then.
  await sleep(5_000);
  for (const [name, signedIn] of [["signing in", false], ["the inbox with a card", true]] as const) {
    const scores = new Map<string, number[]>();
    for (let run = 0; run < runs; run += 1) {
      const page = await browser.newPage();
      // Lighthouse begins each run with empty caches and storage; the session is there again before the page's own scripts.
      if (signedIn) {
        const session = JSON.stringify({ uid: person.uid, token: person.token });
        await page.evaluateOnNewDocument((text) => sessionStorage.setItem("nod.session", text), session);
      }
      const result = await lighthouse(stack.address, { port, output: "json", logLevel: "error", onlyCategories: [...categories] }, undefined, page);
      await page.close();
      for (const category of categories) scores.set(category, [...(scores.get(category) ?? []), (result?.lhr.categories[category]?.score ?? Number.NaN) * 100]);
      for (const metric of metrics) scores.set(metric, [...(scores.get(metric) ?? []), result?.lhr.audits[metric]?.numericValue ?? Number.NaN]);
      const failed = Object.values(result?.lhr.audits ?? {}).filter(({ score, scoreDisplayMode }) => score !== null && score < 1 && scoreDisplayMode === "binary");
      if (run === 0 && failed.length > 0) say(`  ${name}: not passed: ${failed.map(({ id }) => id).join(", ")}`);
    }
    say(`${name}, median of ${runs}:`);
    for (const [what, values] of scores) say(`  ${what.padEnd(26)} ${median(values).toFixed(what === "cumulative-layout-shift" ? 3 : 0).padStart(6)}   (${values.map((value) => value.toFixed(what === "cumulative-layout-shift" ? 3 : 0)).join(", ")})`);
  }
  await browser.disconnect();
} finally {
  chromium.kill();
  await stack.stop();
  await sleep(500);
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
