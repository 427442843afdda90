import type { Question, QuestionOutcome } from "@nod/contract/question";
import { percentChange, percentSize, price } from "../money/decimal-text.ts";

/** Why a question was asked in place of an earlier one. */
function wordsForSuccessor({ metadata }: Question): { title: string; detail: string } {
  const { price_before: before, price: now, follow_up_of: followUpOf } = metadata;
  if (typeof before === "string" && typeof now === "string") {
    const change = percentChange(before, now);
    return { title: `Price moved ${change === null ? "" : `${percentSize(change)}\u202f%`}: asked again`, detail: `It was $${price(before)} and is now $${price(now)}. No order was sent for this card.` };
  }
  return typeof followUpOf === "string" ? { title: "Not clear: asked once more", detail: "The answer was neither a yes nor a no. No order was sent." } : { title: "Asked again", detail: "No order was sent for this card." };
}

/** What a card says when it has died in the hand. `successor`: the question that was asked in its place. */
export function wordsForDeadCard(outcome: QuestionOutcome | null, by: "you" | "elsewhere" | "nobody", successor: Question | null = null): { title: string; detail: string } {
  if (successor !== null && (outcome === "superseded" || outcome === null)) return wordsForSuccessor(successor);
  if (by === "you" && outcome === "approved") return { title: "Your answer had arrived", detail: "It was approved. Activity shows what became of it." };
  if (by === "you" && outcome === "rejected") return { title: "Your answer had arrived", detail: "It was skipped. No order was sent." };
  switch (outcome) {
    case "expired":
      return { title: "Expired", detail: "The time to answer is over. No order was sent." };
    case "superseded":
      return { title: "Asked again", detail: "What it showed is no longer so. This card no longer counts; no order was sent." };
    case "withdrawn":
      return { title: "Withdrawn", detail: "The question was taken back. No order was sent." };
    case "approved":
      return { title: "Answered on your other device", detail: "It was approved there. Activity shows what became of it." };
    case "rejected":
      return { title: "Answered on your other device", detail: "It was skipped there. No order was sent." };
    case null:
      return { title: "No longer open", detail: "It was closed while this page was not connected. Activity shows what became of it." };
  }
}
