import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

const example = readFileSync(new URL("../.env.example", import.meta.url), "utf8");

/** The variables that the server asks its environment for, on every path through the settings. */
function variablesRead(): string[] {
  const asked = new Set<string>();
  for (const given of [{}, { AUTH_MODE: "firebase", FIREBASE_PROJECT_ID: "nod" }]) {
    readConfig(new Proxy<Record<string, string | undefined>>(given, { get: (target, name) => (typeof name === "string" ? (asked.add(name), target[name]) : undefined) }));
  }
  return [...asked].sort();
}

test("the example names every variable that the server reads, and no other", () => {
  const named = [...example.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(variablesRead());
});

test("the values of the example are the defaults", () => {
  expect(readConfig(parseEnv(example))).toEqual(readConfig({}));
});
