/** axe-core in the page, as its person sees it now. */
import axe from "axe-core";
import type { Page } from "playwright-core";

type Found = { id: string; help: string; nodes: { html: string; failureSummary: string }[] };

/** WCAG 2.2 A and AA, and axe's best practices: each violation with the element that has it. Nothing is left out. */
export async function violations(page: Page): Promise<string[]> {
  // What is still fading in has no colour of its own yet.
  await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== "running" || animation.effect?.getComputedTiming().iterations === Infinity));
  await page.evaluate(`${axe.source}; undefined`);
  const found: Found[] = await page.evaluate(async () => {
    const library: unknown = Reflect.get(globalThis, "axe");
    if (typeof library !== "object" || library === null || !("run" in library) || typeof library.run !== "function") throw new Error("axe is not there");
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- axe-core's own result
    const { violations } = await Reflect.apply(library.run, library, [document, { resultTypes: ["violations"] }]);
    // oxlint-disable-next-line typescript/no-unsafe-return -- axe-core's own result
    return violations;
  });
  return found.flatMap(({ id, help, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html.slice(0, 200)}\n  ${failureSummary}`));
}
