import { expect, test } from "vitest";
import { shellFiles, workerSource } from "./service-worker.ts";

test("the shell is the page, its first scripts, its styles and the letters that it is read in; what is loaded later is not in it", () => {
  const built = ["index.html", "assets/index-a.js", "assets/editor-b.js", "assets/index-c.css", "assets/inter-latin-opsz-normal-d.woff2", "assets/inter-greek-opsz-normal-e.woff2"];
  expect(shellFiles(built, new Set(["assets/index-a.js"]), ["icon.svg"])).toEqual(["/assets/index-a.js", "/assets/index-c.css", "/assets/inter-latin-opsz-normal-d.woff2", "/icon.svg", "/index.html"]);
});

test("the worker's version changes with any file of the shell, so that browsers see that there is a new one", async () => {
  const versionOf = (text: string): string => /SHELL_VERSION = "(\w+)"/.exec(text)?.[1] ?? "";
  const one = await workerSource("const a: string = SHELL_VERSION;", ["/index.html"], ["<p>1</p>"]);
  const other = await workerSource("const a: string = SHELL_VERSION;", ["/index.html"], ["<p>2</p>"]);
  expect(versionOf(one)).toMatch(/^[0-9a-f]{12}$/);
  expect(versionOf(other)).not.toBe(versionOf(one));
  expect(one).not.toContain(": string");
});
