import { ProblemCode } from "./problem.ts";

/**
 * A refused hub call reaches its caller as text only, so the problem's code stands at the front of that text:
 * `question_closed: It was answered already (approved).`
 */
export const hubProblemText = (code: ProblemCode, detail: string): string => `${code}: ${detail}`;

export type HubProblem = { code: ProblemCode; detail: string };

const knownCodes: ReadonlySet<string> = new Set(ProblemCode.enum);
const isProblemCode = (text: string): text is ProblemCode => knownCodes.has(text);

/** Finds code and detail in the message of the error that a SignalR client throws; null when it is another error. */
export function readHubProblem(message: string): HubProblem | null {
  const found = /(?:^|HubException: )([a-z_]+): (.*)$/s.exec(message);
  const [, code, detail] = found ?? [];
  if (code === undefined || detail === undefined || !isProblemCode(code)) return null;
  return { code, detail };
}
