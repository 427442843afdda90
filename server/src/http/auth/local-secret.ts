import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

const secretBytes = 32;

/**
 * The secret that signs this installation's local tokens, made at the first start. Two processes that start together
 * end up with the same one. A file that others could read is closed to them again.
 * @throws when the file is there and does not hold a secret
 */
export async function readOrCreateLocalSecret(path: string): Promise<Uint8Array> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await writeFile(draft, `${randomBytes(secretBytes).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  try {
    await link(draft, path); // complete or not at all, and never over an existing one
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
  const secret = Buffer.from((await readFile(path, "utf8")).trim(), "base64url");
  if (secret.byteLength !== secretBytes) throw new Error(`${path} does not hold a secret of ${secretBytes} bytes; remove it, and the next start makes a new one`);
  return secret;
}
