import type { ProblemCode } from "./problem.ts";

/** The status and the unchanging title of each problem. What is special about one case is in its `detail`. */
export const problemCatalogue = {
  malformed_json: { status: 400, title: "The body is not JSON" },
  unauthenticated: { status: 401, title: "Sign in first" },
  not_found: { status: 404, title: "There is no such thing here" },
  question_closed: { status: 409, title: "The question is closed" },
  question_expired: { status: 409, title: "The question has expired" },
  undo_not_possible: { status: 409, title: "It cannot be taken back" },
  revision_conflict: { status: 412, title: "It was changed meanwhile" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The body must be application/json" },
  validation_failed: { status: 422, title: "The request is not valid" },
  rate_limited: { status: 429, title: "Too many requests" },
  internal: { status: 500, title: "Something went wrong on our side" },
  unavailable: { status: 503, title: "Not available at the moment" },
} as const satisfies Record<ProblemCode, { status: number; title: string }>;

/** The `type` of a problem: a name, not an address. */
export const problemType = (code: ProblemCode): string => `urn:nod:problem:${code}`;
