/** What arrives over a hub is typed by the contract alone; this is where it is looked at. */
import { hubProblemText } from "@nod/contract/hub-problem";
import type { ProblemCode } from "@nod/contract/problem";
import { AnswerRequest } from "@nod/contract/question";
import { compileValidator } from "@nod/contract/validators";
import { HubError } from "@nod/signalr-server";

/** An error whose code and sentence reach the caller. */
export const hubProblem = (code: ProblemCode, detail: string, cause?: unknown): HubError => new HubError(hubProblemText(code, detail), { cause });

const validateAnswer = compileValidator(AnswerRequest);

/** @throws HubError `validation_failed` */
export function parseSeq(args: readonly unknown[]): [number] {
  const [seq] = args;
  if (args.length !== 1 || typeof seq !== "number" || !Number.isSafeInteger(seq) || seq < 0) throw hubProblem("validation_failed", "The sequence number must be a whole number from 0 on.");
  return [seq];
}

/** @throws HubError `validation_failed` */
export function parseQuestionId(args: readonly unknown[]): [string] {
  const [id] = args;
  if (args.length !== 1 || typeof id !== "string") throw hubProblem("validation_failed", "UndoAnswer takes the question's id. Nothing was taken back.");
  return [id];
}

/** A text that is no id names no question, which the answer service says. @throws HubError `validation_failed` */
export function parseAnswer(args: readonly unknown[]): [string, number] {
  const [id, answer] = args;
  const checked = validateAnswer({ answer });
  if (args.length !== 2 || typeof id !== "string" || !checked.ok) throw hubProblem("validation_failed", "AnswerQuestion takes the question's id and a number. No order was sent.");
  return [id, checked.value.answer];
}
