/** The runbook is read by people who are in a hurry: what it points to is there. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

const docs = join(import.meta.dirname, "../../../docs");

const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} -]/gu, "").replaceAll(" ", "-");

test.each(["runbook.md", "scaling.md"])("every link of %s leads somewhere", async (name) => {
  const text = await readFile(join(docs, name), "utf8");
  const anchors = new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading ?? "")));
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to ?? "").filter((to) => !/^https?:/.test(to));
  expect(links.length).toBeGreaterThan(0);
  const dangling: string[] = [];
  for (const link of links) {
    const [file = "", anchor = ""] = link.split("#");
    if (file === "" ? !anchors.has(anchor) : !existsSync(join(docs, file))) dangling.push(link);
  }
  expect(dangling).toEqual([]);
});

test("the programs that the runbook starts are scripts of this package", async () => {
  const text = await readFile(join(docs, "runbook.md"), "utf8");
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(await readFile(join(docs, "../package.json"), "utf8"));
  for (const [, name] of text.matchAll(/npm run ([\w:]+)/g)) expect(Object.keys(scripts)).toContain(name);
});
