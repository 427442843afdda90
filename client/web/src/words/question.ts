import type { QuestionOutcome } from "@nod/contract/question";

/** What a card says when it has died in the hand. */
export function wordsForDeadCard(outcome: QuestionOutcome | null, by: "you" | "elsewhere" | "nobody"): { title: string; detail: string } {
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
