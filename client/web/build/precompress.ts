import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Smaller files fit into one packet either way. */
const leastBytes = 1_024;
const compressible = /\.(js|css|html|svg|webmanifest)$/;

/** Writes a `.br` and a `.gz` beside what is worth it, once, so that the server only has to choose. Runs after everything is written. */
export function precompress(folder: string): Plugin {
  return {
    name: "precompress",
    apply: "build",
    closeBundle: {
      order: "post",
      handler() {
        for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
          if (!compressible.test(path)) continue;
          const content = readFileSync(join(folder, path));
          if (content.length < leastBytes) continue;
          writeFileSync(join(folder, `${path}.br`), brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }));
          writeFileSync(join(folder, `${path}.gz`), gzipSync(content, { level: 9 }));
        }
      },
    },
  };
}
