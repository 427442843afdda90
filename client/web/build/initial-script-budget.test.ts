import { expect, test } from "vitest";
import { initialScripts } from "./initial-script-budget.ts";

const chunk = (code: string, isEntry: boolean, imports: string[] = []) => ({ type: "chunk" as const, code, isEntry, imports });

test("the budget counts the entry and all that it imports statically, once, and nothing that is loaded when needed", () => {
  const bundle = {
    "index.js": chunk("entry", true, ["shared.js", "react.js"]),
    "shared.js": chunk("shared", false, ["react.js"]),
    "react.js": chunk("react", false),
    "hub.js": chunk("hub", false, ["react.js"]),
    "index.css": { type: "asset" as const },
  };
  expect([...initialScripts(bundle).values()].sort()).toEqual(["entry", "react", "shared"]);
});
