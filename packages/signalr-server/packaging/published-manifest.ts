/** A package.json as far as packing looks at it. */
export interface Manifest {
  readonly private?: boolean;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
}

/**
 * The manifest a stranger gets. In the workspace the entrances are the sources, which Node runs as they are; under
 * `node_modules` it does not strip types, so there they are the compiled files.
 */
export function publishedManifest(manifest: Manifest): object {
  const { private: _private, scripts: _scripts, devDependencies: _development, ...kept } = manifest;
  return { ...kept, exports: Object.fromEntries(Object.entries(manifest.exports).map(([name, source]) => [name, compiled(source)])) };
}

function compiled(source: string): { readonly types: string; readonly default: string } {
  const stem = source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
