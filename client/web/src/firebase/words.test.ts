import { expect, test } from "vitest";
import { wordsForFirebase } from "./words.ts";

test("a wrong password and an unknown address say the same, so that nobody learns who has an account", () => {
  expect(new Set(["auth/invalid-credential", "auth/wrong-password", "auth/user-not-found"].map((code) => wordsForFirebase({ code }))).size).toBe(1);
});

test("what Firebase says that nobody foresaw still says what to do", () => {
  expect(wordsForFirebase({ code: "auth/something-new" })).toContain("Try again");
  expect(wordsForFirebase("broken")).toContain("Try again");
});
