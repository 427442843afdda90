/** Writes docs/guardrails.md anew: `npm run guardrails -w @nod/contract`. A test says when that is due. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { guardrailsDocument } from "../src/guardrail-catalogue.ts";

const file = join(import.meta.dirname, "../../../docs/guardrails.md");
await writeFile(file, guardrailsDocument());
process.stdout.write(`written to ${file}\n`);
