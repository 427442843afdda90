import { expect, test } from "vitest";
import { lastWords, nextWords, type RuleStanding } from "./standing-words.ts";

const now = new Date(2026, 2, 2, 12, 0).getTime();
const at = (hour: number): string => new Date(2026, 2, 2, hour, 30).toISOString();
const standing = (changes: Partial<RuleStanding>): RuleStanding => ({ id: "dip", symbol: "SPY", description: "", enabled: true, last_fired_at: null, next_possible_at: new Date(now - 1_000).toISOString(), holds: [], ...changes });

test("a rule that nothing holds asks as soon as it is true", () => {
  expect(nextWords(standing({}), now)).toBe("Can ask at the next look at which it is true.");
});

test("one that something holds says until when, and for what", () => {
  const held = standing({ next_possible_at: at(18), holds: [{ because: "snoozed", until: at(18) }, { because: "cooldown", until: at(13) }] });
  expect(nextWords(held, now)).toBe("Can ask again from 18:30: you wanted quiet, it was asked not long ago.");
  // The page's clock has gone on since the server was asked.
  expect(nextWords(held, Date.parse(at(19)))).toBe("Can ask at the next look at which it is true.");
});

test("what does not end by itself goes before what does", () => {
  const off = standing({ next_possible_at: null, holds: [{ because: "off", until: null }, { because: "cooldown", until: at(13) }] });
  expect(nextWords(off, now)).toBe("Does not ask: switched off.");
  expect(nextWords(standing({ next_possible_at: null, holds: [{ because: "order_under_way", until: null }] }), now)).toBe("Can ask again when its order is done.");
});

test("when it last fired is told by the clock, and when it did not of late", () => {
  expect(lastWords(standing({ last_fired_at: at(9) }), now)).toBe("Last fired 9:30.");
  expect(lastWords(standing({}), now)).toBe("Not fired lately.");
});
