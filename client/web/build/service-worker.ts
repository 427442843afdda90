import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformWithOxc, type Plugin } from "vite";

/** What the page needs to open without a connection; what is loaded only when it is used is fetched then. */
export function shellFiles(fileNames: readonly string[], initial: ReadonlySet<string>, publicFiles: readonly string[]): string[] {
  const built = fileNames.filter((name) => name === "index.html" || name.endsWith(".css") || initial.has(name) || /inter-latin-opsz/.test(name));
  return [...built, ...publicFiles].map((name) => `/${name}`).sort();
}

/** The worker's own text, with the list and a version that changes with any file of it. */
export async function workerSource(source: string, files: readonly string[], contents: readonly (string | Uint8Array)[]): Promise<string> {
  const digest = createHash("sha256").update(source);
  for (const content of contents) digest.update(content);
  const head = `const SHELL_FILES = ${JSON.stringify(files)};\nconst SHELL_VERSION = ${JSON.stringify(digest.digest("hex").slice(0, 12))};\n`;
  return head + (await transformWithOxc(source, "sw.ts")).code;
}

const publicFiles = ["icon.svg", "icon-192.png", "manifest.webmanifest"];

/** Writes `sw.js` beside the page, with everything that the first screen was built of. */
export function serviceWorker(initialScripts: (bundle: Parameters<typeof shellOf>[0]) => Map<string, string>): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      async handler(_options, bundle) {
        const names = Object.keys(bundle);
        const files = shellFiles(names, new Set(initialScripts(bundle).keys()), publicFiles);
        const source = readFileSync(join(import.meta.dirname, "../src/service-worker/sw.ts"), "utf8");
        const contents = files.map((path) => shellOf(bundle, path.slice(1)));
        this.emitFile({ type: "asset", fileName: "sw.js", source: await workerSource(source, files, contents) });
      },
    },
  };
}

type Bundle = Readonly<Record<string, { type: "chunk"; code: string; isEntry: boolean; imports: readonly string[] } | { type: "asset"; source: string | Uint8Array }>>;

function shellOf(bundle: Bundle, fileName: string): string | Uint8Array {
  const file = bundle[fileName];
  if (file === undefined) return readFileSync(join(import.meta.dirname, "../public", fileName));
  return file.type === "chunk" ? file.code : file.source;
}
