/** All source files below a folder, and who imports whom. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, join, posix, relative, sep } from "node:path";
import { readImports } from "./imports.ts";

export interface Edge {
  /** Paths from the root, with `/`. */
  from: string;
  to: string;
  line: number;
}

export interface SourceGraph {
  files: string[];
  edges: Edge[];
}

const sourceExtensions = new Set([".ts", ".tsx", ".mts", ".mjs", ".js"]);
const ignoredFolders = new Set(["node_modules", "dist", "coverage", "data"]);
const rooms = ["packages", "server", "client", "bin"];

/** Imports of packages from outside are left out; a relative path that leads nowhere is the compiler's to report. */
export async function readSourceGraph(root: string): Promise<SourceGraph> {
  const files = (await Promise.all(rooms.map((room) => sourceFiles(join(root, room))))).flat().map((path) => relative(root, path).split(sep).join("/"));
  const known = new Set(files);
  const entries = await packageEntries(root);
  const edges: Edge[] = [];
  for (const from of files) {
    for (const { specifier, line } of readImports(from, await readFile(join(root, from), "utf8"))) {
      const to = specifier.startsWith(".") ? posix.join(dirname(from), specifier) : entries(specifier);
      if (to !== undefined && known.has(to)) edges.push({ from, to, line });
    }
  }
  return { files, edges };
}

async function sourceFiles(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(ignoredFolders.has(entry.name) || entry.name.startsWith(".") ? [] : await sourceFiles(path)));
    else if (sourceExtensions.has(extname(entry.name))) found.push(path);
  }
  return found;
}

/** Resolves names such as `@nod/contract/question` by the `exports` of the workspaces' package.json files. */
async function packageEntries(root: string): Promise<(specifier: string) => string | undefined> {
  const exported: { pattern: string; target: string }[] = [];
  for (const folder of await workspaceFolders(root)) {
    const manifest: unknown = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
    if (!isRecord(manifest) || typeof manifest["name"] !== "string" || !isRecord(manifest["exports"])) continue;
    for (const [key, target] of Object.entries(manifest["exports"])) {
      if (typeof target === "string") exported.push({ pattern: posix.join(manifest["name"], key), target: posix.join(folder, target) });
    }
  }
  return (specifier) => {
    for (const { pattern, target } of exported) {
      const [start = "", end] = pattern.split("*");
      if (end === undefined && specifier === pattern) return target;
      if (end !== undefined && specifier.startsWith(start) && specifier.endsWith(end)) return target.replace("*", specifier.slice(start.length, specifier.length - end.length));
    }
    return undefined;
  };
}

async function workspaceFolders(root: string): Promise<string[]> {
  const packages = await readdir(join(root, "packages")).catch(() => []);
  return [...packages.map((name) => `packages/${name}`), "server", "client/web"].filter((folder) => existsSync(join(root, folder, "package.json")));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
