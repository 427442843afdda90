import type { Usd } from "../../core/decimal.ts";
import type { Answers, ReplayAnswer } from "./replay.ts";

/** What became of a question that was really asked. */
export type GivenAnswer = { ruleId: string; askedAtMs: number; says: ReplayAnswer["says"]; amountUsd: Usd | null };

/** A replayed question is the one that was asked if it is of the same rule and so near. */
const nearMs = 5 * 60_000;

/** Each given answer answers one card: the nearest of its rule. A card that nobody was asked then runs out. */
export function recordedAnswers(given: readonly GivenAnswer[]): Answers {
  const left = new Set(given);
  return ({ rule_id: ruleId, at }) => {
    const atMs = Date.parse(at);
    const distance = ({ askedAtMs }: GivenAnswer): number => Math.abs(askedAtMs - atMs);
    const [nearest] = [...left].filter((each) => each.ruleId === ruleId && distance(each) <= nearMs).toSorted((a, b) => distance(a) - distance(b));
    if (nearest === undefined) return { says: "nothing" };
    left.delete(nearest);
    return { says: nearest.says, ...(nearest.amountUsd !== null && { amountUsd: nearest.amountUsd }) };
  };
}
