/**
 * A copy of the repository in which guards can be removed while others work on the original.
 *
 * What is installed is linked to and not copied. The workspaces are links in `node_modules` themselves, relative ones, which
 * are made anew: in the copy, `@nod/contract` is the copy's own.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative, sep } from "node:path";
import { withoutGuard, type Removal } from "./removal.ts";

export type ScratchTree = {
  readonly folder: string;
  /** Runs `work` while the guard is not there. @throws when its text does not stand exactly once in its file */
  without<Result>(removal: Removal, work: () => Promise<Result>): Promise<Result>;
  remove(): Promise<void>;
};

const notCopied: ReadonlySet<string> = new Set(["node_modules", ".git", ".data", "dist"]);
const folderPrefix = "nod-guards-";

export async function createScratchTree(root: string): Promise<ScratchTree> {
  await clearKilledRuns();
  const folder = await realpath(await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`)));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    await cp(root, folder, { recursive: true, filter: (path) => path === root || !notCopied.has(basename(path)) });
    await linkInstalled(join(root, "node_modules"), join(folder, "node_modules"));
    await checkThatWorkspacesAreCopies(folder);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    folder,
    remove,
    without: async (removal, work) => {
      const path = join(folder, removal.file);
      const source = await readFile(path, "utf8");
      await writeFile(path, withoutGuard(removal, source));
      try {
        return await work();
      } finally {
        await writeFile(path, source);
      }
    },
  };
}

/** Scopes (`@nod`) are folders of their own, so that a link within them leads into the copy. Caches stay where they are. */
async function linkInstalled(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [original, copy] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) await symlink(await readlink(original), copy);
    else if (entry.isDirectory() && entry.name.startsWith("@")) await linkInstalled(original, copy);
    else if (!entry.name.startsWith(".") || entry.name === ".bin") await symlink(original, copy);
  }
}

/** A mutation of a package that is then loaded from elsewhere would prove nothing. */
async function checkThatWorkspacesAreCopies(folder: string): Promise<void> {
  const scope = join(folder, "node_modules/@nod");
  for (const name of await readdir(scope)) {
    const path = await realpath(join(scope, name));
    if (relative(folder, path).startsWith(`..${sep}`)) throw new Error(`@nod/${name} leads out of the copy, to ${path}`);
    if (await exists(join(path, "node_modules"))) throw new Error(`@nod/${name} has dependencies of its own, which a copy does not know`);
  }
}

async function clearKilledRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 5 });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
