/**
 * The manifest a stranger gets. In the workspace the entrances are the sources, which Node runs as they are; under
 * `node_modules` it does not strip types, so there they are the compiled files.
 *
 * @throws TypeError for what is no manifest.
 */
export function publishedManifest(manifest: unknown): object {
  if (typeof manifest !== "object" || manifest === null || !("exports" in manifest)) throw new TypeError("The manifest has no entrances");
  const kept = Object.entries(manifest).filter(([name]) => !ownToTheWorkspace.has(name));
  const entrances = Object.entries(manifest.exports ?? {}).map(([name, source]): [string, object] => [name, compiled(String(source))]);
  return { ...Object.fromEntries(kept), exports: Object.fromEntries(entrances) };
}

const ownToTheWorkspace = new Set(["private", "scripts", "devDependencies"]);

function compiled(source: string): { readonly types: string; readonly default: string } {
  const stem = source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
