import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { useTestDatabase } from "../support/database.ts";
import { DialogueError, playDialogue, readDialogue, readDialogueFile } from "./runner.ts";

const database = useTestDatabase();
const dialoguesIn = (folder: string): string[] =>
  readdirSync(join(import.meta.dirname, folder))
    .filter((file) => file.endsWith(".dialogue"))
    .toSorted()
    .map((file) => join(import.meta.dirname, folder, file));

describe("between people, the broker and Nod", () => {
  const dialogues = dialoguesIn("scripts").map(readDialogueFile);

  test.each(dialogues.map((dialogue) => [dialogue.title, dialogue] as const))("%s", async (_title, dialogue) => {
    await playDialogue(database, dialogue);
  });

  test("there are at least sixty of them, no two alike, and each is short", () => {
    expect(dialogues.length).toBeGreaterThanOrEqual(60);
    expect(new Set(dialogues.map(({ title }) => title)).size).toBe(dialogues.length);
    expect(new Set(dialogues.map(({ lines }) => lines.map(({ text }) => text).join("\n"))).size).toBe(dialogues.length);
    expect(dialogues.filter(({ lines }) => lines.length > 25).map(({ file }) => file)).toEqual([]);
  });
});

describe("a dialogue that does not go as it says", () => {
  const refused = dialoguesIn("refused").map(readDialogueFile);

  test.each(refused.map((dialogue) => [dialogue.title, dialogue] as const))("fails at its last line, and says where: %s", async (_title, dialogue) => {
    const last = dialogue.lines.at(-1);
    const outcome = await playDialogue(database, dialogue, { lastLinePatienceMs: 500 }).then(() => null, (error: unknown) => error);
    expect(outcome).toBeInstanceOf(DialogueError);
    expect(String(outcome)).toContain(`${dialogue.file}:${last?.number}: `);
    expect(String(outcome)).toMatch(/expected .*, but there (is|are) |after the last line /);
  });

  test("a line that says nothing is refused, with its number and what could be said", () => {
    expect(() => readDialogue("typo.dialogue", "# A typo\nbroker answers PSOT 200 accepted\nnod has order accepted")).toThrow(/^typo\.dialogue:2: .*answers POST 200/s);
    expect(() => readDialogue("who.dialogue", "# Nobody\ncarol approves a buy of $10 of SPY")).toThrow("nobody is called carol");
    expect(() => readDialogue("empty.dialogue", "# Nothing is expected\nann approves a buy of $10 of SPY")).toThrow("nothing is expected of Nod");
    expect(() => readDialogue("untitled.dialogue", "nod compares the books")).toThrow("begins with its title");
  });
});
