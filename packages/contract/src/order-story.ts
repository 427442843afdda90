import { Type, type Static } from "typebox";
import { Order } from "./order.ts";
import { Instant } from "./primitives.ts";

/** Where on the way from a price to a fill something happened. `intervention`: somebody or something stepped in. */
export const StoryStation = Type.Enum(["facts", "rule", "question", "answer", "decision", "submission", "broker", "fill", "intervention"]);
export type StoryStation = Static<typeof StoryStation>;

export const StoryEntry = Type.Object(
  {
    at: Instant,
    station: StoryStation,
    text: Type.String({ description: "What happened, in plain words." }),
    data: Type.Record(Type.String(), Type.Unknown(), { description: "The same in figures, as it was recorded." }),
    event: Type.Union(
      [
        Type.Object(
          {
            id: Type.String({ description: "In the log." }),
            kind: Type.String(),
            place: Type.Integer({ minimum: 1, description: "In the user's chain." }),
            hash: Type.String({ pattern: "^[0-9a-f]{64}$", description: "Of this event and, through the one before it, of all earlier ones." }),
          },
          { additionalProperties: false },
        ),
        Type.Null(),
      ],
      { description: "Null for what the question carried, the facts and the rule, and for the word that older events have gone to an archive." },
    ),
  },
  { $id: "StoryEntry", additionalProperties: false },
);
export type StoryEntry = Static<typeof StoryEntry>;

export const OrderStory = Type.Object({ order: Order, story: Type.Array(StoryEntry) }, { $id: "OrderStory", additionalProperties: false });
export type OrderStory = Static<typeof OrderStory>;
