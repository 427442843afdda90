import { Type, type Static } from "typebox";

export const ProblemCode = Type.Enum([
  "malformed_json",
  "validation_failed",
  "unsupported_media_type",
  "body_too_large",
  "unauthenticated",
  "not_found",
  "question_closed",
  "question_expired",
  "undo_not_possible",
  "revision_conflict",
  "rate_limited",
  "unavailable",
  "internal",
]);
export type ProblemCode = Static<typeof ProblemCode>;

/** `pointer` is an RFC 6901 JSON pointer into the document that was sent. */
export const ProblemError = Type.Object({ pointer: Type.String(), message: Type.String() }, { additionalProperties: false });
export type ProblemError = Static<typeof ProblemError>;

/** RFC 9457 `application/problem+json` with a stable `code`. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: ProblemCode,
    detail: Type.Optional(Type.String()),
    instance: Type.Optional(Type.String({ description: "The request's id, as in the logs." })),
    errors: Type.Optional(Type.Array(ProblemError)),
    outcome: Type.Optional(Type.String({ description: "With question_closed and question_expired: how it had closed. With undo_not_possible: where the order stands, or how the question had closed." })),
  },
  { $id: "Problem" },
);
export type Problem = Static<typeof Problem>;
