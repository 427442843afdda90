import { Type, type Static } from "typebox";
import { EntryId, Instant } from "./primitives.ts";

/** Lets a rule be quiet for a while: for an hour, until New York's midnight, for seven days. Null: it may ask again. */
export const SnoozeRequest = Type.Object(
  { rule_id: EntryId, for: Type.Union([Type.Enum(["hour", "today", "week"]), Type.Null()]) },
  { $id: "SnoozeRequest", additionalProperties: false },
);
export type SnoozeRequest = Static<typeof SnoozeRequest>;
export type SnoozeTime = NonNullable<SnoozeRequest["for"]>;

/** What is snoozed now. */
export const Snoozes = Type.Object(
  { snoozes: Type.Array(Type.Object({ rule_id: Type.String(), until: Instant }, { additionalProperties: false })), server_time: Instant },
  { $id: "Snoozes", additionalProperties: false },
);
export type Snoozes = Static<typeof Snoozes>;
