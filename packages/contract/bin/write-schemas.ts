/** Writes packages/contract/schemas anew: `npm run schemas -w @nod/contract`. A test says when that is due. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { schemaFiles } from "../src/schema-files.ts";

const folder = join(import.meta.dirname, "../schemas");
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const files = schemaFiles();
for (const [name, text] of files) await writeFile(join(folder, name), text);
process.stdout.write(`${files.size} schemas written to ${folder}\n`);
