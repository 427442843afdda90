import type { ActivityFilter } from "@nod/contract/activity";

export const filters = ["all", "asked", "approved", "skipped", "expired", "trouble"] as const satisfies readonly ActivityFilter[];

export const filterNames: Record<ActivityFilter, string> = { all: "All", asked: "Open", approved: "Approved", skipped: "Skipped", expired: "Expired", trouble: "Trouble" };

/** What an empty list says. */
export const nothingOf: Record<ActivityFilter, string> = {
  all: "Nothing has happened yet. What you approve or skip is told here, from the question to the fill.",
  asked: "Nothing waits for your answer.",
  approved: "Nothing has been approved yet.",
  skipped: "Nothing has been skipped yet.",
  expired: "No question has run out unanswered.",
  trouble: "No trouble: nothing was denied, rejected or left in doubt.",
};
