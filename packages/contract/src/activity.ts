import { Type, type Static } from "typebox";
import { DenialCode } from "./denial.ts";
import { Order } from "./order.ts";
import { StoryEntry } from "./order-story.ts";
import { Instant, Uuid } from "./primitives.ts";
import { Question } from "./question.ts";

/**
 * Which stories are wanted. `approved`: a yes was given, or nobody needed to be asked. `trouble`: something stopped it, or it is
 * not known what became of it.
 */
export const ActivityFilter = Type.Enum(["all", "asked", "approved", "skipped", "expired", "trouble"]);
export type ActivityFilter = Static<typeof ActivityFilter>;

export const maxActivityPerPage = 100;
export const defaultActivityPerPage = 25;

/** One story: a question with what came of it, or an order that nobody was asked about (an exit, a kill switch). */
export const ActivityEntry = Type.Object(
  {
    id: Uuid,
    at: Instant,
    question: Type.Union([Question, Type.Null()]),
    closed_at: Type.Union([Instant, Type.Null()]),
    order: Type.Union([Order, Type.Null()]),
    denial: Type.Union([Type.Object({ code: DenialCode, message: Type.String() }, { additionalProperties: false }), Type.Null()], {
      description: "Why the answer made no order. What stopped one that was made is the order's own status.",
    }),
    follow_up_question_id: Type.Union([Uuid, Type.Null()], { description: "The question that was asked in its place." }),
  },
  { $id: "ActivityEntry", additionalProperties: false, description: "`id` is the question's, and the order's where there was no question; `at` is when it began." },
);
export type ActivityEntry = Static<typeof ActivityEntry>;

/** Newest first, by when each began. */
export const ActivityPage = Type.Object(
  { entries: Type.Array(ActivityEntry, { maxItems: maxActivityPerPage }), next_cursor: Type.Union([Type.String(), Type.Null()]) },
  { $id: "ActivityPage", additionalProperties: false },
);
export type ActivityPage = Static<typeof ActivityPage>;

/** One of them with everything that was recorded of it, oldest first. */
export const ActivityStory = Type.Object({ entry: ActivityEntry, story: Type.Array(StoryEntry) }, { $id: "ActivityStory", additionalProperties: false });
export type ActivityStory = Static<typeof ActivityStory>;
