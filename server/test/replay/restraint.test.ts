/** What holds cards back live does so in a replay. */
import { describe, expect, test } from "vitest";
import { usd } from "../../src/core/decimal.ts";
import { recordedAnswers } from "../../src/trading/replay/recorded-answers.ts";
import { skipAll, type Answers } from "../../src/trading/replay/replay.ts";
import type { TradingConfig } from "@nod/contract/trading-config";
import { momentsOf, moveRule, replayedConfig, replayMoments } from "../support/replaying.ts";

const day = "2013-10-08";
// IBM was 1 % or more below its previous close from 14:49 on, AIG from 15:49 on, with breaks; each asks again every ten minutes.
const rules = [moveRule("IBM", -1, { cooldown_seconds: 600 }), moveRule("AIG", -1, { cooldown_seconds: 600 })];
const moments = momentsOf(["IBM", "AIG"], day);
const asked = (changes: Partial<TradingConfig>, answers: Answers = skipAll) => replayMoments(replayedConfig(rules, changes), moments, answers).questions;
const all = asked({});

describe("a user who wants to be left alone", () => {
  test("is asked so many times in an hour and in a day, and no more", () => {
    expect(all.length).toBeGreaterThan(30);
    expect(asked({ restraint: { one_card_per_symbol: false, max_cards_per_day: 3 } })).toEqual(all.slice(0, 3));
    const hourly = asked({ restraint: { one_card_per_symbol: false, max_cards_per_hour: 2 } }).map(({ at }) => Date.parse(at));
    expect(hourly.length).toBeGreaterThan(6);
    for (const [n, at] of hourly.entries()) expect(at - (hourly[n - 2] ?? -Infinity)).toBeGreaterThanOrEqual(3_600_000);
  });

  test("is asked nothing in his quiet hours, and what still holds is asked when they end", () => {
    // From noon to two in New York: 16:00 to 18:00.
    const times = asked({ restraint: { one_card_per_symbol: false, quiet_hours: { from: "12:00", to: "14:00", time_zone: "America/New_York" } } }).map(({ at }) => at.slice(11, 16));
    expect(all.some(({ at }) => at.slice(11, 16) > "16:00" && at.slice(11, 16) < "18:00")).toBe(true);
    expect(times.filter((time) => time >= "16:00" && time < "18:00")).toEqual([]);
    expect(times).toContain("18:00");
  });
});

describe("the answers that were given", () => {
  test("are given again, each to the card that it was for; a card that nobody was asked runs out", () => {
    const [first, second] = all;
    if (first === undefined || second === undefined) throw new Error("nothing was asked");
    const given = [
      { ruleId: first.rule_id, askedAtMs: Date.parse(first.at) + 20_000, says: "approve", amountUsd: null },
      { ruleId: second.rule_id, askedAtMs: Date.parse(second.at) - 3 * 3_600_000, says: "approve", amountUsd: usd("5") },
    ] as const;
    const questions = asked({}, recordedAnswers(given));
    expect(questions[0]).toMatchObject({ id: first.id, answer: "approve", decision: { verdict: "approved" } });
    expect(questions.filter(({ answer }) => answer !== "nothing")).toHaveLength(1);
  });
});
