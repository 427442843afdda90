import type { ProblemCode, ProblemError } from "@nod/contract/problem";

/** The server answered, and refused. `code` is stable; `detail` is written to be shown. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;
  readonly code: ProblemCode | null;
  readonly outcome: string | null;
  readonly errors: readonly ProblemError[];

  constructor(problem: { status: number; code: ProblemCode | null; message: string; outcome: string | null; errors: readonly ProblemError[] }) {
    super(problem.message);
    this.status = problem.status;
    this.code = problem.code;
    this.outcome = problem.outcome;
    this.errors = problem.errors;
  }
}

/** No reply: it may or may not have reached the server. `cause` keeps the original. */
export class NoReplyError extends Error {
  override readonly name = "NoReplyError";
}

/** Known never to have left this device. */
export class OfflineError extends Error {
  override readonly name = "OfflineError";
}

/** Why an answer did not count, what was not done, and what to do next. */
export function wordsForFailedAnswer(error: unknown): string {
  if (error instanceof OfflineError) return "You are offline. Your answer was not sent, and it is not kept for later. Answer again once you are back.";
  if (error instanceof NoReplyError) return "No reply from the server. Your answer may not have arrived. If the card is still here, answer again: it counts once.";
  if (error instanceof RefusedError) {
    if (error.code === "rate_limited") return "Too many requests. No order was sent. Wait a few seconds and answer again.";
    if (error.code === "unavailable") return "The server cannot take answers right now. No order was sent. Try again in a moment.";
    if (error.code === "validation_failed") return `${error.errors[0]?.message ?? error.message} No order was sent.`;
    return `${error.message} No order was sent.`;
  }
  return "Something went wrong in this page. No order was sent. Reload and answer again.";
}

/** Why an approval was not taken back. */
export function wordsForFailedUndo(error: unknown): string {
  if (error instanceof OfflineError) return "You are offline. Nothing was taken back.";
  if (error instanceof NoReplyError) return "No reply from the server. It may not have been taken back; Activity shows what became of it.";
  if (error instanceof RefusedError && error.code === "undo_not_possible") return "Too late: it was not taken back. Activity shows what became of it.";
  return wordsForFailure(error);
}

/** Why something else did not work, in one or two sentences. */
export function wordsForFailure(error: unknown): string {
  if (error instanceof OfflineError || error instanceof NoReplyError) return "The server cannot be reached. Nothing was changed. Check the connection and try again.";
  if (error instanceof RefusedError) {
    if (error.code === "rate_limited") return "Too many requests. Wait a few seconds and try again.";
    if (error.status >= 500) return "The server could not do that. Nothing was changed. Try again in a moment.";
    return error.errors[0]?.message ?? error.message;
  }
  return "Something went wrong in this page. Reload and try again.";
}

/** Why signing in did not work. */
export function wordsForFailedSignIn(error: unknown): string {
  if (error instanceof RefusedError && error.status === 404) return "This server does not offer local sessions. Sign in with its own identity provider.";
  if (error instanceof RefusedError && error.code === "validation_failed") return "A name has letters, digits and . _ @ - only, and at most 128 of them.";
  return wordsForFailure(error);
}
