import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

type Chunk = { type: "chunk"; code: string; isEntry: boolean; imports: readonly string[] } | { type: "asset" };

/** Everything that a browser must load before the first screen: the entries and what they import statically. */
export function initialScripts(bundle: Readonly<Record<string, Chunk>>): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (fileName: string): void => {
    const chunk = bundle[fileName];
    if (chunk?.type !== "chunk" || found.has(fileName)) return;
    found.set(fileName, chunk.code);
    for (const imported of chunk.imports) visit(imported);
  };
  for (const [fileName, chunk] of Object.entries(bundle)) {
    if (chunk.type === "chunk" && chunk.isEntry) visit(fileName);
  }
  return found;
}

/** Fails the build when the initial JavaScript, gzipped, is larger than `maxGzippedBytes`. */
export function initialScriptBudget({ maxGzippedBytes }: { maxGzippedBytes: number }): Plugin {
  return {
    name: "initial-script-budget",
    apply: "build",
    generateBundle(_options, bundle) {
      let total = 0;
      for (const code of initialScripts(bundle).values()) total += gzipSync(code, { level: 9 }).length;
      const measured = `initial JavaScript: ${(total / 1024).toFixed(1)} KiB gzipped of ${(maxGzippedBytes / 1024).toFixed(0)} KiB allowed`;
      if (total > maxGzippedBytes) this.error(measured);
      this.info(measured);
    },
  };
}
