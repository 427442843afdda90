#!/usr/bin/env node
// @ts-check
/**
 * Makes the files that compose.yaml mounts as secrets: passwords that nobody has seen, and what each process is told with
 * them. What is there already is left alone.
 *
 *   node bin/make-secrets.mjs [FOLDER]      default ops/secrets
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const folder = process.argv[2] ?? join(import.meta.dirname, "../ops/secrets");
/** In a folder that only its owner enters; the files themselves are read by the containers' own users. */
await mkdir(folder, { recursive: true, mode: 0o700 });

/** @param {string} name @param {string} content @returns {Promise<string>} what the file holds */
async function keep(name, content) {
  const path = join(folder, name);
  if (!existsSync(path)) {
    await writeFile(path, content, { mode: 0o644, flag: "wx" });
    console.log(`wrote ${path}`);
  }
  return readFile(path, "utf8");
}

/** @param {string} role @returns {Promise<string>} the address of the database as that role */
async function addressAs(role) {
  const password = await keep(`${role.replace("nod_", "")}.password`, randomBytes(24).toString("base64url"));
  return `postgres://${role}:${password.trim()}@postgres:5432/nod`;
}

await keep("postgres.password", randomBytes(24).toString("base64url"));
const [owner, app, web] = [await addressAs("nod_owner"), await addressAs("nod_app"), await addressAs("nod_web")];
const operatorToken = (await keep("operator.token", randomBytes(24).toString("base64url"))).trim();
await keep("migrate.env", `DATABASE_URL=${owner}\nDATABASE_OWNER_URL=${owner}\n`);
await keep("web.env", `DATABASE_URL=${web}\nDATABASE_WORKER_URL=${app}\nOPERATOR_TOKEN=${operatorToken}\n`);
await keep("worker.env", `DATABASE_URL=${web}\nDATABASE_WORKER_URL=${app}\nOPERATOR_TOKEN=${operatorToken}\nALPACA_API_KEY_ID=\nALPACA_API_SECRET_KEY=\n`);
console.log(`Now put the broker's keys into ${join(folder, "worker.env")}, and the certificate of your domain into tls.crt and tls.key beside it.`);
